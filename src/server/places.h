/* SPDX-License-Identifier: MIT */
#pragma once

#include "server/option_files.h"

/* The directories that a server keeps its data in, by its option files. */

struct server_place {
	const char *setting; /* "innodb_undo_directory" */
	char *path;	     /* absolute */
};

struct server_places {
	struct server_place *items; /* the data directory first */
	size_t count;
};

#define SERVER_PLACES __attribute__((cleanup(server_places_free)))

/* Takes them from the lines of a server. What is not set is in the data directory,
 * and so is what a relative path names (MariaDB 10.11: sql/mysqld.cc, the server changes
 * into it; storage/innobase/fsp/fsp0sysspace.cc, SysTablespace::parse_params). Without a
 * setting, the data directory is datadir. The same directory is there once. FAULT_MEMORY. */
MUST_CHECK struct fault server_places_find(const struct option_lines *lines, const char *datadir,
					   struct server_places *ret_places);
void server_places_free(struct server_places *places);
