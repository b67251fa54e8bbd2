/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/password.h"
#include "core/store.h"

/* The source says where the password is; else the terminal is asked. */
bool has_password_source(const struct password_source *source);

/* How messages name the source: a path, "file descriptor 3", "the password command". */
const char *password_source_name(const struct password_source *source);

/* Reads the password from its source; there must be one. Nothing is said. */
MUST_CHECK struct fault read_password_source(const struct password_source *source, struct password *ret_password);

/* Gets the password that opens the key file called name, from its source or
 * from the terminal, in place of the one that ret_password has, and says what goes
 * wrong: no source and no terminal, an unreadable source, a password that is none. */
MUST_CHECK enum status get_password(const struct password_source *source, const char *name,
				    struct password *ret_password);

/* Whether to get the password again after this fault: it was wrong, the terminal was asked,
 * and not too often. Counts in *tries, and says so. */
bool may_try_again(const struct password_source *source, const char *name, struct fault fault, unsigned int *tries);

/* The password of a file that is to be encrypted: asked for twice on the
 * terminal, and refused when a server or openssl would cut it. */
MUST_CHECK enum status get_new_password(const struct password_source *source, const char *name,
					struct password *ret_password);

/* The password file of --new-password-file: made in memory first, and created with its
 * key file. path NULL: there is none. */
struct new_password_file {
	const char *path;
	struct secret text; /* 256 random hex digits and a newline */
	struct store store; /* its place */
};

#define NEW_PASSWORD_FILE_AT(name) ((struct new_password_file){ .path = (name), .store = STORE_CLOSED })

/* Makes the text, hands out the password in it, and makes sure that path can
 * be created, with mode 0600 and never over an existing file. */
MUST_CHECK enum status new_password_file_make(struct new_password_file *file, struct password *ret_password);

#define NEW_PASSWORD_FILE __attribute__((cleanup(new_password_file_free)))
void new_password_file_free(struct new_password_file *file);
