/* SPDX-License-Identifier: MIT */
#include "core/keyset.h"

#include "core/array.h"
#include "core/cleanup.h"
#include "core/crypto.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

struct fault keyset_add(struct keyset *keyset, const struct keyset_member *member)
{
	struct keyset_member *added = array_add(&keyset->members, &keyset->count, sizeof(*added));

	if (!added)
		return fault_of(FAULT_MEMORY);
	*added = *member;
	return fault_none();
}

static int compare_members(const void *one, const void *other)
{
	const struct keyset_member *a = one;
	const struct keyset_member *b = other;

	return key_compare(a->id, a->version, b->id, b->version);
}

bool keyset_sort(struct keyset *keyset)
{
	if (keyset->count)
		qsort(keyset->members, keyset->count, sizeof(*keyset->members), compare_members);
	for (size_t i = 1; i < keyset->count; i++)
		if (!compare_members(&keyset->members[i - 1], &keyset->members[i]))
			return false;
	return true;
}

struct fault keyset_of_keyfile(const struct keyfile *keyfile, struct keyset *ret_keyset)
{
	KEYSET struct keyset keyset = { 0 };
	HEAP struct fingerprint *fingerprints = NULL;
	struct fault fault = keyfile_fingerprints(keyfile, &fingerprints);

	for (size_t i = 0; !fault.code && i < keyfile->count; i++) {
		const struct entry *entry = keyfile->sorted[i];
		struct keyset_member member = {
			.id = entry->id,
			.version = entry->version,
			.bits = (uint32_t)(8 * entry->key_size),
			.fingerprint = fingerprints[entry - keyfile->entries],
		};

		if (entry->created)
			member.created = entry->created->date;
		/* also sorted by line: of equal IDs and versions, the server uses the last */
		if (entry == keyfile_find_version(keyfile, entry->id, entry->version))
			fault = keyset_add(&keyset, &member);
	}
	if (fault.code)
		return fault;
	*ret_keyset = keyset;
	keyset = (struct keyset){ 0 };
	return fault;
}

struct fault keyset_fingerprint(const struct keyset *keyset, struct fingerprint *ret_fingerprint)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	bool done;

	if (!context)
		return fault_of(FAULT_MEMORY);
	done = EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
	for (size_t i = 0; done && i < keyset->count; i++) {
		const struct keyset_member *member = &keyset->members[i];
		char line[sizeof("4294967295;4294967294;\n") + sizeof(member->fingerprint.text)];
		int size = snprintf(line, sizeof(line), "%u;%u;%s\n", member->id, member->version,
				    member->fingerprint.text);

		done = EVP_DigestUpdate(context, line, (size_t)size) == 1;
	}
	done = done && EVP_DigestFinal_ex(context, digest, NULL) == 1;
	EVP_MD_CTX_free(context);
	if (!done)
		return crypto_fault(FAULT_ALGORITHM);
	*ret_fingerprint = (struct fingerprint){ 0 };
	key_to_hex(digest, sizeof(ret_fingerprint->text) / 2, (unsigned char *)ret_fingerprint->text);
	return fault_none();
}

bool keyset_next(const struct keyset *here, const struct keyset *there, struct keyset_walk *walk,
		 const struct keyset_member **ret_here, const struct keyset_member **ret_there)
{
	const struct keyset_member *a = walk->here < here->count ? &here->members[walk->here] : NULL;
	const struct keyset_member *b = walk->there < there->count ? &there->members[walk->there] : NULL;
	int order = a && b ? compare_members(a, b) : 0;

	if (!a && !b)
		return false;
	*ret_here = order > 0 ? NULL : a;
	*ret_there = order < 0 ? NULL : b;
	walk->here += *ret_here != NULL;
	walk->there += *ret_there != NULL;
	return true;
}

void keyset_free(struct keyset *keyset)
{
	free(keyset->members);
	*keyset = (struct keyset){ 0 };
}
