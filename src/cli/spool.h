/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_SPOOL_H
#define MKEYFILE_CLI_SPOOL_H

#include "data/data_file.h"

#include <stdio.h>

/* The files of a survey on their way to the report, which begins with a summary:
 * in a temporary file without a name, so that memory does not grow with them. */

/* NULL: errno tells why. */
FILE *spool_open(void);

/* False: it could not be written; errno tells why. */
bool spool_put(FILE *spool, const struct data_file *file);

/* Reads the next file after a rewind(3) or the one before. False at the end.
 * spool_free is due for each. */
bool spool_get(FILE *spool, struct data_file *ret_file);
void spool_free(struct data_file *file);

#endif
