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

/* The redo logs in and below the directories of a survey. They are read when the first
 * file asks what they say. */
struct redo_logs {
	const char *const *directories;
	size_t directory_count;
	pthread_mutex_t mutex; /* over what follows */
	bool searched;
	struct timespec read_at; /* CLOCK_REALTIME: when they were read */
	struct redo_log *logs;
	size_t count;
};

/* The names stay the caller's. */
void redo_logs_init(struct redo_logs *logs, const char *const *directories, size_t count);
void redo_logs_free(struct redo_logs *logs);

/* What the redo log says of a tablespace, from its newest checkpoint on. */
enum redo_word {
	REDO_CANNOT_SAY,   /* no log could be read, or several may be meant */
	REDO_SAYS_NOTHING, /* no record is about it */
	REDO_SAYS_CHANGED, /* pages change, and page 0 is read from the disk */
	REDO_SAYS_CREATED, /* its file is made, and no page yet: none can be on the disk */
	REDO_SAYS_MADE,	   /* page 0 is initialized: what is on the disk in its place is not read */
	REDO_SAYS_DELETED, /* its file is removed */
};

/* A tablespace that is asked about. */
struct redo_question {
	uint32_t directory; /* among the survey's, where its file was found */
	const char *path;
	bool has_id;
	uint32_t id;	     /* of the tablespace, where page 0 tells it; else it is known by its path */
	unsigned char *page; /* page 0 as it is on disk: becomes what the log makes of it; zero beyond its end */
	size_t size;	     /* bytes of page */
};

/* scan->fault: FAULT_MEMORY. scan->page is left alone. */
enum redo_word redo_logs_ask(struct redo_logs *logs, struct scan *scan, const struct redo_question *question);

/* Makes the next question read the logs again where they were read before moment or in
 * the second after it (CLOCK_REALTIME): a server has written more. */
void redo_logs_forget(struct redo_logs *logs, struct timespec moment);

/* All logs are of servers to 10.5, whose statements a crash can end halfway: a table may then
 * have a .frm file and nothing else. False too where there is no log, or one cannot be read;
 * scan->fault: FAULT_MEMORY. */
bool redo_logs_leave_orphans(struct redo_logs *logs, struct scan *scan);

/* A tablespace that a log makes or changes, and that has no file in any of the
 * directories. */
struct redo_missing {
	size_t log; /* where to look next */
	size_t space;
	uint32_t directory; /* among the survey's, that of the log */
	bool is_made;	    /* recovery makes its file; else a server does not start without it */
	char *path;	    /* in it, malloc(3)ed; NULL: there is no more */
};

/* Finds the next one. missing begins as { 0 }; each path is the caller's to free. Its page 0
 * is then in scan->page, SCAN_PAGE_MAX bytes. FAULT_MEMORY. */
MUST_CHECK struct fault redo_logs_next_missing(struct redo_logs *logs, struct scan *scan, struct redo_missing *missing);
