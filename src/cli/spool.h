/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_SPOOL_H
#define MKEYFILE_CLI_SPOOL_H

#include "data/data_file.h"

/* The files of a survey on their way to the report, which begins with a summary:
 * in a temporary file without a name, so that memory does not grow with them. */

struct spool;

/* Ends with spool_close (NULL is fine). NULL: errno tells why. */
struct spool *spool_open(void);
void spool_close(struct spool *spool);

/* False: it could not be written; errno tells why. */
bool spool_put(struct spool *spool, const struct data_file *file);

/* Begins with the first file again. */
void spool_rewind(struct spool *spool);

/* Reads the next file. False at the end, and when it fails. spool_free is due for
 * each. */
bool spool_get(struct spool *spool, struct data_file *ret_file);
void spool_free(struct data_file *file);

/* Not 0: the error number of what has failed. Not all files were got. */
int spool_error(const struct spool *spool);

#endif
