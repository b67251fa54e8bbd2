/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/option_table.h"
#include "core/fault.h"

/* The command line, from tables: what options there are, where their values go, and
 * which of them contradict each other. Usage errors are said in one way (usage_error),
 * and repeat nothing in which someone may have typed a key or a password. */

option_taker option_take_flag;
option_taker option_take_text;
option_taker option_take_number;

/* What is wrong with a value, for parser_parse to say. Returns STATUS_USAGE. */
enum status option_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Strict decimal numbers. */
bool parse_decimal(const char *text, uint32_t least, uint32_t most, uint32_t *ret_number);

/* -h (or -?), --help, --usage and --version. */
extern const struct option_table parser_help_table;

/* Adds a table, whose values go to input. */
void parser_add(struct parser *parser, const struct option_table *table, void *input);
void parser_free(const struct parser *parser);

/* Checks all words of the command line, then takes their values. The index of the
 * first operand goes to ret_operand, and then it ends the search; NULL: operands are taken,
 * too. Heeds --json, --quiet and --color for errors of the command line, too. */
MUST_CHECK enum status parser_parse(struct parser *parser, int argc, char **argv, int *ret_operand);

/* The options of the command line that say which files and which server are meant, in words
 * for a shell: " --file='my keys'". only: the name of one option; NULL: all of them.
 * malloc(3)ed; NULL: no memory. */
char *parser_retype(const struct parser *parser, int argc, char **argv, const char *only);

/* What --help and --version print. */
void parser_print_help(const struct parser *parser);
void parser_print_version(void);

/* Takes one option, "--name=value", in silence. */
MUST_CHECK enum status parser_take(const struct parser *parser, char *argument);

/* Whether such a path is given that is_wanted says yes to. */
bool parser_has_path(const struct parser *parser, bool (*is_wanted)(const char *path));

/* Refuses what is set and contradicts itself. */
MUST_CHECK enum status parser_check(const struct parser *parser);

/* Heeds --json, --quiet and --color anywhere on a command line whose command is not known:
 * an option that not all commands have counts as one without a value. */
void parser_hear(const struct parser *parser, int argc, char **argv);

/* The name of an option, "NAME=VALUE" or "NAME", as messages may repeat it: up to *ret_size,
 * where it is a word or nearly one that the parser knows, else "...". */
const char *parser_repeatable(const struct parser *parser, const char *name, size_t *ret_size);

/* The option that a mistyped name of this size may be meant for; NULL: none is near, or it
 * is the name of an option. */
const char *parser_nearest(const struct parser *parser, const char *name, size_t size);
