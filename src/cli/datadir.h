/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_DATADIR_H
#define MKEYFILE_CLI_DATADIR_H

#include "cli/options.h"
#include "data/needs.h"

/* Where the data is, for commands that ask what still needs a key. */
#define DATADIRS_MAX 256

struct datadirs {
	const char *paths[DATADIRS_MAX]; /* strings of argv */
	size_t count;
};

/* A child for a command's own argp: --datadir. Its input is a struct datadirs. */
extern const struct argp datadir_argp;

/* Called for each file that is looked at; NULL is fine. */
typedef struct fault datadir_visit(void *context, const struct data_file *file);

/* Finds what all directories need, with a progress line, and says what goes wrong:
 * one that cannot be read, or has no file that a server could have encrypted. */
MUST_CHECK enum status datadirs_read(const struct datadirs *datadirs, const struct options *options,
				     datadir_visit *visit, void *context, struct data_needs *ret_needs);

#endif
