/* SPDX-License-Identifier: MIT */
#include "cli/proof/key_lines.h"

enum data_answer key_line_answer(const struct data_need *need)
{
	static const enum data_answer worst_first[] = { DATA_MISSING_KEY, DATA_WRONG_KEY, DATA_PROVEN, DATA_DAMAGED,
							DATA_NOT_PROVABLE };

	for (size_t i = 0; i < sizeof(worst_first) / sizeof(worst_first[0]); i++)
		if (need->answers[worst_first[i]])
			return worst_first[i];
	return DATA_NOT_PROVABLE;
}

static bool has_newer(const struct keyfile *keyfile, uint32_t id, uint32_t version)
{
	size_t count = 0;
	struct entry **entries = keyfile ? keyfile_find(keyfile, id, &count) : NULL;

	return entries && entries[count - 1]->version > version;
}

/* Version 0 means any version of the ID. */
static bool is_in_keyfile(const struct keyfile *keyfile, uint32_t id, uint32_t version)
{
	size_t count = 0;

	if (!keyfile)
		return false;
	return version ? keyfile_find_version(keyfile, id, version) != NULL : keyfile_find(keyfile, id, &count) != NULL;
}

/* A file without pages needs no line if other files need a version of the same ID. */
static bool is_covered(const struct data_needs *needs, const struct data_need *need)
{
	const struct data_need *next = need + 1;

	return !need->version && next < needs->needs + needs->count && next->id == need->id && next->files;
}

static void visit_need(const struct proof *proof, const struct data_need *need, key_line_visit *visit, void *context)
{
	struct key_line line = {
		.id = need->id,
		.version = need->version,
		.need = need,
		.in_keyfile = is_in_keyfile(proof->keyfile, need->id, need->version),
		.old = need->version && has_newer(proof->keyfile, need->id, need->version),
	};

	if (!is_covered(&proof->audit.needs, need))
		visit(context, &line);
}

void key_lines_visit(const struct proof *proof, key_line_visit *visit, void *context)
{
	const struct data_needs *needs = &proof->audit.needs;
	const struct keyfile *keyfile = proof->keyfile;
	const struct entry *last = NULL;
	size_t n = 0;

	for (size_t i = 0; keyfile && i < keyfile->count; i++) {
		const struct entry *entry = keyfile->sorted[i];
		struct key_line line = { .id = entry->id, .version = entry->version, .in_keyfile = true };

		if (last && last->id == entry->id && last->version == entry->version)
			continue;
		last = entry;
		for (; n < needs->count &&
		       (needs->needs[n].id < entry->id ||
			(needs->needs[n].id == entry->id && needs->needs[n].version < entry->version));
		     n++)
			visit_need(proof, &needs->needs[n], visit, context);
		if (data_needs_find(needs, entry->id, entry->version))
			continue;
		line.old = has_newer(keyfile, entry->id, entry->version);
		visit(context, &line);
	}
	for (; n < needs->count; n++)
		visit_need(proof, &needs->needs[n], visit, context);
}
