/* SPDX-License-Identifier: MIT */
#pragma once

#include "server/settings.h"

/* What to change, when a server refuses a key file for this fault, or for what its
 * option files say: constants for hint_with_given, NULL when the words say it all. */
const char *fault_hint(struct fault fault, const struct server_profile *profile);
const char *no_password_hint(void);
const char *obstacle_hint(enum obstacle_kind kind, enum key_plugin plugin);
