/* SPDX-License-Identifier: MIT */
#include "data/data_file.h"

bool key_use_is_needed(const struct key_use *use)
{
	/* a bit that flipped in a page's version field makes one such page */
	if (use->pages == 1 && use->other_proven)
		return false;
	return use->pages > use->damaged + use->busy || (use->pages && !use->damaged);
}

/* A page that no checksum of its own vouches for may be damaged. Where the key
 * opens other pages, or there is but this one and the key is known to be right,
 * it is. */
static bool looks_damaged(const struct key_use *use, bool known_elsewhere)
{
	if (use->strict_refuted)
		return false;
	return use->proven || (use->refuted == 1 && known_elsewhere);
}

enum data_answer key_use_answer(const struct key_use *use, bool known_elsewhere)
{
	if (use->sound && key_use_is_needed(use))
		return DATA_MISSING_KEY;
	if (use->refuted && !looks_damaged(use, known_elsewhere))
		return DATA_WRONG_KEY;
	if (use->damaged || use->refuted || (use->sound && use->other_proven))
		return DATA_DAMAGED;
	if (use->proven)
		return DATA_PROVEN;
	return use->pages ? DATA_NOT_PROVABLE : DATA_NOT_ENCRYPTED;
}

static bool is_worse(enum data_answer one, enum data_answer other)
{
	/* one key that proves does not stand for another one that cannot */
	static const int badness[DATA_ANSWER_COUNT] = {
		[DATA_NOT_ENCRYPTED] = 0, [DATA_PROVEN] = 1,  [DATA_NOT_PROVABLE] = 2, [DATA_UNKNOWN_KIND] = 3,
		[DATA_UNREADABLE] = 4,	  [DATA_DAMAGED] = 5, [DATA_WRONG_KEY] = 6,    [DATA_MISSING_KEY] = 7,
	};

	return badness[one] > badness[other];
}

void data_file_decide(struct data_file *file, data_key_known *known, const void *context)
{
	const struct evidence *evidence = &file->evidence;
	enum data_answer worst = file->kind == DATA_UNKNOWN ? DATA_UNKNOWN_KIND : DATA_NOT_ENCRYPTED;

	if (file->fault.code)
		worst = DATA_UNREADABLE;
	for (size_t i = 0; i < evidence->use_count; i++) {
		const struct key_use *use = &evidence->uses[i];
		enum data_answer answer = key_use_answer(use, known && known(context, use->id, use->version));

		if (is_worse(answer, worst))
			worst = answer;
	}
	/* nothing to prove, but the server asks for the key when it opens the file */
	if (worst == DATA_NOT_ENCRYPTED && file->declared && !file->note)
		file->note = DATA_NOTE_NO_PAGE;
	if (worst == DATA_NOT_ENCRYPTED && file->declared_missing)
		worst = DATA_MISSING_KEY;
	if (worst == DATA_NOT_PROVABLE && !file->note)
		file->note = DATA_NOTE_NO_PROOF;
	if (is_worse(DATA_NOT_PROVABLE, worst) &&
	    (file->note == DATA_NOTE_EMPTY || file->note == DATA_NOTE_NO_INDEX || file->note == DATA_NOTE_NO_SUPPORT))
		worst = DATA_NOT_PROVABLE;
	if (is_worse(DATA_DAMAGED, worst) &&
	    (evidence->plain_damaged || evidence->overflow || file->note == DATA_NOTE_NO_HEAD))
		worst = DATA_DAMAGED;
	/* what is wrong with the salt is wrong with every page */
	if (worst == DATA_WRONG_KEY && file->note == DATA_NOTE_NO_HEAD)
		worst = DATA_DAMAGED;
	file->answer = worst;
}
