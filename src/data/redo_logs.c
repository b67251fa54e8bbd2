/* SPDX-License-Identifier: MIT */
#include "data/redo_logs.h"

#include "core/array.h"
#include "core/cleanup.h"
#include "core/format.h"
#include "data/file_names.h"
#include "data/formats/redo.h"
#include "data/tree.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD_SIZE 12288U /* bytes before the records of a log, for all formats */

struct redo_log {
	uint32_t directory; /* index of the survey's directory */
	struct redo_recovery recovery;
};

void redo_logs_init(struct redo_logs *logs, const char *const *directories, size_t count)
{
	*logs = (struct redo_logs){ .directories = directories, .directory_count = count };
	pthread_mutex_init(&logs->mutex, NULL);
}

static void drop_all(struct redo_logs *logs)
{
	for (size_t i = 0; i < logs->count; i++)
		redo_changes_free(&logs->logs[i].recovery.changes);
	free(logs->logs);
	logs->logs = NULL;
	logs->count = 0;
	logs->searched = false;
}

void redo_logs_free(struct redo_logs *logs)
{
	drop_all(logs);
	pthread_mutex_destroy(&logs->mutex);
}

/* ---- reading them ---- */

struct search {
	struct scan *scan;
	struct redo_logs *logs;
	uint32_t directory;
};

/* The survey reports what cannot be read. */
static struct fault read_log(struct scan *scan, const char *path, struct redo_recovery *recovery)
{
	struct redo_file file = { .source = SOURCE_CLOSED };
	struct fault fault = source_open(AT_FDCWD, path, &file.source);
	unsigned char head[HEAD_SIZE];
	size_t size = 0;

	recovery->changes.broken = true;
	if (!fault.code)
		fault = source_read(&file.source, 0, head, sizeof(head), &size);
	if (!fault.code && !size) {
		/* a prepared backup: nothing to recover */
		recovery->changes.broken = false;
	} else if (!fault.code) {
		redo_read_head(head, size, &file);
		fault = redo_read(scan, &file, NULL, recovery);
	}
	source_close(&file.source);
	scan->fault = fault_none();
	return fault.code == FAULT_MEMORY ? fault : fault_none();
}

static struct fault add_log(void *context, const char *path, struct fault fault)
{
	struct search *search = context;
	struct redo_logs *logs = search->logs;
	struct redo_log *log;

	if (fault.code || classify_name(path) != NAME_REDO_LOG || is_later_log_file(path))
		return fault_none();
	log = array_add(&logs->logs, &logs->count, sizeof(*log));
	if (!log)
		return fault_of(FAULT_MEMORY);
	log->directory = search->directory;
	return read_log(search->scan, path, &log->recovery);
}

static struct fault search_once(struct scan *scan, struct redo_logs *logs)
{
	struct search search = { scan, logs, 0 };
	struct fault fault = fault_none();

	if (!logs->searched)
		clock_gettime(CLOCK_REALTIME, &logs->read_at);
	for (size_t i = 0; !logs->searched && fault.code != FAULT_MEMORY && i < logs->directory_count; i++) {
		search.directory = (uint32_t)i;
		fault = tree_walk(logs->directories[i], add_log, &search);
	}
	logs->searched = true;
	return fault.code == FAULT_MEMORY ? fault : fault_none();
}

void redo_logs_forget(struct redo_logs *logs, struct timespec moment)
{
	pthread_mutex_lock(&logs->mutex);
	if (logs->read_at.tv_sec <= moment.tv_sec + 1)
		drop_all(logs);
	pthread_mutex_unlock(&logs->mutex);
}

/* ---- asking them ---- */

/* Returns the part of a name that the server writes relative to its data directory: the table and
 * its database. */
static const char *part_of_name(const char *name)
{
	const char *part = base_name(name);

	if (!strncmp(name, "./", 2))
		return name + 2;
	while (part > name && (part == base_name(name) || part[-1] != '/'))
		part--;
	return part;
}

static bool is_name_of(const char *name, const char *path)
{
	const char *part = name ? part_of_name(name) : "";
	size_t size = strlen(part);
	size_t whole = strlen(path);

	return size && whole >= size && !strcmp(path + whole - size, part) &&
	       (whole == size || path[whole - size - 1] == '/');
}

static bool has_name_of(const struct redo_space *space, const char *path)
{
	return is_name_of(space->names[0], path) || is_name_of(space->names[1], path);
}

/* The last name counts more than the one before. An existing tablespace counts more than a
 * deleted one. */
static const struct redo_space *find_by_path(const struct redo_changes *changes, const char *path)
{
	const struct redo_space *found = NULL;
	int best = 0;

	for (size_t i = 0; i < changes->count; i++) {
		const struct redo_space *space = &changes->spaces[i];
		int fits = is_name_of(space->names[0], path) ? 2 : is_name_of(space->names[1], path) ? 1 : 0;

		if (fits && !space->deleted)
			fits += 2;
		if (fits >= best && fits)
			found = space;
		best = fits > best ? fits : best;
	}
	return found;
}

static const struct redo_space *find_in(const struct redo_log *log, const struct redo_question *question)
{
	const struct redo_changes *changes = &log->recovery.changes;
	const struct redo_space *space;

	if (!question->has_id)
		return find_by_path(changes, question->path);
	space = redo_changes_find(changes, question->id);
	if (!space || log->directory == question->directory)
		return space;
	return !space->names[0] || has_name_of(space, question->path) ? space : NULL;
}

static bool is_made(const struct redo_log *log, const struct redo_space *space)
{
	return space->made && log->recovery.makes_files;
}

/* 10.5 writes page 0 to the file before the first record about its pages, and does not start
 * without page 0. */
static enum redo_word word_of(const struct redo_log *log, const struct redo_space *space)
{
	if (space->deleted)
		return REDO_SAYS_DELETED;
	if (is_made(log, space))
		return REDO_SAYS_MADE;
	return space->created && !space->changed ? REDO_SAYS_CREATED : REDO_SAYS_CHANGED;
}

static enum redo_word ask(const struct redo_logs *logs, const struct redo_question *question)
{
	const struct redo_space *found = NULL;
	const struct redo_log *found_in = NULL;
	bool has_own = false;
	bool all_read = logs->count > 0;
	size_t others = 0;

	for (size_t i = 0; i < logs->count; i++) {
		const struct redo_log *log = &logs->logs[i];
		const struct redo_space *space = find_in(log, question);
		bool is_own = log->directory == question->directory;

		all_read &= !log->recovery.changes.broken;
		if (!space || log->recovery.changes.broken || (has_own && !is_own))
			continue;
		others = is_own && !has_own ? 1 : others + 1;
		has_own |= is_own;
		found = space;
		found_in = log;
	}
	if (others != 1)
		return others || !all_read ? REDO_CANNOT_SAY : REDO_SAYS_NOTHING;
	redo_space_apply(found, question->page, question->size);
	return word_of(found_in, found);
}

enum redo_word redo_logs_ask(struct redo_logs *logs, struct scan *scan, const struct redo_question *question)
{
	enum redo_word word = REDO_CANNOT_SAY;
	struct fault fault;

	pthread_mutex_lock(&logs->mutex);
	fault = search_once(scan, logs);
	if (fault.code)
		scan->fault = fault;
	else
		word = ask(logs, question);
	pthread_mutex_unlock(&logs->mutex);
	return word;
}

bool redo_logs_leave_orphans(struct redo_logs *logs, struct scan *scan)
{
	struct fault fault;
	bool leave;

	pthread_mutex_lock(&logs->mutex);
	fault = search_once(scan, logs);
	leave = !fault.code && logs->count;
	for (size_t i = 0; leave && i < logs->count; i++) {
		const struct redo_recovery *recovery = &logs->logs[i].recovery;

		leave = recovery->end_lsn && !recovery->changes.broken && !recovery->makes_files;
	}
	pthread_mutex_unlock(&logs->mutex);
	if (fault.code)
		scan->fault = fault;
	return leave;
}

/* ---- files that only a log knows ---- */

/* Whether the file is in one of the directories, or at its absolute path. */
static bool is_there(const struct redo_logs *logs, const char *name)
{
	if (name[0] == '/' && !access(name, F_OK))
		return true;
	for (size_t i = 0; i < logs->directory_count; i++) {
		HEAP char *path = format_text("%s/%s", logs->directories[i], part_of_name(name));

		if (path && !access(path, F_OK))
			return true;
	}
	return false;
}

/* A running server creates and deletes files, and a backup may omit tables. */
static bool is_missing(const struct redo_logs *logs, const struct scan *scan, const struct redo_log *log,
		       const struct redo_space *space)
{
	bool is_lost = space->changed && !scan->rules->live && !log->recovery.of_backup;

	return (is_made(log, space) || is_lost) && !space->deleted && space->names[0] &&
	       !is_there(logs, space->names[0]) && !(space->names[1] && is_there(logs, space->names[1]));
}

static struct fault take_missing(const char *directory, struct scan *scan, const struct redo_log *log,
				 const struct redo_space *space, struct redo_missing *missing)
{
	missing->path = format_text("%s/%s", directory, part_of_name(space->names[0]));
	if (!missing->path)
		return fault_of(FAULT_MEMORY);
	missing->is_made = is_made(log, space);
	memset(scan->page, 0, SCAN_PAGE_MAX);
	redo_space_apply(space, scan->page, SCAN_PAGE_MAX);
	return fault_none();
}

static struct fault next_missing(const struct redo_logs *logs, struct scan *scan, struct redo_missing *missing)
{
	for (; missing->log < logs->count; missing->log++, missing->space = 0) {
		const struct redo_log *log = &logs->logs[missing->log];
		const struct redo_changes *changes = &log->recovery.changes;

		missing->directory = log->directory;
		while (!changes->broken && missing->space < changes->count) {
			const struct redo_space *space = &changes->spaces[missing->space++];

			if (is_missing(logs, scan, log, space))
				return take_missing(logs->directories[log->directory], scan, log, space, missing);
		}
	}
	return fault_none();
}

struct fault redo_logs_next_missing(struct redo_logs *logs, struct scan *scan, struct redo_missing *missing)
{
	struct fault fault;

	missing->path = NULL;
	pthread_mutex_lock(&logs->mutex);
	fault = search_once(scan, logs);
	if (!fault.code)
		fault = next_missing(logs, scan, missing);
	pthread_mutex_unlock(&logs->mutex);
	return fault;
}
