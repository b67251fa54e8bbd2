/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_PROGRESS_H
#define MKEYFILE_CLI_PROGRESS_H

#include "data/survey.h"

/* A line on standard error that shows how far a survey is: bytes, rate, time
 * left. It comes after a second, and only on a terminal. */
struct progress;

/* Starts to add up, in a thread of its own, what there is to read. NULL: there
 * is no terminal to show it on, or no memory. */
struct progress *progress_start(const char *const *directories, size_t count);

/* NULL is fine. */
void progress_show(struct progress *progress, const struct survey_progress *done);

/* Removes the line. NULL is fine. */
void progress_end(struct progress *progress);

/* "1.4 GiB"; text of 16 bytes. */
#define BYTES_TEXT 16
char *bytes_text(uint64_t bytes, char text[static BYTES_TEXT]);

#endif
