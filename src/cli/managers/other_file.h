/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/managers/manager.h"

/* Another key file. */

/* Opens and parses raw, the bytes of the key file on disk, or reports why not. password: tried first
 * if the options give no password for this file; or NULL. Without a digest and an iteration count in
 * the options, tries all of them. */
MUST_CHECK enum status other_file_open(const struct manager *manager, const struct secret *password,
				       const struct secret *raw, struct content *ret_content);

/* Reads the text of the chosen keys, for manager_open. password: as for other_file_open. */
MUST_CHECK enum status other_file_read(const struct manager *manager, const struct key_choice *choice,
				       const struct secret *password, struct secret *ret_text);
