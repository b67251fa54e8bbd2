/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_USAGE_H
#define MKEYFILE_CLI_USAGE_H

#include "cli/message.h"

#include <argp.h>

/* Errors of the command line. What is wrong is named, and nothing is repeated in which
 * someone may have typed a key or a password. */

/* Says what is wrong, and where the help is, and exits with STATUS_USAGE. Returns when
 * state is of a parse with ARGP_SILENT. */
void refuse_usage(const struct argp_state *state, const char *format, ...) PRINTF_LIKE(2, 3);

/* Refuses, as refuse_usage does, the options that argp would refuse in getopt(3)'s words,
 * which repeat them; values and arguments that look like a key; and abbreviations of
 * options that could be meant for a password itself. Learns whether --json is among the
 * options, so that the error becomes an object, too. With only_before, the first argument
 * (the command) ends the search. */
void check_command_line(const struct argp *argp, int argc, char **argv, bool only_before);

/* Whether --json is anywhere on a command line whose command is not known: an option
 * that not all commands have counts as one without a value. */
bool asks_for_json(const struct argp *shared, int argc, char **argv);

/* Whether text is hex digits alone, 32 or more, or base64 of a key, also after a
 * key ID and version as in a key file, or after "NAME=". */
bool looks_like_a_key(const char *text);

/* Whether text is word with a typing error or two in it. */
bool is_near(const char *text, const char *word);

/* A wrong value as messages may repeat it: the text itself where it is a number, or too
 * short to be a secret, else "...". */
const char *shown(const char *text);

/* The same, and words (separated by blanks) with a typing error are repeated. */
const char *shown_near(const char *text, const char *words);

/* The name of an option, "NAME=VALUE" or "NAME", as messages may repeat it: up to *ret_size,
 * where it is a word or nearly one that argp knows, else "...". */
const char *shown_option(const struct argp *argp, const char *name, size_t *ret_size);

#endif
