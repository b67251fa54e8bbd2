/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/edit.h"

/* Where encrypt and decrypt write: to standard output, another file, a named pipe, or the
 * input file itself. */
struct output_options {
	const char *path; /* NULL: not given */
	bool in_place;
	bool force; /* replace an existing file, whose old content is kept */
};

/* The values go to a struct output_options, initially zeroed. */
extern const struct option_table output_table;

struct output {
	const struct output_options *named;
	struct store store;  /* the locked file to replace, or the reserved path of a new file; else closed */
	struct secret input; /* the key file as on disk */
};

#define OUTPUT __attribute__((cleanup(output_close)))
#define OUTPUT_OF(output_options) ((struct output){ .named = (output_options), .store = STORE_CLOSED })

/* Checks the options, reads the input and makes sure that the output can be written, before
 * anything asks for a password. Refuses to write to a terminal unless "-o -" is given. */
MUST_CHECK enum status output_open(struct output *output, const struct options *options);

/* Writes the output. A dry run writes nothing. */
MUST_CHECK enum status output_write(struct output *output, const struct options *options,
				    const struct publication *publication);

/* Reports, also as an object with --json, what was written where, and whether it was encrypted
 * or decrypted. */
void output_report(const struct output *output, const struct options *options, bool encrypted);

void output_close(struct output *output);
