/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/scan.h"
#include "data/needs.h"

/* InnoDB's list of its tables, SYS_TABLES (MariaDB 10.11: storage/innobase/include/
 * dict0boot.h, dict/dict0load.cc; the same in 10.5 and 11.8). It is in the system
 * tablespace, encrypted as that is. */

struct dictionary_table {
	const char *name;  /* "schema/table", both as in the names of files; no NUL of its own */
	uint32_t space_id; /* 0: in the system tablespace */
	bool discarded;	   /* has no tablespace until one is imported */
	bool deleted;	   /* dropped or renamed, unless a recovery undoes that */
};

/* A fault ends the walk. */
typedef struct fault dictionary_visit(void *context, const struct dictionary_table *table);

/* Calls visit for every table, those that are deleted and not purged too, of the system tablespace whose first file is
 * first, one of needs' system files. scan has the keys. *ret_complete is false where a page cannot be read or
 * decrypted: tables may then be missing. FAULT_MEMORY, and what visit returns. */
MUST_CHECK struct fault dictionary_walk(struct scan *scan, const struct data_needs *needs,
					const struct system_file *first, dictionary_visit *visit, void *context,
					bool *ret_complete);
