/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/keyfile.h"

/* What may be revealed about the keys of a key file: a set of IDs and versions with their
 * fingerprints. A keyset is made from a key file, or from the list of a key file on
 * another host, and contains no keys. */
struct keyset_member {
	uint32_t id;
	uint32_t version;
	uint32_t bits;
	struct fingerprint fingerprint;
	struct date created; /* "": unknown */
};

struct keyset {
	struct keyset_member *members; /* by ID, then version; without duplicates once sorted */
	size_t count;
};

#define KEYSET __attribute__((cleanup(keyset_free)))

/* Collects the keys that a server would use: of lines with the same ID and version, the
 * last one counts. Faults: FAULT_MEMORY, FAULT_ALGORITHM. */
MUST_CHECK struct fault keyset_of_keyfile(const struct keyfile *keyfile, struct keyset *ret_keyset);

/* Appends a member, in any order. Call keyset_sort before using the set. Faults:
 * FAULT_MEMORY; keyset is then unchanged. */
MUST_CHECK struct fault keyset_add(struct keyset *keyset, const struct keyset_member *member);

/* Sorts the set. Returns false if it has the same ID and version twice. */
bool keyset_sort(struct keyset *keyset);

/* Computes the fingerprint of a sorted set: the first 16 hex digits of SHA-256 over one
 * line "ID;VERSION;FINGERPRINT" with a newline for each member, in order. It does not
 * depend on comments, the order of lines, encryption, or whether version 1 is written
 * out. Faults: FAULT_MEMORY, FAULT_ALGORITHM. */
MUST_CHECK struct fault keyset_fingerprint(const struct keyset *keyset, struct fingerprint *ret_fingerprint);

/* Walks two sorted sets side by side, one ID and version at a time. *ret_here or
 * *ret_there is NULL if that set lacks the ID and version. Returns false at the end.
 * Start with a zeroed walk. */
struct keyset_walk {
	size_t here;
	size_t there;
};
bool keyset_next(const struct keyset *here, const struct keyset *there, struct keyset_walk *walk,
		 const struct keyset_member **ret_here, const struct keyset_member **ret_there);

void keyset_free(struct keyset *keyset);
