/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

/* The seal of an encrypted key file is the last line of its text, a comment that servers skip:
 *
 *	# mkeyfile seal v1 HMAC
 *
 * HMAC is an HMAC-SHA-256, in 64 lower-case hex digits, over all bytes before the line. Its
 * key is derived with HKDF-SHA-256 (RFC 5869; no salt, info "mkeyfile seal v1") from what
 * the password and the salt of the file were derived to, which is also what the AES key
 * and IV are. So the seal belongs to one encryption and needs no other slow derivation, and
 * guessing the password from it takes as long as from the encrypted file. The line ends as the line
 * before it does (LF or CR LF). */

#define SEAL_START "# mkeyfile seal "

enum seal {
	SEAL_UNCHECKED, /* a plain file, or one that was not decrypted */
	SEAL_MISSING,
	SEAL_INTACT,
	SEAL_BROKEN, /* the text has a seal, which does not belong to it or is not its last line */
};

/* Returns how many bytes seal_append adds to text. */
size_t seal_size(const struct secret *text);

/* Appends the seal to text, and before it the end of the last line if that is missing. text
 * has room for seal_size more bytes. derived: see above. Faults: FAULT_ALGORITHM,
 * FAULT_MEMORY. */
MUST_CHECK struct fault seal_append(struct secret *text, const struct secret *derived);

/* Compares text with its seal. A single bit that is flipped in the encrypted file never leads
 * to SEAL_MISSING, because a line that was a seal before AES-CBC garbled one of its blocks is
 * recognized (except with a probability of 2^-22). Faults: as seal_append. */
MUST_CHECK struct fault seal_check(const struct secret *text, const struct secret *derived, enum seal *ret_seal);

/* Removes every line that begins with SEAL_START, and a garbled seal at the end if it is one whole
 * comment. Never removes a line with a key, or a NUL byte before another line. */
void seal_remove(struct secret *text);
