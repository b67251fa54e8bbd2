/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/words/exit_status.h"
#include "core/keyset.h"

/* The output of "mkeyfile list --json" for a key file. It contains no keys, so it can be copied
 * to other hosts. */

/* The most bytes to read of a manifest; that of the largest key file has about 6 MiB. */
#define MANIFEST_MAX_SIZE 67108864

/* Whether start begins with a JSON object, after blanks. No key file does. */
bool is_manifest(const struct secret *start);

/* Reads a manifest: its beginning is in start, the rest comes from descriptor. Reports what is
 * wrong, under name: not JSON, not the output of list, the error of another host's mkeyfile,
 * or a fingerprint that does not match the keys. */
MUST_CHECK enum status manifest_read(const char *name, const struct secret *start, int descriptor,
				     struct keyset *ret_keyset);
