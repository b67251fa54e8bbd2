/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/new_keys.h"
#include "cli/managers/manager.h"

/* The text that managers exchange, and the keys in it. */

/* Appends the chosen keys of keyfile, as a server would use them, by ID and version. keys: zeroed. */
MUST_CHECK enum status new_keys_of_keyfile(const struct keyfile *keyfile, const struct key_choice *choice,
					   struct new_keys *keys);

/* One line for each key, in the order of keys. */
MUST_CHECK enum status key_text_make(const struct new_keys *keys, struct secret *ret_text);

/* Parses such a text. The caller keeps text. */
MUST_CHECK enum status key_text_parse(const struct manager *manager, const struct secret *text,
				      struct keyfile *ret_keyfile);
