/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/needs.h"

/* Parts of a server's data that the data directories lack. A server can keep parts of its
 * data in other directories. Data outside the examined directories may need
 * keys that these directories do not show. */

enum part {
	PART_DATA_DIRECTORY, /* the data directory of a system tablespace or a log that was found */
	PART_SYSTEM_TABLESPACE,
	PART_UNDO_TABLESPACE, /* one that the system tablespace uses */
	PART_REDO_LOG,
	PART_ARIA_LOG,	 /* aria_log_control */
	PART_BINARY_LOG, /* one listed in an index file */
	PART_RELAY_LOG,
	PART_DATABASE, /* an empty directory */
	PART_TABLE,    /* one listed in the system tablespace, or with a .frm file */
	PART_TRANSFER, /* what a Galera state transfer has not copied yet */
};
#define PART_COUNT 10

struct missing_part {
	enum part part;
	char *where;	   /* the directory that lacks it, or the file that lists it */
	char *name;	   /* the missing file, as it is listed there; NULL: where is enough */
	uint32_t space_id; /* of an undo tablespace */
};

/* How many parts of each kind are listed. */
#define PARTS_LISTED 20

struct data_parts {
	struct missing_part *items; /* at most PARTS_LISTED of each kind */
	size_t count;
	uint64_t missing[PART_COUNT]; /* number of all parts of each kind */
	uint64_t total;
	bool judged;	    /* one of the directories is a data directory */
	bool tables_judged; /* and its list of tables is known, so missing table files are found */
};

#define DATA_PARTS __attribute__((cleanup(data_parts_free)))

/* The input. The caller keeps everything. */
struct parts_search {
	const char *const *directories;
	size_t directory_count;
	const struct keyfile *keyfile; /* to read the list of tables; NULL: none */
	struct redo_logs *redo_logs;   /* of the directories */
	struct data_needs *needs;      /* collected from a survey of these directories */
};

/* Finds missing parts. A directory is checked if it has a part of a server's data: the
 * directory mysql, a system tablespace, a redo log or aria_log_control. So loose files
 * and the directory of one database are not checked. A part counts as present if another
 * of the directories has it, unless it belongs to another data directory.
 *
 * Missing tables are not reported while a server runs, or in a partial backup. While a
 * redo log has changes to apply, tables that it mentions and tables of engines other than
 * InnoDB are not reported either. After a crash, tables that only have a .frm file are
 * not reported.
 *
 * Also notes which blank files and dangling link files in needs are leftovers: those in a
 * data directory whose server has no such table. RENAME of a partition with DATA
 * DIRECTORY to another schema leaves its link file (10.11). 10.5 creates a table's
 * file before anything else mentions it, and after a crash the file remains forever
 * (storage/innobase/fil/fil0fil.cc, fil_ibd_create); no server reads it again. Without a
 * complete list of tables, such files are noted as unlisted.
 *
 * Faults: FAULT_MEMORY, FAULT_ALGORITHM. */
MUST_CHECK struct fault data_parts_find(const struct parts_search *search, struct data_parts *ret_parts);
void data_parts_free(struct data_parts *parts);

/* Returns the server option that moves such a part elsewhere, or NULL if there is none. */
const char *part_setting(enum part part);
