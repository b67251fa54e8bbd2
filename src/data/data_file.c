/* SPDX-License-Identifier: MIT */
#include "data/data_file.h"

#include "data/file_names.h"

#include <stdlib.h>

void data_file_free(struct data_file *file)
{
	free((char *)(uintptr_t)file->path);
	free(file->target);
	evidence_free(&file->evidence);
	*file = (struct data_file){ 0 };
}

/* A flipped bit in a page's version field produces one such page. */
static bool is_flipped(const struct key_use *use)
{
	return use->pages + use->free.pages == 1 && use->other_proven;
}

bool key_use_is_needed_by_allocated(const struct key_use *use)
{
	if (is_flipped(use))
		return false;
	if (use->proven)
		return true;
	return use->pages > use->damaged + use->busy || (use->pages && !use->damaged);
}

bool key_use_is_needed(const struct key_use *use)
{
	return key_use_is_needed_by_allocated(use) || (!is_flipped(use) && use->free.pages > use->free.broken);
}

/* A page without a checksum over its bytes on disk may be damaged. It is damaged if the
 * key decrypts other pages, or if this is the only page and the key is known to be right. */
static bool looks_damaged(const struct key_use *use, bool known_elsewhere)
{
	if (use->strict_refuted)
		return false;
	return use->proven || (use->refuted == 1 && known_elsewhere);
}

static bool is_worse(enum data_answer one, enum data_answer other)
{
	/* a proven key does not make up for one that cannot be proven */
	static const int badness[DATA_ANSWER_COUNT] = {
		[DATA_NOT_ENCRYPTED] = 0, [DATA_PROVEN] = 1,  [DATA_NOT_PROVABLE] = 2, [DATA_UNKNOWN_KIND] = 3,
		[DATA_UNREADABLE] = 4,	  [DATA_DAMAGED] = 5, [DATA_WRONG_KEY] = 6,    [DATA_MISSING_KEY] = 7,
	};

	return badness[one] > badness[other];
}

static void worsen(enum data_answer *worst, enum data_answer answer)
{
	if (is_worse(answer, *worst))
		*worst = answer;
}

static enum data_answer allocated_answer(const struct key_use *use, bool known_elsewhere)
{
	if (use->sound && key_use_is_needed_by_allocated(use))
		return DATA_MISSING_KEY;
	if (use->refuted && !looks_damaged(use, known_elsewhere))
		return DATA_WRONG_KEY;
	if (use->damaged || use->refuted || (use->sound && use->other_proven))
		return DATA_DAMAGED;
	if (use->proven)
		return DATA_PROVEN;
	return use->pages ? DATA_NOT_PROVABLE : DATA_NOT_ENCRYPTED;
}

/* A key that decrypts some free pages is the right one: import requires no more. */
static enum data_answer free_answer(const struct key_use *use, bool known_elsewhere)
{
	const struct free_use *free = &use->free;
	bool look_damaged = use->proven || (free->doubtful == 1 && known_elsewhere);

	if (free->proven)
		return DATA_PROVEN;
	if (free->sound)
		return DATA_MISSING_KEY;
	if (free->refuted || (free->doubtful && !look_damaged))
		return DATA_WRONG_KEY;
	return free->pages > free->broken + free->doubtful ? DATA_NOT_PROVABLE : DATA_NOT_ENCRYPTED;
}

enum data_answer key_use_answer(const struct key_use *use, bool known_elsewhere)
{
	enum data_answer answer = allocated_answer(use, known_elsewhere);

	if (!is_flipped(use))
		worsen(&answer, free_answer(use, known_elsewhere));
	return answer;
}

bool data_file_head_is_damaged(const struct data_file *file)
{
	return file->note == DATA_NOTE_NO_HEAD ||
	       (file->kind == DATA_INNODB && file->evidence.plain_damaged && file->evidence.first_bad == 0);
}

/* Recovery extends a file as far as its changes require, and has page 0 from them. */
bool data_file_is_incomplete(const struct data_file *file)
{
	return file->note == DATA_NOTE_ZERO || file->note == DATA_NOTE_LOST || file->evidence.unexplained ||
	       (file->note == DATA_NOTE_CUT_OFF && file->redo_says <= REDO_SAYS_NOTHING);
}

/* When a server truncates an undo tablespace, the new page 0 has no crypt block, but the
 * server continues to encrypt (10.11, 11.8). It remembers that as long as it runs. */
static bool is_truncated_undo(const struct data_file *file)
{
	return file->note == DATA_NOTE_NONE && file->evidence.unexplained && is_undo_name(file->path);
}

/* If page 0 was created after the checkpoint, recovery creates all later pages again.
 * Otherwise 10.11 does not start when it reads such a page ("Page read from tablespace is
 * corrupted"). */
static bool is_undo_in_use(const struct data_file *file, enum data_recovery recovery)
{
	return is_truncated_undo(file) &&
	       (recovery == DATA_RECOVERY_LIVE || (recovery == DATA_RECOVERY_DUE && file->redo_says == REDO_SAYS_MADE));
}

bool data_file_is_undecided(const struct data_file *file, enum data_recovery recovery)
{
	return data_file_is_incomplete(file) && !is_undo_in_use(file, recovery) &&
	       (file->note == DATA_NOTE_LOST || file->unlisted || recovery == DATA_RECOVERY_UNKNOWN ||
		recovery == DATA_RECOVERY_LIVE ||
		(recovery == DATA_RECOVERY_DUE && (file->redo_says == REDO_CANNOT_SAY || is_truncated_undo(file))));
}

/* Without a recovery, anything that only a recovery could explain is damage. */
static enum data_answer incomplete_answer(struct data_file *file, enum data_recovery recovery)
{
	if (!data_file_is_incomplete(file))
		return DATA_NOT_ENCRYPTED;
	if (data_file_is_undecided(file, recovery) || is_undo_in_use(file, recovery))
		return DATA_NOT_PROVABLE;
	if (file->note == DATA_NOTE_ZERO)
		file->note = DATA_NOTE_NO_HEAD;
	return DATA_DAMAGED;
}

void data_file_decide(struct data_file *file, data_key_known *known, const void *context, enum data_recovery recovery)
{
	const struct evidence *evidence = &file->evidence;
	enum data_answer worst = file->kind == DATA_UNKNOWN ? DATA_UNKNOWN_KIND : DATA_NOT_ENCRYPTED;

	if (file->fault.code)
		worst = DATA_UNREADABLE;
	for (size_t i = 0; i < evidence->use_count; i++) {
		const struct key_use *use = &evidence->uses[i];

		worsen(&worst, key_use_answer(use, known && known(context, use->id, use->version)));
	}
	/* nothing to prove, but the server requires the key when it opens the file */
	if (worst == DATA_NOT_ENCRYPTED && file->declared && !file->note)
		file->note = DATA_NOTE_NO_PAGE;
	if (worst == DATA_NOT_ENCRYPTED && file->declared_missing)
		worst = DATA_MISSING_KEY;
	if (evidence->missing_codec && !file->note)
		file->note = DATA_NOTE_NO_CODEC;
	if (worst == DATA_NOT_PROVABLE && !file->note)
		file->note = DATA_NOTE_NO_PROOF;
	if (file->note == DATA_NOTE_NO_INDEX || file->note == DATA_NOTE_NO_SUPPORT ||
	    file->note == DATA_NOTE_NO_FIRST_FILE || file->note == DATA_NOTE_NO_REST)
		worsen(&worst, DATA_NOT_PROVABLE);
	worsen(&worst, incomplete_answer(file, recovery));
	if (evidence->plain_damaged || evidence->overflow || file->note == DATA_NOTE_NO_HEAD)
		worsen(&worst, DATA_DAMAGED);
	/* the damage may be in the key ID, its version or the salt */
	if (is_worse(worst, DATA_DAMAGED) && data_file_head_is_damaged(file))
		worst = DATA_DAMAGED;
	file->answer = worst;
}
