/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/commands/transfer.h"

/* Whether the target of a transfer will open the data in the directories that are named, if any is.
 * text: all keys that the target will have; reader: what it is. Refuses to continue when the data
 * needs a key that text lacks, or another one, or when data is encrypted under AES_CTR and the
 * reader's plugin reads only AES_CBC. STATUS_FAILED: it cannot be told. --force overrides both. */
MUST_CHECK enum status transfer_prove(const struct transfer *transfer, const struct manager *reader,
				      const struct secret *text);
