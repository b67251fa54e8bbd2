/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

/* The password of an encrypted key file, read by the server's rules
 * (plugin/file_key_management/parser.cc, read_filekey). The server reads up to 257 bytes
 * and strips CR and LF at the end. If more than 256 bytes remain, that is an error. A NUL
 * ends the password. */
#define PASSWORD_MAX_SIZE 256

/* Number of random bytes in a new password file, which has them as hex digits. */
#define PASSWORD_RANDOM_BYTES 128

struct password {
	struct secret secret;
	bool cut_at_nul;	  /* bytes after a NUL are not used */
	bool has_line_break;	  /* contains CR or LF: openssl enc stops there */
	bool had_carriage_return; /* had CR before the final newline: openssl enc keeps it */
};

#define PASSWORD __attribute__((cleanup(password_free)))

/* Applies the rules above to raw. Takes ownership of raw. Faults: FAULT_PASSWORD_EMPTY
 * (raw is empty); FAULT_PASSWORD_BLANK (no bytes are left) and FAULT_PASSWORD_TOO_LONG.
 * With the latter two, ret_password has what servers continue with: an empty password, or
 * the first 256 bytes on servers that accept them. */
MUST_CHECK struct fault password_from_bytes(struct secret *raw, struct password *ret_password);

/* Reads the password from descriptor up to the end, or as many bytes as matter. The
 * descriptor remains open. Faults: FAULT_READ, FAULT_PIPE_TIMEOUT, and those of
 * password_from_bytes. */
MUST_CHECK struct fault password_from_descriptor(int descriptor, struct password *ret_password);

/* Reads the password from a file whose owner is trusted (core/trust.h). Faults:
 * FAULT_OPEN, FAULT_UNTRUSTED, and those of password_from_descriptor. */
MUST_CHECK struct fault password_from_file(const char *path, struct password *ret_password);

/* Reads the password from the standard output of "sh -c command", run with environment
 * for up to timeout seconds (0: no limit). Faults: FAULT_COMMAND_FAILED and
 * FAULT_TIMEOUT, as child_read, and those of password_from_bytes. */
MUST_CHECK struct fault password_from_command(const char *command, char *const environment[], unsigned int timeout,
					      struct password *ret_password);

/* Copies text, a password from a setting. The server uses the whole text up to its NUL.
 * Faults: FAULT_PASSWORD_BLANK if text is empty. */
MUST_CHECK struct fault password_from_text(const char *text, struct password *ret_password);

/* Checks that a key file may be encrypted with this password. The server and openssl enc
 * cut some passwords at different places, and one of them could not decrypt the file.
 * Faults: FAULT_PASSWORD_NUL, FAULT_PASSWORD_NEWLINE. */
MUST_CHECK struct fault password_check_new(const struct password *password);

/* Generates the content of a new password file: 256 random hex digits and a newline. */
MUST_CHECK struct fault password_generate(struct secret *ret_text);

void password_free(struct password *password);
