/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* Whether a directory is a backup by mariadb-backup that no server was started on: it has
 * backup-my.cnf or the file of checkpoints, both of which --copy-back leaves out, and not
 * multi-master.info, which a start makes in any data directory (10.5, 10.11, 11.8).
 * In such a one, a tablespace is next to the .isl file that names its place: --copy-back
 * moves it there. */
bool directory_is_backup(const char *directory);

/* The same of the directory above that of a table's file. */
bool is_in_backup(const char *path);
