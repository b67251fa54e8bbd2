/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/password_source.h"
#include "cli/options/options.h"
#include "core/store.h"

/* Creating a key file. */

/* The owner of new files: files that root creates belong to the server's user account, if it
 * exists. The account is --server-user, else from the server's option files, else "mysql". */
struct file_access new_file_access(const struct options *options);

/* Whether a new key file is encrypted: there is a password source. */
bool new_file_is_encrypted(const struct options *options);

/* Gets the password of a new key file, if the file is to be encrypted: a new password if the
 * path of new_password_file is not NULL, else the password of the source. */
MUST_CHECK enum status new_file_password(const struct options *options, struct new_password_file *new_password_file,
					 struct password *ret_password);

/* Prints what to do before a server uses the files. password_file: created or checked together
 * with the key file; or NULL. */
void new_file_say_next(const struct options *options, const char *password_file);
