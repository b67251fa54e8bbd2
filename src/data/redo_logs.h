/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct scan;
struct redo_log;

/* The redo logs in the directories of a survey and below. They are read for the first question. */
struct redo_logs {
	const char *const *directories;
	size_t directory_count;
	pthread_mutex_t mutex; /* protects the members below */
	bool searched;
	struct timespec read_at; /* CLOCK_REALTIME, when they were read */
	struct redo_log *logs;
	size_t count;
};

/* The caller keeps ownership of the names. */
void redo_logs_init(struct redo_logs *logs, const char *const *directories, size_t count);
void redo_logs_free(struct redo_logs *logs);

/* What the redo log says about a tablespace, from its newest checkpoint on. */
enum redo_word {
	REDO_CANNOT_SAY,   /* no log could be read, or it is not clear which log applies */
	REDO_SAYS_NOTHING, /* no record is about it */
	REDO_SAYS_CHANGED, /* pages change; recovery reads page 0 from disk */
	REDO_SAYS_CREATED, /* its file is created, and no page has changed: no page can be on disk */
	REDO_SAYS_MADE,	   /* page 0 is initialized: recovery does not read page 0 from disk */
	REDO_SAYS_DELETED, /* its file is deleted */
};

/* A question about a tablespace. */
struct redo_question {
	uint32_t directory; /* index of the survey's directory that has the file */
	const char *path;
	bool has_id;
	uint32_t id;	     /* ID of the tablespace, if page 0 has it; otherwise path identifies the tablespace */
	unsigned char *page; /* page 0 as on disk, zero after its end; becomes page 0 after recovery */
	size_t size;	     /* bytes of page */
};

/* scan->fault: FAULT_MEMORY. Does not use scan->page. */
enum redo_word redo_logs_ask(struct redo_logs *logs, struct scan *scan, const struct redo_question *question);

/* Makes the next question read the logs again if they were read before moment or in the second
 * after it (CLOCK_REALTIME): a server may have written more. */
void redo_logs_forget(struct redo_logs *logs, struct timespec moment);

/* Whether all logs are of servers up to 10.5. A crash of such a server can interrupt a statement
 * and leave a .frm file without a table. Returns false as well if there is no log or a log cannot
 * be read; scan->fault: FAULT_MEMORY. */
bool redo_logs_leave_orphans(struct redo_logs *logs, struct scan *scan);

/* A tablespace that a log creates or changes, and whose file is in none of the directories. */
struct redo_missing {
	size_t log; /* where the search continues */
	size_t space;
	uint32_t directory; /* index of the survey's directory that has the log */
	bool is_made;	    /* recovery creates its file; otherwise the server does not start without the file */
	char *path;	    /* in that directory, malloc(3)ed; NULL: there are no more */
};

/* Finds the next one. Initialize missing with { 0 }. The caller frees each path. Page 0 is then
 * in scan->page, SCAN_PAGE_MAX bytes. FAULT_MEMORY. */
MUST_CHECK struct fault redo_logs_next_missing(struct redo_logs *logs, struct scan *scan, struct redo_missing *missing);
