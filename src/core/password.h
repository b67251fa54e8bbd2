/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

/* The password of an encrypted key file, read by the server's rules
 * (plugin/file_key_management/parser.cc, read_filekey): of the first 257 bytes,
 * CR and LF at the end go, more than 256 that remain are an error, and a NUL
 * ends what is used. */
#define PASSWORD_MAX_SIZE 256

/* What a new password file holds: 256 hex digits and a newline. */
#define PASSWORD_RANDOM_BYTES 128

struct password {
	struct secret secret;
	bool cut_at_nul;	  /* the bytes behind a NUL are not used */
	bool has_line_break;	  /* CR or LF inside: openssl enc stops there */
	bool had_carriage_return; /* before the final newline: openssl enc keeps it */
};

#define PASSWORD __attribute__((cleanup(password_free)))

/* Applies the rules above to raw, and takes it over. FAULT_PASSWORD_EMPTY (raw
 * has no byte); FAULT_PASSWORD_BLANK (nothing is left of it) and
 * FAULT_PASSWORD_TOO_LONG, where ret_password holds what servers go on with all
 * the same: an empty password, and the first 256 bytes (those that do not refuse
 * it). */
MUST_CHECK struct fault password_from_bytes(struct secret *raw, struct password *ret_password);

/* Reads the password from descriptor up to its end, at most as many bytes as
 * count. The descriptor stays open. FAULT_READ, FAULT_PIPE_TIMEOUT, and as above. */
MUST_CHECK struct fault password_from_descriptor(int descriptor, struct password *ret_password);

/* The same from a file of a user that this process trusts (core/trust.h). FAULT_OPEN,
 * FAULT_UNTRUSTED, and as above. */
MUST_CHECK struct fault password_from_file(const char *path, struct password *ret_password);

/* The same from the standard output of "sh -c command", run with environment for at most
 * timeout seconds (0: no limit). FAULT_COMMAND_FAILED and FAULT_TIMEOUT as child_read. */
MUST_CHECK struct fault password_from_command(const char *command, char *const environment[], unsigned int timeout,
					      struct password *ret_password);

/* A copy of text, which a setting gives in clear: the server takes all of it, up
 * to its NUL. FAULT_PASSWORD_BLANK when there is nothing. */
MUST_CHECK struct fault password_from_text(const char *text, struct password *ret_password);

/* Whether a key file may be sealed anew under this password: one that the
 * server and openssl enc cut at different places makes a file that one of them
 * cannot open. FAULT_PASSWORD_NUL, FAULT_PASSWORD_NEWLINE. */
MUST_CHECK struct fault password_check_new(const struct password *password);

/* What a new password file holds: 256 random hex digits and a newline. */
MUST_CHECK struct fault password_generate(struct secret *ret_text);

void password_free(struct password *password);
