/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/envelope.h"
#include "core/keyfile.h"

/* Opens an encrypted key file and parses it, since the padding alone accepts
 * one wrong password in 256. FAULT_WRONG_PASSWORD when the padding does not fit,
 * or when the plain text has no key and is no text that a person would write.
 * FAULT_SYNTAX, _KEY_ID, _KEY_VERSION, _KEY or FAULT_NOT_A_KEYFILE when the
 * password fits, but the text is no key file: ret_text holds it then.
 * Otherwise as envelope_open. */
MUST_CHECK struct fault unseal_keyfile(const struct secret *sealed, const struct secret *password, struct kdf kdf,
				       struct keyfile *ret_keyfile, struct secret *ret_text);
