/* SPDX-License-Identifier: MIT */
#include "data/needs.h"

#include "core/array.h"

#include <stdlib.h>
#include <string.h>

void data_needs_free(struct data_needs *needs)
{
	free(needs->paths);
	free(needs->needs);
	free(needs->unsure_example);
	free(needs->system_files);
	free(needs->directories);
	free(needs->blanks);
	name_set_free(&needs->leftovers);
	*needs = (struct data_needs){ 0 };
}

static int compare(const void *one, const void *other)
{
	const struct data_need *a = one;
	const struct data_need *b = other;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->version < b->version ? -1 : a->version > b->version;
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

const char *data_need_example(const struct data_needs *needs, const struct data_need *need)
{
	return needs->paths + need->example;
}

static struct fault add_path(struct data_needs *needs, const char *path, size_t *ret_at)
{
	size_t size = strlen(path) + 1;
	char *paths = realloc(needs->paths, needs->paths_size + size);

	if (!paths)
		return fault_of(FAULT_MEMORY);
	memcpy(paths + needs->paths_size, path, size);
	*ret_at = needs->paths_size;
	needs->paths = paths;
	needs->paths_size += size;
	return fault_none();
}

static enum data_answer use_answer(const struct data_file *file, const struct key_use *use, bool known_elsewhere)
{
	return data_file_head_is_damaged(file) ? DATA_DAMAGED : key_use_answer(use, known_elsewhere);
}

static struct fault add_use(struct data_needs *needs, const struct data_file *file, const struct key_use *use)
{
	bool is_needed = key_use_is_needed(use);
	bool is_allocated = key_use_is_needed_by_allocated(use);
	uint64_t free_pages = use->free.pages - use->free.broken;
	size_t count = needs->count;
	struct fault fault = fault_none();
	struct data_need *need;

	/* pages that name it are damaged */
	if (!is_needed && !use->residual)
		return fault_none();
	need = find_or_insert(needs, use->id, use->version);
	if (!need)
		return fault_of(FAULT_MEMORY);
	if (needs->count > count || (is_needed && !need->files) || (is_allocated && need->files == need->free_files))
		fault = add_path(needs, file->path, &need->example);
	need->residual += use->residual;
	if (!is_needed)
		return fault;
	need->files++;
	need->kinds[file->kind]++;
	need->free_files += !is_allocated;
	need->pages += use->pages + free_pages;
	need->free_pages += free_pages;
	need->answers[use_answer(file, use, false)]++;
	return fault;
}

static struct fault add_declared(struct data_needs *needs, const struct data_file *file)
{
	struct key_use use = { .id = file->declared_id, .pages = 1, .sound = file->declared_missing };
	struct fault fault = add_use(needs, file, &use);
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

/* By links or copies, or where directories lie in each other, a part may be met twice.
 * Parts that are zero have no number. */
static bool has_part(const struct data_needs *needs, const struct system_part *part)
{
	for (size_t i = 0; part->written && i < needs->system_file_count; i++)
		if (is_same_part(&needs->system_files[i].part, part))
			return true;
	return false;
}

static struct fault add_system_file(struct data_needs *needs, const struct data_file *file)
{
	struct system_file one = { .part = file->system, .counted = may_need_more(file) };
	struct system_file *added;
	struct fault fault;

	if (!file->system.pages || has_part(needs, &file->system))
		return fault_none();
	fault = add_path(needs, file->path, &one.path);
	if (fault.code)
		return fault;
	added = array_add(&needs->system_files, &needs->system_file_count, sizeof(*added));
	if (!added)
		return fault_of(FAULT_MEMORY);
	*added = one;
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

static bool is_unsure(const struct data_needs *needs, const struct system_file *file)
{
	return !file->counted && lacks_parts(needs, &file->part);
}

uint64_t data_needs_unsure(const struct data_needs *needs)
{
	uint64_t unsure = needs->unsure + needs->blank_count - needs->leftover_count;

	for (size_t i = 0; i < needs->system_file_count; i++)
		unsure += is_unsure(needs, &needs->system_files[i]);
	return unsure;
}

/* The first that is a leftover, or that is not. */
static const char *find_blank(const struct data_needs *needs, bool leftover)
{
	for (size_t i = 0; i < needs->blank_count; i++) {
		const char *path = needs->paths + needs->blanks[i].path;

		if (name_set_has(&needs->leftovers, path) == leftover)
			return path;
	}
	return NULL;
}

const char *data_needs_unsure_example(const struct data_needs *needs)
{
	if (needs->unsure)
		return needs->unsure_example;
	for (size_t i = 0; i < needs->system_file_count; i++)
		if (is_unsure(needs, &needs->system_files[i]))
			return needs->paths + needs->system_files[i].path;
	return find_blank(needs, false);
}

const char *data_needs_leftover_example(const struct data_needs *needs)
{
	return find_blank(needs, true);
}

static struct fault add_blank(struct data_needs *needs, const struct data_file *file)
{
	struct blank_file *all = reallocarray(needs->blanks, needs->blank_count + 1, sizeof(*all));

	if (!all)
		return fault_of(FAULT_MEMORY);
	needs->blanks = all;
	all[needs->blank_count] = (struct blank_file){ .directory = file->directory };
	return add_path(needs, file->path, &all[needs->blank_count++].path);
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

struct fault data_needs_add(struct data_needs *needs, const struct data_file *file)
{
	struct fault fault = add_system_file(needs, file);
	bool is_used = false;

	for (size_t i = 0; !fault.code && i < file->evidence.use_count; i++) {
		is_used |= key_use_is_needed(&file->evidence.uses[i]);
		fault = add_use(needs, file, &file->evidence.uses[i]);
	}
	if (!fault.code && file->declared && !is_used)
		fault = add_declared(needs, file);
	if (!fault.code)
		fault = add_to_directory(needs, file);
	if (!fault.code && file->note == DATA_NOTE_UNCLEAN && !needs->pending++)
		fault = add_path(needs, file->path, &needs->pending_example);
	if (!fault.code && file->blank)
		return add_blank(needs, file);
	if (fault.code || !may_need_more(file))
		return fault;
	/* what waits in a redo log may explain all others */
	if (needs->unsure++ && (file->note != DATA_NOTE_UNREAD || needs->unsure_note == DATA_NOTE_UNREAD))
		return fault;
	free(needs->unsure_example);
	needs->unsure_note = file->note;
	needs->unsure_example = strdup(file->path);
	return needs->unsure_example ? fault : fault_of(FAULT_MEMORY);
}

static bool is_proven_elsewhere(const void *needs, uint32_t id, uint32_t version)
{
	const struct data_need *need = data_needs_find(needs, id, version);

	return need && need->answers[DATA_PROVEN];
}

/* A page that is newer than the end of a log was not written with it. While a server runs
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

/* The redo log of a directory, and the directory where it is; NULL: there is none. */
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

void data_needs_decide(const struct data_needs *needs, struct data_file *file)
{
	if (lacks_parts(needs, &file->system) &&
	    (file->note == DATA_NOTE_NONE || file->note == DATA_NOTE_NO_PAGE || file->note == DATA_NOTE_NO_PROOF))
		file->note = DATA_NOTE_NO_REST;
	if (file->blank && name_set_has(&needs->leftovers, file->path))
		file->note = DATA_NOTE_LEFTOVER;
	data_file_decide(file, is_proven_elsewhere, needs, data_needs_recovery(needs, file->directory));
}

/* A log that may bring in pages of any key. */
static bool is_unread(const struct data_needs *needs, const struct data_file *file)
{
	const struct data_directory *directory = &needs->directories[file->directory];

	if (needs->live || file->answer == DATA_DAMAGED)
		return false;
	return file->note == DATA_NOTE_UNREAD || (!directory->clean && !directory->unclean);
}

/* A server at work may have made a file longer since it was looked at. */
bool data_needs_leave_open(const struct data_needs *needs, const struct data_file *file)
{
	return (lacks_parts(needs, &file->system) && !needs->live) || file->note == DATA_NOTE_NO_FIRST_FILE ||
	       file->note == DATA_NOTE_INCREMENTAL || file->note == DATA_NOTE_PACKED ||
	       data_file_is_undecided(file, data_needs_recovery(needs, file->directory)) ||
	       (file->kind == DATA_REDO_LOG && is_unread(needs, file));
}

void data_needs_settle(struct data_needs *needs, struct data_file *file)
{
	data_needs_decide(needs, file);
	for (size_t i = 0; i < file->evidence.use_count; i++) {
		const struct key_use *use = &file->evidence.uses[i];
		enum data_answer alone = use_answer(file, use, false);
		enum data_answer settled = use_answer(file, use, is_proven_elsewhere(needs, use->id, use->version));
		struct data_need *need;

		if (alone == settled || !key_use_is_needed(use))
			continue;
		need = find(needs, use->id, use->version);
		need->answers[alone]--;
		need->answers[settled]++;
	}
}

static struct fault report_need(void *context, struct data_file *file)
{
	return data_needs_add(context, file);
}

struct fault data_needs_read(const char *const *directories, size_t count, struct data_needs *ret_needs,
			     const char **ret_failed)
{
	DATA_NEEDS struct data_needs needs = { 0 };
	struct survey_options options = {
		.directories = directories,
		.directory_count = count,
		.report = report_need,
		.context = &needs,
	};
	struct survey_result result;
	struct fault fault = survey(&options, &result);

	*ret_failed = result.failed;
	if (fault.code)
		return fault;
	needs.live = result.live;
	*ret_needs = needs;
	needs = (struct data_needs){ 0 };
	return fault;
}
