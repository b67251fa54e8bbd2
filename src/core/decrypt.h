/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/envelope.h"
#include "core/keyfile.h"

/* Decrypts an encrypted key file and parses it, because the padding alone accepts one
 * wrong password in 256.
 *
 * Faults: FAULT_WRONG_PASSWORD if the padding is invalid, or if the plain text has no key
 * and is not text that a person would write. FAULT_SYNTAX, FAULT_KEY_ID,
 * FAULT_KEY_VERSION, FAULT_KEY or FAULT_NOT_A_KEYFILE if the password is correct but the
 * text is not a key file; ret_text is then the text. Otherwise as envelope_decrypt. ret_seal may
 * be NULL; it is set if the text was decrypted, even if it is not a key file. */
MUST_CHECK struct fault keyfile_decrypt(const struct secret *encrypted, const struct secret *password, struct kdf kdf,
					struct keyfile *ret_keyfile, struct secret *ret_text, enum seal *ret_seal);
