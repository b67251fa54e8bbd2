/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/scan.h"
#include "data/needs.h"

/* InnoDB's list of tables, SYS_TABLES (MariaDB 10.11:
 * storage/innobase/include/dict0boot.h, dict/dict0load.cc; identical in 10.5 and 11.8).
 * It is part of the system tablespace and is encrypted with it. */

struct dictionary_table {
	const char *name;  /* "schema/table", both as in file names; contains no NUL */
	uint32_t space_id; /* 0: in the system tablespace */
	bool discarded;	   /* has no tablespace until one is imported */
	bool deleted;	   /* dropped or renamed, unless recovery undoes that */
};

/* A fault ends the walk. */
typedef struct fault dictionary_visit(void *context, const struct dictionary_table *table);

/* Calls visit for every table of the system tablespace, including deleted tables that are
 * not purged yet. first is the first file of the tablespace, one of the system files in
 * needs. scan has the keys. *ret_complete is set to false if a page cannot be read or
 * decrypted; tables may then be missing. Faults: FAULT_MEMORY, and what visit returns. */
MUST_CHECK struct fault dictionary_walk(struct scan *scan, const struct data_needs *needs,
					const struct system_file *first, dictionary_visit *visit, void *context,
					bool *ret_complete);
