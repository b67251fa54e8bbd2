/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "data/audit.h"
#include "server/places.h"

/* Where the data is, for commands that ask what still needs a key. */
#define DATADIRS_MAX 256

struct datadirs {
	const char *paths[DATADIRS_MAX]; /* strings of argv, and of places; the first member, for --datadir */
	size_t count;
	size_t named;		     /* so many of them by --datadir */
	bool of_server;		     /* --server-data */
	struct server_places places; /* owns the rest */
};

/* --datadir and --server-data: their values go to a struct datadirs, zeroed before. */
extern const struct option_table datadir_table;

/* With --server-data: adds what the option files name, and says each. */
MUST_CHECK enum status datadirs_complete(struct datadirs *datadirs, struct host *host);

/* Looks at all directories, with a progress line, and says what goes wrong: one that
 * cannot be read, or has no file at all, which is no reason to say yes. how: without
 * directories and progress. */
MUST_CHECK enum status datadirs_audit(const struct datadirs *datadirs, bool quiet, struct survey_options how,
				      struct data_audit *ret_audit);

/* The options that name them, in words for a shell: " --datadir=/srv --server-data".
 * malloc(3)ed; NULL: no memory. */
char *datadirs_retype(const struct datadirs *datadirs);

/* Each directory that --datadir names has to have a file that a server could have
 * encrypted: says which has none. */
MUST_CHECK enum status datadirs_check_kinds(const struct datadirs *datadirs, const struct data_needs *needs);

/* Some directory has to have a file that is or may be such a one, for a question that is not
 * worth more. */
MUST_CHECK enum status datadirs_check_any(const struct datadirs *datadirs, const struct data_needs *needs);
