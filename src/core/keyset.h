/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/keyfile.h"

/* What may be told of a key file's keys: a set of IDs and versions with the
 * fingerprint of each. It comes from a key file, or from a list of one on
 * another host, and holds no key. */
struct keyset_member {
	uint32_t id;
	uint32_t version;
	uint32_t bits;
	struct fingerprint fingerprint;
};

struct keyset {
	struct keyset_member *members; /* by ID, then version; none twice once sorted */
	size_t count;
};

#define KEYSET __attribute__((cleanup(keyset_free)))

/* The keys that a server would use: where the file has one ID and version twice,
 * the last line counts. FAULT_MEMORY, _ALGORITHM. */
MUST_CHECK struct fault keyset_of_keyfile(const struct keyfile *keyfile, struct keyset *ret_keyset);

/* Appends a member in any order; call keyset_sort before anything else.
 * FAULT_MEMORY leaves keyset as it was. */
MUST_CHECK struct fault keyset_add(struct keyset *keyset, const struct keyset_member *member);

/* Sorts. False: some ID and version stands twice. */
bool keyset_sort(struct keyset *keyset);

/* The fingerprint of a whole sorted set: the first 16 hex digits of SHA-256 over
 * one line for each member, in order, of "ID;VERSION;FINGERPRINT" and a
 * newline. Comments, the order of lines, encryption and whether version 1 is
 * written out have no part in it. FAULT_MEMORY, _ALGORITHM. */
MUST_CHECK struct fault keyset_fingerprint(const struct keyset *keyset, struct fingerprint *ret_fingerprint);

/* One step of a walk through two sorted sets side by side. here or there is NULL
 * where that set lacks the ID and version. False: the end. Start with zeroed
 * positions. */
struct keyset_walk {
	size_t here;
	size_t there;
};
bool keyset_next(const struct keyset *here, const struct keyset *there, struct keyset_walk *walk,
		 const struct keyset_member **ret_here, const struct keyset_member **ret_there);

void keyset_free(struct keyset *keyset);
