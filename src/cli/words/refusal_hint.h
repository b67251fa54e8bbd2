/* SPDX-License-Identifier: MIT */
#pragma once

#include "server/settings.h"

/* For a plain file, with the options of the command in place of %s. */
#define ENCRYPT_HINT "run 'mkeyfile encrypt --in-place%s' to encrypt it"

/* For a seal that is broken or missing, with the options of the command in place of %s. */
#define SEAL_HINT                                                                                                      \
	"compare the fingerprints of its keys with those of another copy, and run 'mkeyfile seal%s' to accept them"

/* For an option file that contains the password itself. */
#define PASSWORD_IN_CLEAR_HINT                                                                                         \
	"write the password to a file that only the server's user account can read, and set filekey to FILE: and the path of that file"

/* What to change when a server refuses a key file for this fault, or for a setting in its option
 * files: constants for hint_with_given, or NULL where the message needs no hint. */
const char *fault_hint(struct fault fault, const struct server_profile *profile);
const char *no_password_hint(void);
const char *obstacle_hint(enum obstacle_kind kind, enum key_plugin plugin);
