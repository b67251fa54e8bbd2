/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* What the name of a file in a data directory tells. */
enum file_name {
	NAME_INNODB,
	NAME_ARIA_INDEX,
	NAME_ARIA_DATA,
	NAME_REDO_LOG,
	NAME_TEMPORARY,
	NAME_PLAIN,
	NAME_CLEAR_TEXT,  /* Galera's cache of write sets, and those that failed */
	NAME_INCREMENTAL, /* of mariadb-backup */
	NAME_PACKED,
	NAME_LINK, /* .isl: names a tablespace elsewhere */
	NAME_OTHER,
};

enum file_name classify_name(const char *path);

/* The part behind the last slash. */
const char *base_name(const char *path);

/* "ibdata2": the name of a file of the system tablespace, and not of its first one. */
bool is_later_system_name(const char *path);

/* "undo001": the name of an undo tablespace. */
bool is_undo_name(const char *path);

/* Whether both are in the same directory, by their paths. */
bool are_beside(const char *path, const char *other);

/* For a file of the redo log, "ib_logfile1": whether it is not the first one. */
bool is_later_log_file(const char *path);

/* Where the first one would be, malloc(3)ed; NULL: no memory. */
char *first_log_file(const char *path);

/* path with its last suffix replaced, malloc(3)ed; NULL: no memory, or no suffix. */
char *with_suffix(const char *path, const char *suffix);

/* Whether there is a file DIRECTORY/NAMESUFFIX. */
bool join_is_there(const char *directory, const char *name, const char *suffix);
