/* SPDX-License-Identifier: MIT */
#include "cli/commands/disjoint.h"

#include "core/array.h"
#include "core/cleanup.h"

#include <stdlib.h>
#include <string.h>

/* Of one set, these are in one array, so that their addresses are in the order of IDs. */
static int compare(const void *one, const void *other)
{
	const struct keyset_member *a = *(const struct keyset_member *const *)one;
	const struct keyset_member *b = *(const struct keyset_member *const *)other;
	int order = strcmp(a->fingerprint.text, b->fingerprint.text);

	return order ? order : (a > b) - (a < b);
}

static const struct keyset_member **sort_by_key(const struct keyset *keyset)
{
	const struct keyset_member **sorted = calloc(keyset->count + 1, sizeof(const struct keyset_member *));

	for (size_t i = 0; sorted && i < keyset->count; i++)
		sorted[i] = &keyset->members[i];
	if (sorted)
		qsort(sorted, keyset->count, sizeof(const struct keyset_member *), compare);
	return sorted;
}

/* The index of the first member whose key does not sort before fingerprint. */
static size_t find_key(const struct keyset_member **sorted, size_t count, const struct fingerprint *fingerprint)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (strcmp(sorted[middle]->fingerprint.text, fingerprint->text) < 0)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

/* Adds a pair for each of the sorted members that has the same key as member. */
static struct fault add_pairs(const struct keyset_member *member, const struct keyset_member **sorted, size_t count,
			      struct shared_key **shared, size_t *shared_count)
{
	for (size_t i = find_key(sorted, count, &member->fingerprint);
	     i < count && !strcmp(sorted[i]->fingerprint.text, member->fingerprint.text); i++) {
		struct shared_key *added = array_add(shared, shared_count, sizeof(*added));

		if (!added)
			return fault_of(FAULT_MEMORY);
		*added = (struct shared_key){ member, sorted[i] };
	}
	return fault_none();
}

struct fault disjoint_compare(const struct keyset *here, const struct keyset *there, struct shared_key **ret_shared,
			      size_t *ret_count)
{
	HEAP const struct keyset_member **sorted = sort_by_key(there);
	struct shared_key *shared = NULL;
	size_t count = 0;
	struct fault fault = sorted ? fault_none() : fault_of(FAULT_MEMORY);

	for (size_t i = 0; !fault.code && i < here->count; i++)
		fault = add_pairs(&here->members[i], sorted, there->count, &shared, &count);
	if (fault.code) {
		free(shared);
		return fault;
	}
	*ret_shared = shared;
	*ret_count = count;
	return fault;
}
