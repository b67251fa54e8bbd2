/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/store.h"

/* Commands that change a key file also work as filters: with --file=- and --output, they read
 * the key file from standard input and write the changed file to OUTPUT. */

/* Checks that --file=- and --output are used together. For a filter, sets options->file to
 * the name of the input in messages; only filter_open reads that input. */
MUST_CHECK enum status filter_complete(struct options *options);

bool filter_is_used(const struct options *options);

/* The options of message_given and --output, for hints of commands that have --output. */
const char *filter_given(void);

/* Whether the key file goes to standard output, which then gets nothing else. */
bool filter_takes_output(const struct options *options);

/* Reads standard input into store->content. store reserves the output file, or is closed if
 * the key file goes to standard output. */
MUST_CHECK enum status filter_open(const struct options *options, struct store *store);

/* Writes the key file to standard output. A dry run writes nothing. */
MUST_CHECK enum status filter_write(const struct options *options, const struct secret *raw);
