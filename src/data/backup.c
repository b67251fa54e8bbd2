/* SPDX-License-Identifier: MIT */
#include "data/backup.h"

#include "data/file_names.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static bool has(const char *directory, const char *name)
{
	char path[PATH_MAX];
	int size = snprintf(path, sizeof(path), "%s/%s", directory, name);

	return size < (int)sizeof(path) && !access(path, F_OK);
}

bool directory_is_backup(const char *directory)
{
	return (has(directory, "backup-my.cnf") || has(directory, "xtrabackup_checkpoints") ||
		has(directory, "mariadb_backup_checkpoints")) &&
	       !has(directory, "multi-master.info");
}

bool is_in_backup(const char *path)
{
	char above[PATH_MAX];
	int size = snprintf(above, sizeof(above), "%.*s..", (int)(base_name(path) - path), path);

	return size < (int)sizeof(above) && directory_is_backup(above);
}
