/* SPDX-License-Identifier: MIT */
#pragma once

#include "server/option_files.h"

/* The directories in which a server keeps its data, according to its option files. */

struct server_place {
	const char *setting; /* "innodb_undo_directory" */
	char *path;	     /* absolute */
};

struct server_places {
	struct server_place *items; /* the data directory first */
	size_t count;
};

#define SERVER_PLACES __attribute__((cleanup(server_places_free)))

/* Finds the directories in the lines of a server. Without a setting, a part is in the data
 * directory, and relative paths start there (MariaDB 10.11: sql/mysqld.cc changes into it;
 * storage/innobase/fsp/fsp0sysspace.cc, SysTablespace::parse_params). datadir: the data directory
 * if no line sets one. Each directory is listed once. FAULT_MEMORY. */
MUST_CHECK struct fault server_places_find(const struct option_lines *lines, const char *datadir,
					   struct server_places *ret_places);

/* Finds what a server has outside these directories and never encrypts, or deletes when it starts: the
 * files of general_log_file, log_slow_query_file, slow_query_log_file, log_error,
 * server_audit_file_path, innodb_buffer_pool_filename and wsrep_provider_options (gcache.name,
 * and all gcache.page.* in gcache.dir), and the directories of tmpdir, slave_load_tmpdir and
 * innodb_tmpdir. They need not exist. datadir is the data directory, absolute. FAULT_MEMORY. */
MUST_CHECK struct fault server_files_find(const struct option_lines *lines, const char *datadir,
					  struct server_places *ret_files);
bool server_place_is_temporary(const struct server_place *place);
void server_places_free(struct server_places *places);
