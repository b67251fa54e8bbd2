/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/commands/transfer.h"

/* Checks whether the keys in the target will decrypt the data in the given directories, if any.
 * text: all keys that the target will have; reader: the target. Refuses to continue if the data needs
 * a key that is missing from text or differs from the key in text, or if data is encrypted with
 * AES_CTR and the reader's plugin reads only AES_CBC. STATUS_FAILED: cannot tell. --force overrides
 * both. */
MUST_CHECK enum status transfer_prove(const struct transfer *transfer, const struct manager *reader,
				      const struct secret *text);
