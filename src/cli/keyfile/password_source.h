/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/password.h"
#include "core/store.h"

/* Whether the source gives a password; otherwise mkeyfile asks on the terminal. */
bool password_source_is_given(const struct password_source *source);

/* How messages name the source: a path, "file descriptor 3", "the password command". */
const char *password_source_name(const struct password_source *source);

/* Reads the password from the source, which must exist. Prints nothing. */
MUST_CHECK struct fault password_source_read(const struct password_source *source, struct password *ret_password);

/* Gets the password of the key file called name, from its source or from the terminal, and
 * replaces the one in ret_password. Reports failures: no source and no terminal, an unreadable
 * source, an unusable password. */
MUST_CHECK enum status password_source_get(const struct password_source *source, const char *name,
					   struct password *ret_password);

/* Whether to ask again after this fault: the password was wrong, came from the terminal, and
 * there are tries left. Counts in *tries, and prints a note. */
bool password_source_may_retry(const struct password_source *source, const char *name, struct fault fault,
			       unsigned int *tries);

/* Gets the password of a file to encrypt. The terminal asks for it twice. Refuses a password
 * that a server or openssl would truncate. */
MUST_CHECK enum status password_source_get_new(const struct password_source *source, const char *name,
					       struct password *ret_password);

/* The password file of --new-password-file: made in memory first, and created together with
 * the key file. path NULL: not wanted. */
struct new_password_file {
	const char *path;
	struct secret text; /* 256 random hex digits and a newline */
	struct store store; /* its reserved path */
};

#define NEW_PASSWORD_FILE_AT(name) ((struct new_password_file){ .path = (name), .store = STORE_CLOSED })

/* Makes the text, returns the password in it, and makes sure that path can be created: with
 * mode 0600, and never over an existing file. */
MUST_CHECK enum status new_password_file_make(struct new_password_file *file, struct password *ret_password);

#define NEW_PASSWORD_FILE __attribute__((cleanup(new_password_file_free)))
void new_password_file_free(struct new_password_file *file);
