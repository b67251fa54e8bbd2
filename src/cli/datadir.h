/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_DATADIR_H
#define MKEYFILE_CLI_DATADIR_H

#include "cli/options.h"
#include "data/needs.h"
#include "server/places.h"

/* Where the data is, for commands that ask what still needs a key. */
#define DATADIRS_MAX 256

struct datadirs {
	const char *paths[DATADIRS_MAX]; /* strings of argv, and of places */
	size_t count;
	size_t named;		     /* so many of them by --datadir */
	bool of_server;		     /* --server-data */
	struct server_places places; /* owns the rest */
};

/* A child for a command's own argp: --datadir and --server-data. Its input is a struct
 * datadirs, zeroed before. */
extern const struct argp datadir_argp;

/* Whether any data is named. */
static inline bool datadirs_are_named(const struct datadirs *datadirs)
{
	return datadirs->count || datadirs->of_server;
}

/* With --server-data: adds what the option files name, and says each. */
MUST_CHECK enum status datadirs_complete(struct datadirs *datadirs, const struct host *host);
void datadirs_free(struct datadirs *datadirs);

/* A directory without any file is no reason to say yes: says so. */
MUST_CHECK enum status datadirs_check_files(const struct datadirs *datadirs);

/* Called for each file that is looked at; NULL is fine. */
typedef struct fault datadir_visit(void *context, const struct data_file *file);

/* Finds what all directories need, with a progress line, and says what goes wrong:
 * one that cannot be read, or has no file that a server could have encrypted. With the
 * key file an encrypted redo log tells more; NULL: there is none. */
MUST_CHECK enum status datadirs_read(const struct datadirs *datadirs, bool quiet, const struct keyfile *keyfile,
				     datadir_visit *visit, void *context, struct data_needs *ret_needs);

#endif
