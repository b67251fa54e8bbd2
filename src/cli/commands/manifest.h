/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/words/exit_status.h"
#include "core/keyset.h"

/* What "mkeyfile list --json" prints of a key file: a key set that may travel,
 * since no key is in it. */

/* So many bytes at most are read of one; the largest key file makes about 6 MiB. */
#define MANIFEST_MAX_SIZE 67108864

/* The first byte of a JSON object, blanks aside, which begins no key file. */
bool is_manifest(const struct secret *start);

/* Reads a manifest of which start has been read already and the rest comes from
 * descriptor, and says what is wrong with it under the name given: no JSON, not
 * of list, the error that another host's mkeyfile printed, or a fingerprint of
 * the whole that does not fit. */
MUST_CHECK enum status manifest_read(const char *name, const struct secret *start, int descriptor,
				     struct keyset *ret_keyset);
