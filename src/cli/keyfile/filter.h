/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/store.h"

/* A command that changes a key file as a filter: with --file=- and --output the key file
 * is read from standard input, and the changed one is written elsewhere. */

/* Checks that --file=- and --output are used together. Of a filter, options->file becomes
 * what messages call the input, which filter_open alone reads. */
MUST_CHECK enum status filter_complete(struct options *options);

bool is_filter(const struct options *options);

/* The options of message_given, with --output: for the commands that take it. */
const char *filter_given(void);

/* Standard output is for the key file, and for nothing else. */
bool filter_takes_output(const struct options *options);

/* Reads standard input into store->content. store is the place of a new file, or closed
 * where standard output takes the key file. */
MUST_CHECK enum status filter_open(const struct options *options, struct store *store);

/* Writes the key file to standard output. A dry run writes nothing. */
MUST_CHECK enum status filter_write(const struct options *options, const struct secret *raw);
