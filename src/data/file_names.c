/* SPDX-License-Identifier: MIT */
#include "data/file_names.h"

#include "core/format.h"

#include <fnmatch.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOG_NAME "ib_logfile"

/* The first matching pattern decides. A table can have any name without a dot, so a
 * pattern without a suffix must match the whole name. */
static const struct {
	const char *pattern;
	enum file_name name;
} patterns[] = {
	{ "#sql-temptable*", NAME_TEMPORARY },
	{ "GRA_+([0-9])_+([0-9])?(_v+([0-9])).log", NAME_CLEAR_TEXT }, /* an event that could not be applied */
	{ "ibtmp+([0-9])", NAME_TEMPORARY },
	{ "*.lower-test", NAME_TEMPORARY },			 /* tests whether the file system is case-sensitive */
	{ "*.@(log|err)?([.-]*).@(gz|bz2|xz|zst)", NAME_PLAIN }, /* rotated */
	{ "*.delta", NAME_INCREMENTAL },
	{ "*.xbcrypt", NAME_PACKED },
	{ "*.xbstream", NAME_PACKED },
	{ "*.qp", NAME_PACKED },
	{ "*.gz", NAME_PACKED },
	{ "*.zst", NAME_PACKED },
	{ "*.lz4", NAME_PACKED },
	{ "*.ibd", NAME_INNODB },
	{ "*.new", NAME_COPY }, /* mariadb-backup --prepare renames it to .ibd */
	{ "ibdata+([0-9])", NAME_INNODB },
	{ "undo[0-9][0-9][0-9]", NAME_INNODB },
	{ "*.MAI", NAME_ARIA_INDEX },
	{ "*.MAD", NAME_ARIA_DATA },
	{ "ib_logfile+([0-9])", NAME_REDO_LOG },
	{ "xtrabackup_logfile", NAME_REDO_LOG },
	{ "*.isl", NAME_LINK },
	{ "*.frm", NAME_PLAIN },
	{ "*.par", NAME_PLAIN },
	{ "*.opt", NAME_PLAIN },
	{ "*.TR[GN]", NAME_PLAIN },
	{ "*.MY[DI]", NAME_PLAIN },
	{ "*.CS[VM]", NAME_PLAIN },
	{ "*.AR[ZM]", NAME_PLAIN },
	{ "*.MRG", NAME_PLAIN },
	{ "*.cfg", NAME_PLAIN },
	{ "*.meta", NAME_PLAIN }, /* of an incremental backup */
	{ "*.ren", NAME_PLAIN },  /* of a backup during which a table was renamed: its new name */
	{ "*.pid", NAME_PLAIN },
	{ "*.err", NAME_PLAIN },
	{ "*.log", NAME_PLAIN },
	{ "*.@(log|err)[.-]@(old|+([-0-9]))", NAME_PLAIN }, /* rotated */
	{ "*.info", NAME_PLAIN },
	{ "*.index", NAME_PLAIN },
	{ "*.state", NAME_PLAIN },
	{ "*.idx", NAME_PLAIN }, /* index of a binary log's GTIDs */
	{ "*.cnf", NAME_PLAIN },
	{ "*.sock", NAME_PLAIN },
	{ "*.@(sock|socket).lock", NAME_PLAIN },
	{ "*.pem", NAME_PLAIN },
	{ "*.crt", NAME_PLAIN },
	{ "*.~rec~", NAME_PLAIN },  /* from purging binary logs */
	{ "*.TM[DM]", NAME_PLAIN }, /* from repairing MyISAM tables */
	{ "*.flag", NAME_PLAIN },
	{ "aria_log.[0-9]*", NAME_PLAIN },
	{ "aria_log_control", NAME_PLAIN },
	{ "ib_buffer_pool*", NAME_PLAIN },
	{ "mysql_upgrade_info", NAME_PLAIN },
	{ "mariadb_upgrade_info", NAME_PLAIN },
	{ "mariadb_backup_*", NAME_PLAIN },
	{ "xtrabackup_*", NAME_PLAIN },
	{ "galera.cache", NAME_CLEAR_TEXT },
	{ "gcache.page.+([0-9])", NAME_CLEAR_TEXT },
	{ "grastate.dat", NAME_PLAIN },
	{ "gvwstate.dat", NAME_PLAIN },
	{ "donor_galera_info", NAME_PLAIN },
	{ "sst_in_progress", NAME_PLAIN },
	{ "@(wsrep|rsync|backup)_sst*", NAME_PLAIN },
	{ "wsrep_recovery.*", NAME_PLAIN },
	{ "stunnel.conf", NAME_PLAIN },
	{ "tables_flushed", NAME_PLAIN },
	{ "innodb_status.+([0-9])", NAME_PLAIN },
	{ "@(aria|maria)_recovery.trace", NAME_PLAIN },
	{ "core", NAME_PLAIN },
	{ "core.+([0-9])", NAME_PLAIN },
	{ "RPM_UPGRADE_*", NAME_PLAIN },
	{ ".@(mysql|mariadb|bash)_history", NAME_PLAIN }, /* the directory is the home of the server's user account */
};

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

enum file_name classify_name(const char *path)
{
	const char *name = base_name(path);

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!fnmatch(patterns[i].pattern, name, FNM_EXTMATCH))
			return patterns[i].name;
	return NAME_OTHER;
}

/* Returns the number after prefix, or -1 if the name is not of that form. */
static long number_of(const char *path, const char *prefix)
{
	const char *name = base_name(path);
	long number;
	char *end;

	if (strncmp(name, prefix, strlen(prefix)))
		return -1;
	number = strtol(name + strlen(prefix), &end, 10);
	return *end ? -1 : number;
}

/* The first file is ibdata1, or rarely ibdata0. */
bool is_later_system_name(const char *path)
{
	return number_of(path, "ibdata") > 1;
}

bool is_undo_name(const char *path)
{
	return !fnmatch("undo[0-9][0-9][0-9]", base_name(path), 0);
}

bool is_later_log_file(const char *path)
{
	return number_of(path, LOG_NAME) > 0;
}

bool are_in_same_directory(const char *path, const char *other)
{
	size_t size = (size_t)(base_name(path) - path);

	return size == (size_t)(base_name(other) - other) && !memcmp(path, other, size);
}

char *first_log_file(const char *path)
{
	int directory = (int)(base_name(path) - path);

	return format_text("%.*s" LOG_NAME "0", directory, path);
}

char *with_suffix(const char *path, const char *suffix)
{
	const char *dot = strrchr(base_name(path), '.');
	char *other;

	if (!dot)
		return NULL;
	other = malloc((size_t)(dot - path) + strlen(suffix) + 1);
	if (!other)
		return NULL;
	memcpy(other, path, (size_t)(dot - path));
	strcpy(other + (dot - path), suffix);
	return other;
}

bool join_is_there(const char *directory, const char *name, const char *suffix)
{
	char path[PATH_MAX];
	int size = snprintf(path, sizeof(path), "%s/%s%s", directory, name, suffix);
	struct stat status;

	return size < (int)sizeof(path) && !stat(path, &status);
}
