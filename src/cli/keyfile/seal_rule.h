/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"

/* What the seal of an encrypted key file means for a command: core/seal.h. */

/* Whether the seal is not broken, nor missing although the option files require it. */
bool seal_is_accepted(const struct options *options, enum seal seal);

/* For a command that changes the key file called name or copies its keys: refuses a seal that is
 * not accepted, or warns if writing.any_seal is set. given: options for commands in hints; NULL: only --file=name, for
 * a file that the options of this command do not describe. */
MUST_CHECK enum status seal_require(const struct options *options, const char *name, const char *given, enum seal seal);

/* For a command that only reads: warns of a seal that is not accepted. */
void seal_warn(const struct options *options, const char *name, const char *given, enum seal seal);

/* "sealed", "seal broken" or "not sealed"; and the same for scripts: "sealed", "broken" or
 * "missing". */
const char *seal_words(enum seal seal);
const char *seal_name(enum seal seal);
