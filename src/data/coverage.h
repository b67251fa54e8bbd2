/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/data_file.h"

/* Which of a server's data can be read without a key. Judges the files of a survey with coverage,
 * and reads nothing itself, except the sizes of files that could not be read. */

enum coverage_part {
	COVERAGE_INNODB,
	COVERAGE_ARIA,
	COVERAGE_MYISAM,
	COVERAGE_CSV,
	COVERAGE_ARCHIVE,
	COVERAGE_SYSTEM_TABLESPACE,
	COVERAGE_UNDO_TABLESPACE,
	COVERAGE_DOUBLE_WRITE,
	COVERAGE_REDO_LOG,
	COVERAGE_ARIA_LOG,
	COVERAGE_BINARY_LOG,
	COVERAGE_RELAY_LOG,
	COVERAGE_GENERAL_LOG,
	COVERAGE_SLOW_LOG,
	COVERAGE_ERROR_LOG,
	COVERAGE_OTHER_LOG,
	COVERAGE_GALERA, /* the cache of write sets, and write sets that failed */
	COVERAGE_BUFFER_POOL,
	COVERAGE_TEMPORARY_TABLESPACE,
	COVERAGE_TEMPORARY,   /* tables */
	COVERAGE_DUMP,	      /* of a crashed server's memory */
	COVERAGE_DEFINITIONS, /* of tables, views and triggers */
	COVERAGE_STATE,	      /* small files such as master.info */
	COVERAGE_UNKNOWN,
};
#define COVERAGE_PART_COUNT 24

/* A table, or a file of another part. */
struct coverage_item {
	enum coverage_part part;
	char *database; /* as the server shows it; NULL: not a table */
	char *table;
	char *partition;  /* NULL: none */
	const char *path; /* of its first file */
	uint64_t files;
	struct coverage bytes;
	bool unreadable; /* one of its files: its bytes are unknown */
	bool estimated;	 /* clear and encrypted pages are mixed, and were counted by their headers */
};

struct coverage_total {
	uint64_t files;
	struct coverage bytes;
};

struct data_coverage {
	/* by part, the most clear text first, then by name */
	struct coverage_item *items;
	size_t count;
	struct coverage_total parts[COVERAGE_PART_COUNT];
	struct coverage_total all;
	bool estimated; /* one of the items */
};

#define DATA_COVERAGE __attribute__((cleanup(data_coverage_free)))

/* A log whose name an option file sets. */
struct coverage_log {
	const char *path;
	enum coverage_part part;
};

/* Returns which bytes of a file are in clear text. */
struct coverage data_file_coverage(const struct data_file *file);

/* Returns the share that is encrypted, in tenths of a percent and rounded down, or 1000 if nothing
 * is in clear text. What is unknown does not count. */
unsigned int coverage_share(const struct coverage *bytes);

/* Collects the files of a survey, after data_needs_settle. Definitions and files without data
 * only count in parts. full: every page was read. The files must outlive ret_coverage. Faults:
 * FAULT_MEMORY. */
MUST_CHECK struct fault data_coverage_collect(const struct data_file *files, size_t count, bool full,
					      const struct coverage_log *logs, size_t log_count,
					      struct data_coverage *ret_coverage);
void data_coverage_free(struct data_coverage *coverage);

/* Returns the server option that encrypts such a part, or NULL if no server encrypts it. */
const char *coverage_setting(enum coverage_part part);
