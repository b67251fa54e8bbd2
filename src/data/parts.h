/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/needs.h"

/* What data directories lack that their servers have. A server can keep parts of its data
 * in other directories; what is not in any that is looked at may need keys that nothing
 * here shows. */

enum part {
	PART_DATA_DIRECTORY, /* of a system tablespace or a log that is there */
	PART_SYSTEM_TABLESPACE,
	PART_UNDO_TABLESPACE, /* that the system tablespace names */
	PART_REDO_LOG,
	PART_ARIA_LOG,	 /* aria_log_control */
	PART_BINARY_LOG, /* that an index file names */
	PART_RELAY_LOG,
	PART_DATABASE, /* a directory without any file */
	PART_TABLE,    /* that the system tablespace or a .frm file names */
	PART_TRANSFER, /* what a state transfer of Galera has not brought yet */
};
#define PART_COUNT 10

struct missing_part {
	enum part part;
	char *where;	   /* the directory that lacks it, or the file that names it */
	char *name;	   /* the missing file as it is named there; NULL: where says it all */
	uint32_t space_id; /* of an undo tablespace */
};

/* Parts of one kind that are kept one by one. */
#define PARTS_LISTED 20

struct data_parts {
	struct missing_part *items; /* PARTS_LISTED of each kind at most */
	size_t count;
	uint64_t missing[PART_COUNT]; /* all of each kind */
	uint64_t total;
	bool judged;	    /* one of the directories is a data directory */
	bool tables_judged; /* and of the files of its tables, too, it is known which there have to be */
};

#define DATA_PARTS __attribute__((cleanup(data_parts_free)))

/* The question: all is the caller's. */
struct parts_search {
	const char *const *directories;
	size_t directory_count;
	const struct keyfile *keyfile; /* for the list of tables; NULL: there is none */
	struct redo_logs *redo_logs;   /* of the directories */
	struct data_needs *needs;      /* collected of a survey of these directories */
};

/* Finds what is missing. A directory is judged when it has a part of a server's data: the
 * directory mysql, a system tablespace, a redo log or aria_log_control; so files alone,
 * and the directory of one database, are not. A part that another of the directories has
 * counts, unless it is another data directory's own. Tables are left out while a server
 * runs and in a partial backup; while a redo log has changes to apply, those that it names,
 * and those of other engines than InnoDB; after a crash, where only a .frm file tells of them.
 * Notes which of needs' blank files, and of its links to nowhere, are leftovers, too: those in
 * a data directory whose server has no such table. RENAME of a partition with DATA DIRECTORY to
 * another schema leaves its link (10.11). 10.5 makes the file of a table before anything says so, and a crash then
 * leaves it there for good (storage/innobase/fil/fil0fil.cc, fil_ibd_create); no server looks
 * at it any more. Where no complete list of tables tells, they are noted as unlisted.
 * FAULT_MEMORY, FAULT_ALGORITHM. */
MUST_CHECK struct fault data_parts_find(const struct parts_search *search, struct data_parts *ret_parts);
void data_parts_free(struct data_parts *parts);

/* The option of the server that moves such a part elsewhere; NULL: there is none. */
const char *part_setting(enum part part);
