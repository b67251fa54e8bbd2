/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/managers/manager.h"

/* Another key file. */

/* Opens and parses raw, what the key file holds on disk, and says what goes wrong. password: is
 * tried first, where the options name none for this file; or NULL. The digest and the iteration count
 * need not be given: they are searched for. */
MUST_CHECK enum status other_file_open(const struct manager *manager, const struct secret *password,
				       const struct secret *raw, struct content *ret_content);

/* As manager_read. */
MUST_CHECK enum status other_file_read(const struct manager *manager, const struct key_choice *choice,
				       const struct secret *password, struct secret *ret_text);
