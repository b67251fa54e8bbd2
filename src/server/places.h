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
void server_places_free(struct server_places *places);
