/* SPDX-License-Identifier: MIT */
#include "data/formats/evidence.h"

#include "core/array.h"
#include "core/key.h"

#include <stdlib.h>

void evidence_free(struct evidence *evidence)
{
	free(evidence->uses);
	*evidence = (struct evidence){ 0 };
}

static int compare(const void *one, const void *other)
{
	const struct key_use *a = one;
	const struct key_use *b = other;

	return key_compare(a->id, a->version, b->id, b->version);
}

struct key_use *evidence_use(struct evidence *evidence, uint32_t id, uint32_t version)
{
	const struct key_use wanted = { .id = id, .version = version };
	struct key_use *use = array_find(evidence->uses, evidence->use_count, sizeof(wanted), &wanted, compare);

	if (use || evidence->use_count == EVIDENCE_MAX_USES)
		return use;
	return array_find_or_insert(&evidence->uses, &evidence->use_count, sizeof(wanted), &wanted, compare);
}

static uint64_t earlier(bool one_counts, uint64_t one, bool other_counts, uint64_t other)
{
	if (one_counts && other_counts)
		return one < other ? one : other;
	return one_counts ? one : other;
}

static bool is_bad(const struct key_use *use)
{
	return use->refuted || use->damaged;
}

static void add_free(struct free_use *whole, const struct free_use *part)
{
	whole->pages += part->pages;
	whole->proven += part->proven;
	whole->refuted += part->refuted;
	whole->doubtful += part->doubtful;
	whole->sound += part->sound;
	whole->broken += part->broken;
}

static void add_use(struct key_use *whole, const struct key_use *part)
{
	whole->first_bad = earlier(is_bad(whole), whole->first_bad, is_bad(part), part->first_bad);
	whole->pages += part->pages;
	add_free(&whole->free, &part->free);
	whole->residual += part->residual;
	whole->proven += part->proven;
	whole->refuted += part->refuted;
	whole->strict_refuted += part->strict_refuted;
	whole->sound += part->sound;
	whole->unproved += part->unproved;
	whole->damaged += part->damaged;
	whole->busy += part->busy;
	whole->other_proven += part->other_proven;
	if (part->other_version)
		whole->other_version = part->other_version;
}

void coverage_add(struct coverage *whole, const struct coverage *part)
{
	whole->encrypted += part->encrypted;
	whole->clear += part->clear;
	whole->unknown += part->unknown;
}

struct fault evidence_add(struct evidence *whole, const struct evidence *part)
{
	/* adding evidence to itself would move the array while it is read */
	if (whole->uses && whole->uses == part->uses)
		return fault_none();
	for (size_t i = 0; i < part->use_count; i++) {
		struct key_use *use = evidence_use(whole, part->uses[i].id, part->uses[i].version);

		if (use)
			add_use(use, &part->uses[i]);
		else if (whole->use_count < EVIDENCE_MAX_USES)
			return fault_of(FAULT_MEMORY);
		else
			whole->overflow += part->uses[i].pages + part->uses[i].free.pages + part->uses[i].residual;
	}
	whole->first_bad = earlier(whole->plain_damaged, whole->first_bad, part->plain_damaged, part->first_bad);
	whole->pages += part->pages;
	whole->plain += part->plain;
	whole->plain_damaged += part->plain_damaged;
	whole->overflow += part->overflow;
	whole->unexplained += part->unexplained;
	whole->clean |= part->clean;
	if (part->newest_lsn > whole->newest_lsn)
		whole->newest_lsn = part->newest_lsn;
	if (part->missing_codec)
		whole->missing_codec = part->missing_codec;
	whole->proven_by_cipher |= part->proven_by_cipher;
	coverage_add(&whole->coverage, &part->coverage);
	coverage_add(&whole->double_write, &part->double_write);
	return fault_none();
}

void key_use_count(struct key_use *use, enum page_outcome outcome, uint64_t page)
{
	if ((outcome == PAGE_REFUTED || outcome == PAGE_REFUTED_INTACT || outcome == PAGE_DAMAGED) &&
	    (!is_bad(use) || page < use->first_bad))
		use->first_bad = page;
	switch (outcome) {
	case PAGE_PROVEN:
		use->proven++;
		break;
	case PAGE_REFUTED_INTACT:
		use->strict_refuted++;
		use->refuted++;
		break;
	case PAGE_REFUTED:
		use->refuted++;
		break;
	case PAGE_SOUND:
		use->sound++;
		break;
	case PAGE_UNPROVED:
		use->unproved++;
		break;
	case PAGE_DAMAGED:
		use->damaged++;
		break;
	case PAGE_BUSY:
		use->busy++;
		break;
	}
}
