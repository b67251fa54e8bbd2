/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* What the name of a file in a data directory tells about it. */
enum file_name {
	NAME_INNODB,
	NAME_COPY, /* of a backup: the tablespace of a table that was created during the backup */
	NAME_ARIA_INDEX,
	NAME_ARIA_DATA,
	NAME_REDO_LOG,
	NAME_TEMPORARY,
	NAME_PLAIN,
	NAME_CLEAR_TEXT,  /* Galera's write-set cache, and write sets that failed */
	NAME_INCREMENTAL, /* of an incremental mariadb-backup */
	NAME_PACKED,
	NAME_LINK, /* .isl: contains the path of a tablespace elsewhere */
	NAME_OTHER,
};

enum file_name classify_name(const char *path);

/* Returns the part after the last slash. */
const char *base_name(const char *path);

/* Returns whether the name is that of a later file of a system tablespace, such as "ibdata2". */
bool is_later_system_name(const char *path);

/* Returns whether the name is that of an undo tablespace, such as "undo001". */
bool is_undo_name(const char *path);

/* Returns whether both paths are in the same directory. Compares the paths only. */
bool are_in_same_directory(const char *path, const char *other);

/* Returns whether a redo log file is not the first one, such as "ib_logfile1". */
bool is_later_log_file(const char *path);

/* Returns the path of the first redo log file, malloc(3)ed, or NULL if memory runs out. */
char *first_log_file(const char *path);

/* Returns path with its last suffix replaced, malloc(3)ed, or NULL if path has no suffix
 * or memory runs out. */
char *with_suffix(const char *path, const char *suffix);

/* Returns whether the file DIRECTORY/NAMESUFFIX exists. */
bool join_is_there(const char *directory, const char *name, const char *suffix);
