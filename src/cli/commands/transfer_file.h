/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/commands/transfer.h"

/* The way into a key file that import and export share: compares source, the chosen keys, with the
 * open target, adds the missing keys in memory, proves them, writes the file, and prints what was
 * done. reader: the target, as for transfer_prove. */
MUST_CHECK enum status transfer_to_file(struct transfer *transfer, const struct manager *reader,
					const struct keyfile *source, struct target_file *target);
