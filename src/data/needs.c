/* SPDX-License-Identifier: MIT */
#include "data/needs.h"

#include "core/array.h"
#include "core/key.h"

#include <stdlib.h>
#include <string.h>

void data_needs_free(struct data_needs *needs)
{
	free(needs->needs);
	free(needs->system_files);
	free(needs->directories);
	*needs = (struct data_needs){ 0 };
}

static int compare(const void *one, const void *other)
{
	const struct data_need *a = one;
	const struct data_need *b = other;

	return key_compare(a->id, a->version, b->id, b->version);
}

static struct data_need *find(const struct data_needs *needs, uint32_t id, uint32_t version)
{
	const struct data_need need = { .id = id, .version = version };

	return array_find(needs->needs, needs->count, sizeof(need), &need, compare);
}

const struct data_need *data_needs_find(const struct data_needs *needs, uint32_t id, uint32_t version)
{
	return find(needs, id, version);
}

static struct data_need *find_or_insert(struct data_needs *needs, uint32_t id, uint32_t version)
{
	const struct data_need need = { .id = id, .version = version };

	return array_find_or_insert(&needs->needs, &needs->count, sizeof(need), &need, compare);
}

const char *data_needs_path(const struct data_needs *needs, size_t file)
{
	return needs->files[file].path;
}

const char *data_need_example(const struct data_needs *needs, const struct data_need *need)
{
	return data_needs_path(needs, need->example);
}

static enum data_answer use_answer(const struct data_file *file, const struct key_use *use, bool known_elsewhere)
{
	return data_file_head_is_damaged(file) ? DATA_DAMAGED : key_use_answer(use, known_elsewhere);
}

static struct fault add_use(struct data_needs *needs, size_t number, const struct key_use *use)
{
	const struct data_file *file = &needs->files[number];
	bool is_needed = key_use_is_needed(use);
	bool is_allocated = key_use_is_needed_by_allocated(use);
	uint64_t free_pages = use->free.pages - use->free.broken;
	size_t count = needs->count;
	struct data_need *need;

	/* the pages that name it are damaged */
	if (!is_needed && !use->residual)
		return fault_none();
	need = find_or_insert(needs, use->id, use->version);
	if (!need)
		return fault_of(FAULT_MEMORY);
	if (needs->count > count || (is_needed && !need->files) || (is_allocated && need->files == need->free_files))
		need->example = number;
	need->residual += use->residual;
	if (!is_needed)
		return fault_none();
	need->files++;
	need->kinds[file->kind]++;
	need->free_files += !is_allocated;
	need->pages += use->pages + free_pages;
	need->free_pages += free_pages;
	need->proven_files += use_answer(file, use, false) == DATA_PROVEN;
	return fault_none();
}

/* A file that declares encryption but has no page that needs a key counts as one need
 * without a version. */
static bool is_only_declared(const struct data_file *file)
{
	bool is_used = false;

	for (size_t i = 0; i < file->evidence.use_count; i++)
		is_used |= key_use_is_needed(&file->evidence.uses[i]);
	return file->declared && !is_used;
}

static struct key_use declared_use(const struct data_file *file)
{
	return (struct key_use){ .id = file->declared_id, .pages = 1, .sound = file->declared_missing };
}

static struct fault add_declared(struct data_needs *needs, size_t number)
{
	const struct key_use use = declared_use(&needs->files[number]);
	struct fault fault = add_use(needs, number, &use);
	struct data_need *need = fault.code ? NULL : find_or_insert(needs, use.id, 0);

	if (need)
		need->pages = 0;
	return fault;
}

static bool is_damaged(const struct data_file *file)
{
	const struct evidence *evidence = &file->evidence;
	bool damaged = file->answer == DATA_DAMAGED || evidence->plain_damaged || evidence->unexplained;

	for (size_t i = 0; i < evidence->use_count; i++)
		damaged |= evidence->uses[i].damaged > 0;
	return damaged;
}

static bool may_need_more(const struct data_file *file)
{
	switch (file->note) {
	case DATA_NOTE_ZERO:
	case DATA_NOTE_LOST:
	case DATA_NOTE_CUT_OFF:
	case DATA_NOTE_NO_HEAD:
	case DATA_NOTE_NO_FIRST_FILE:
	case DATA_NOTE_NO_INDEX:
	case DATA_NOTE_NO_SUPPORT:
	case DATA_NOTE_INCREMENTAL:
	case DATA_NOTE_PACKED:
	case DATA_NOTE_UNREAD:
		return true;
	default:
		return file->fault.code || file->answer == DATA_UNKNOWN_KIND || file->evidence.overflow ||
		       is_damaged(file);
	}
}

static bool is_same_part(const struct system_part *one, const struct system_part *other)
{
	return is_same_file(one->tablespace, other->tablespace) && one->written == other->written &&
	       one->first_page == other->first_page;
}

/* A part may be found twice, through links, copies or nested directories. Parts that are
 * all zero have no number. */
static bool has_part(const struct data_needs *needs, const struct system_part *part)
{
	for (size_t i = 0; part->written && i < needs->system_file_count; i++)
		if (is_same_part(&needs->system_files[i].part, part))
			return true;
	return false;
}

static struct fault add_system_file(struct data_needs *needs, size_t number)
{
	const struct system_part *part = &needs->files[number].system;
	struct system_file *added;

	if (!part->pages || has_part(needs, part))
		return fault_none();
	added = array_add(&needs->system_files, &needs->system_file_count, sizeof(*added));
	if (!added)
		return fault_of(FAULT_MEMORY);
	*added = (struct system_file){ .part = *part, .file = number };
	return fault_none();
}

/* first is the part of a first file. */
static bool lacks_parts(const struct data_needs *needs, const struct system_part *first)
{
	uint64_t written = 0;
	uint64_t zero = 0;

	if (!first->pages_in_all)
		return false;
	for (size_t i = 0; i < needs->system_file_count; i++) {
		const struct system_part *part = &needs->system_files[i].part;

		if (!is_same_file(part->tablespace, first->tablespace))
			continue;
		*(part->written ? &written : &zero) += part->pages;
	}
	return written < first->pages_in_use || written + zero < first->pages_in_all;
}

static struct fault reserve_directories(struct data_needs *needs, size_t count)
{
	struct data_directory *all;

	if (count <= needs->directory_count)
		return fault_none();
	all = reallocarray(needs->directories, count, sizeof(*all));
	if (!all)
		return fault_of(FAULT_MEMORY);
	memset(all + needs->directory_count, 0, (count - needs->directory_count) * sizeof(*all));
	needs->directories = all;
	needs->directory_count = count;
	return fault_none();
}

static void add_lsn(struct data_directory *directory, const struct data_file *file)
{
	uint64_t *lsn = file->kind == DATA_REDO_LOG ? &directory->log_end : &directory->newest_lsn;

	if (file->evidence.newest_lsn > *lsn)
		*lsn = file->evidence.newest_lsn;
	if (file->kind == DATA_INNODB && file->space.inode && file->space_id < DATA_KNOWN_SPACES)
		directory->spaces[file->space_id] = file->space;
}

static struct fault add_to_directory(struct data_needs *needs, const struct data_file *file)
{
	struct fault fault = reserve_directories(needs, (size_t)file->directory + 1);
	struct data_directory *directory;

	if (fault.code)
		return fault;
	directory = &needs->directories[file->directory];
	directory->has_tablespace |= file->kind == DATA_INNODB;
	directory->has_system_tablespace |= file->system.pages_in_all > 0;
	directory->has_incomplete |= data_file_is_incomplete(file);
	directory->has_redo_log |= file->kind == DATA_REDO_LOG;
	directory->clean |= file->evidence.clean;
	directory->unclean |= file->note == DATA_NOTE_UNCLEAN || file->note == DATA_NOTE_UNREAD;
	add_lsn(directory, file);
	return fault_none();
}

static struct fault add_file(struct data_needs *needs, size_t number)
{
	const struct data_file *file = &needs->files[number];
	struct fault fault = add_system_file(needs, number);

	for (size_t i = 0; !fault.code && i < file->evidence.use_count; i++)
		fault = add_use(needs, number, &file->evidence.uses[i]);
	if (!fault.code && is_only_declared(file))
		fault = add_declared(needs, number);
	if (!fault.code)
		fault = add_to_directory(needs, file);
	if (file->note == DATA_NOTE_UNCLEAN && !needs->pending++)
		needs->pending_example = number;
	needs->blank_count += file->blank || file->target;
	return fault;
}

struct fault data_needs_collect(struct data_file *files, size_t count, bool live, struct data_needs *ret_needs)
{
	DATA_NEEDS struct data_needs needs = { .files = files, .file_count = count, .live = live };
	struct fault fault = fault_none();

	for (size_t i = 0; !fault.code && i < count; i++)
		fault = add_file(&needs, i);
	if (fault.code)
		return fault;
	*ret_needs = needs;
	needs = (struct data_needs){ 0 };
	return fault;
}

static bool is_proven_elsewhere(const void *needs, uint32_t id, uint32_t version)
{
	const struct data_need *need = data_needs_find(needs, id, version);

	return need && need->proven_files;
}

/* A page newer than the end of a log was not written with that log. While a server runs,
 * its log grows. */
static bool explains(const struct data_needs *needs, const struct data_directory *log,
		     const struct data_directory *directory)
{
	return log->has_redo_log && (needs->live || !log->log_end || log->log_end >= directory->newest_lsn);
}

static bool has_other_file(const struct data_directory *one, const struct data_directory *other)
{
	for (size_t i = 0; i < DATA_KNOWN_SPACES; i++)
		if (one->spaces[i].inode && other->spaces[i].inode && !is_same_file(one->spaces[i], other->spaces[i]))
			return true;
	return false;
}

/* Finds the redo log of a directory, and the directory that contains it; NULL: none. */
static enum data_redo_log find_redo_log(const struct data_needs *needs, size_t number,
					const struct data_directory **ret_log)
{
	static const struct data_directory nothing;
	const struct data_directory *directory =
		number < needs->directory_count ? &needs->directories[number] : &nothing;
	bool is_old = directory->has_redo_log;
	size_t found = 0;

	*ret_log = NULL;
	if (explains(needs, directory, directory)) {
		*ret_log = directory;
		return DATA_REDO_LOG_FOUND;
	}
	for (size_t i = 0; i < needs->directory_count; i++) {
		const struct data_directory *other = &needs->directories[i];

		if (!other->has_redo_log || has_other_file(other, directory) ||
		    (other->has_system_tablespace && directory->has_system_tablespace))
			continue;
		if (explains(needs, other, directory)) {
			*ret_log = other;
			found++;
		} else {
			is_old = true;
		}
	}
	if (found == 1)
		return DATA_REDO_LOG_FOUND;
	*ret_log = NULL;
	if (found)
		return DATA_REDO_LOG_SEVERAL;
	return is_old ? DATA_REDO_LOG_OLD : DATA_REDO_LOG_NONE;
}

enum data_redo_log data_needs_find_redo_log(const struct data_needs *needs, size_t directory)
{
	const struct data_directory *log;

	return find_redo_log(needs, directory, &log);
}

enum data_recovery data_needs_recovery(const struct data_needs *needs, size_t directory)
{
	const struct data_directory *log;

	if (needs->live)
		return DATA_RECOVERY_LIVE;
	if (find_redo_log(needs, directory, &log) != DATA_REDO_LOG_FOUND)
		return DATA_RECOVERY_UNKNOWN;
	if (log->unclean)
		return DATA_RECOVERY_DUE;
	return log->clean ? DATA_RECOVERY_NONE : DATA_RECOVERY_UNKNOWN;
}

/* Whether the log may supply pages with any key. */
static bool is_unread(const struct data_needs *needs, const struct data_file *file)
{
	const struct data_directory *directory = &needs->directories[file->directory];

	if (needs->live || file->answer == DATA_DAMAGED)
		return false;
	return file->note == DATA_NOTE_UNREAD || (!directory->clean && !directory->unclean);
}

/* Whether the available files do not decide about this one: its redo log does not say
 * whether it would complete the file, files of its system tablespace are missing, or it
 * is part of a backup that must be unpacked or applied first. A running server may have
 * extended the file since it was read. */
static bool is_undecided(const struct data_needs *needs, const struct data_file *file, enum data_recovery recovery)
{
	return (lacks_parts(needs, &file->system) && !needs->live) || file->note == DATA_NOTE_NO_FIRST_FILE ||
	       file->note == DATA_NOTE_INCREMENTAL || file->note == DATA_NOTE_PACKED ||
	       data_file_is_undecided(file, recovery) || (file->kind == DATA_REDO_LOG && is_unread(needs, file));
}

static void count_answer(struct data_needs *needs, const struct data_file *file, const struct key_use *use)
{
	bool known = is_proven_elsewhere(needs, use->id, use->version);

	if (key_use_is_needed(use))
		find(needs, use->id, use->version)->answers[use_answer(file, use, known)]++;
}

static void count_unsure(struct data_needs *needs, size_t number)
{
	enum data_note note = needs->files[number].note;

	/* a waiting redo log may explain all the others */
	if (needs->unsure++ && (note != DATA_NOTE_UNREAD || needs->unsure_note == DATA_NOTE_UNREAD))
		return;
	needs->unsure_note = note;
	needs->unsure_example = number;
}

static void settle_file(struct data_needs *needs, struct data_file *file)
{
	enum data_recovery recovery = data_needs_recovery(needs, file->directory);

	if (lacks_parts(needs, &file->system) && !file->note)
		file->note = DATA_NOTE_NO_REST;
	data_file_decide(file, is_proven_elsewhere, needs, recovery);
	for (size_t i = 0; i < file->evidence.use_count; i++)
		count_answer(needs, file, &file->evidence.uses[i]);
	if (is_only_declared(file)) {
		const struct key_use use = declared_use(file);

		count_answer(needs, file, &use);
	}
	needs->undecided += is_undecided(needs, file, recovery);
}

/* Counts directories with tablespaces whose redo log is not among those found. */
static uint64_t count_without_redo_log(const struct data_needs *needs)
{
	uint64_t count = 0;

	for (size_t i = 0; i < needs->directory_count; i++) {
		enum data_redo_log log = data_needs_find_redo_log(needs, i);

		count += needs->directories[i].has_tablespace &&
			 (log == DATA_REDO_LOG_OLD || log == DATA_REDO_LOG_SEVERAL);
	}
	return count;
}

/* Counts system tablespaces that lack files and are not unsure for another reason. */
static void count_incomplete(struct data_needs *needs)
{
	for (size_t i = 0; i < needs->system_file_count; i++) {
		const struct system_file *file = &needs->system_files[i];

		if (!may_need_more(&needs->files[file->file]) && lacks_parts(needs, &file->part) && !needs->unsure++)
			needs->unsure_example = file->file;
	}
}

void data_needs_settle(struct data_needs *needs)
{
	for (size_t i = 0; i < needs->file_count; i++) {
		settle_file(needs, &needs->files[i]);
		if (may_need_more(&needs->files[i]))
			count_unsure(needs, i);
		if (needs->files[i].note == DATA_NOTE_LEFTOVER && !needs->leftover_count++)
			needs->leftover_example = i;
	}
	count_incomplete(needs);
	needs->undecided += count_without_redo_log(needs);
}
