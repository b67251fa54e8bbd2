/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/keyset.h"

/* A key that two sets have, under any ID and version. */
struct shared_key {
	const struct keyset_member *here;
	const struct keyset_member *there;
};

/* Finds each pair of members with the same fingerprint, sorted by ID and version here, then there.
 * ret_shared: to be freed with free(3). Faults: FAULT_MEMORY. */
MUST_CHECK struct fault disjoint_compare(const struct keyset *here, const struct keyset *there,
					 struct shared_key **ret_shared, size_t *ret_count);
