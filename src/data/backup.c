/* SPDX-License-Identifier: MIT */
#include "data/backup.h"

#include "data/file_names.h"

#include <limits.h>
#include <stdio.h>

bool directory_is_backup(const char *directory)
{
	return (join_is_there(directory, "backup-my.cnf", "") ||
		join_is_there(directory, "xtrabackup_checkpoints", "") ||
		join_is_there(directory, "mariadb_backup_checkpoints", "")) &&
	       !join_is_there(directory, "multi-master.info", "");
}

bool is_in_backup(const char *path)
{
	char above[PATH_MAX];
	int size = snprintf(above, sizeof(above), "%.*s..", (int)(base_name(path) - path), path);

	return size < (int)sizeof(above) && directory_is_backup(above);
}
