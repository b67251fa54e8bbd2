/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/password_source.h"
#include "cli/options/options.h"
#include "core/store.h"

/* A key file that did not exist before. */

/* For new files: what root creates belongs to the server's user account, where there is
 * one. That is --server-user, else what the server's option files say, else "mysql". */
struct file_access new_file_access(const struct options *options);

/* Whether the key file is encrypted when it is created: there is a source of a password. */
bool new_file_is_encrypted(const struct options *options);

/* The password of a key file that is to be encrypted, if it is: with new_password_file,
 * whose path is not NULL then, a new one, or else that of the source. */
MUST_CHECK enum status new_file_password(const struct options *options, struct new_password_file *new_password_file,
					 struct password *ret_password);

/* What has to be done before a server uses the files. password_file: was created, or
 * checked, with the key file; NULL: there is none. */
void say_next_of_new_file(const struct options *options, const char *password_file);
