/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/edit.h"

/* Where encrypt and decrypt write: standard output, another file, a named pipe,
 * or the input itself. */
struct output_options {
	const char *path; /* NULL: not named */
	bool in_place;
	bool force; /* replace an existing file, whose old content is kept */
};

/* Their values go to a struct output_options, zeroed before. */
extern const struct option_table output_table;

struct output {
	const struct output_options *named;
	struct store store;  /* the file to be replaced, locked, or the place of a new one; else closed */
	struct secret input; /* what the key file holds on disk */
};

#define OUTPUT __attribute__((cleanup(output_close)))
#define OUTPUT_OF(output_options) ((struct output){ .named = (output_options), .store = STORE_CLOSED })

/* Checks the options, reads the input and makes sure that the output can be
 * written, before a password is asked for. A terminal is refused as output
 * unless "-o -" insists. */
MUST_CHECK enum status output_open(struct output *output, const struct options *options);

/* Writes raw to its place. A dry run writes nothing. */
MUST_CHECK enum status output_write(struct output *output, const struct options *options,
				    const struct publication *publication);

/* Says in words and, with --json, as an object what was written where, and whether it
 * is encrypted now or was decrypted. */
void output_report(const struct output *output, const struct options *options, bool encrypted);

void output_close(struct output *output);
