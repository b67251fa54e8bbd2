/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/new_keys.h"

/* Whether the server reads key versions: judged by the target, without one by the file. */
bool versions_are_possible(const struct target *target, const struct keyfile *keyfile);

/* Refuses to add key versions to a file if its server is unknown or does not support them. If
 * the file already has versions, its server is assumed to support them, unless the target
 * says otherwise. */
MUST_CHECK enum status versions_require(const struct target *target, const char *file, const struct keyfile *keyfile);

/* After a refusal: hints at the targets that support versions. */
void versions_hint(const struct target *target);

/* The text of keyfile with keys added, from keyfile_extend. */
MUST_CHECK enum status versions_extend_text(const char *file, const struct keyfile *keyfile,
					    const struct new_keys *keys, bool versioned, struct secret *ret_text);
