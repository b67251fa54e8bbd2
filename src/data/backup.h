/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* Returns whether a directory is a backup by mariadb-backup on which no server was
 * started. Such a directory has backup-my.cnf or the checkpoints file, both of which
 * --copy-back omits, and lacks multi-master.info, which any server start creates (10.5,
 * 10.11, 11.8). In such a backup, a tablespace is next to the .isl file that contains its
 * final path; --copy-back moves it there. */
bool directory_is_backup(const char *directory);

/* Returns the same for the directory above the one with this table's file. */
bool is_in_backup(const char *path);
