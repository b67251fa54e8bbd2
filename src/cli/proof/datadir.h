/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "data/audit.h"
#include "server/places.h"

/* The data directories, for commands that ask which keys are needed. */
#define DATADIRS_MAX 256

struct datadirs {
	const char *paths[DATADIRS_MAX]; /* strings of argv, and of places; the first member, for --datadir */
	size_t count;
	size_t named;		     /* how many of them --datadir gave, the first ones */
	bool of_server;		     /* --server-data */
	struct server_places places; /* owns the rest */
};

/* --datadir and --server-data, for a struct datadirs that was zeroed before. */
extern const struct option_table datadir_table;

/* With --server-data: adds the directories in the option files, and prints each. */
MUST_CHECK enum status datadirs_complete(struct datadirs *datadirs, struct host *host);

/* Reads all directories, with a progress line, and prints an error for a directory that cannot be
 * read or contains no files. how: without directories and progress. */
MUST_CHECK enum status datadirs_audit(const struct datadirs *datadirs, bool quiet, struct survey_options how,
				      struct data_audit *ret_audit);

/* Whether path is in one of the directories. */
bool datadirs_cover(const struct datadirs *datadirs, const char *path);

/* The options for these directories, quoted for a shell: " --datadir=/srv --server-data".
 * malloc(3)ed; NULL: no memory. */
char *datadirs_retype(const struct datadirs *datadirs);

/* Each directory given by --datadir must contain a file that a server could have encrypted.
 * Prints an error for the first one that does not. */
MUST_CHECK enum status datadirs_check_kinds(const struct datadirs *datadirs, const struct data_needs *needs);

/* The same, but one such file in any directory is enough, as is one that may be such a file. */
MUST_CHECK enum status datadirs_check_any(const struct datadirs *datadirs, const struct data_needs *needs);
