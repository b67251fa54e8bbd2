/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/option_table.h"
#include "core/fault.h"

/* Parses the command line by tables: options, where their values go, and which options
 * contradict each other. All usage errors go through usage_error. They never repeat a word in
 * which someone may have typed a key or a password. */

option_taker option_take_flag;
option_taker option_take_text;
option_taker option_take_number;

/* Sets the error of a value, which parser_parse prints. Returns STATUS_USAGE. */
enum status option_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Strict decimal numbers. */
bool parse_decimal(const char *text, uint32_t least, uint32_t most, uint32_t *ret_number);

/* -h (or -?), --help, --usage and --version. */
extern const struct option_table parser_help_table;

/* Adds a table, whose values go to input. */
void parser_add(struct parser *parser, const struct option_table *table, void *input);
void parser_free(const struct parser *parser);

/* Checks all words of the command line, then stores their values. With ret_operand, stops at
 * the first operand and returns its index; NULL: stores operands, too. --json, --quiet and
 * --color also apply to errors of the command line. */
MUST_CHECK enum status parser_parse(struct parser *parser, int argc, char **argv, int *ret_operand);

/* The options that select files and the server, as given, in shell words: " --file='my keys'".
 * only: the name of one option; NULL: all of them. malloc(3)ed; NULL: no memory. */
char *parser_retype(const struct parser *parser, int argc, char **argv, const char *only);

/* What --help and --version print. */
void parser_print_help(const struct parser *parser);
void parser_print_version(void);

/* Stores one option, "--name=value". Prints nothing. */
MUST_CHECK enum status parser_take(const struct parser *parser, char *argument);

/* Copies each member of from, which is the input of all tables, that is set there and not
 * in to. */
void parser_fill(const struct parser *parser, const void *from, void *to);

/* Whether a path is given for which is_wanted is true. */
bool parser_has_path(const struct parser *parser, bool (*is_wanted)(const char *path));

/* Refuses contradicting options. */
MUST_CHECK enum status parser_check(const struct parser *parser);

/* Applies --json, --quiet and --color on a command line whose command is not known yet. Options
 * that are not common to all commands count as options without a value. */
void parser_hear(const struct parser *parser, int argc, char **argv);

/* The name in "NAME=VALUE" or "NAME" that messages may repeat: *ret_size bytes of it if it is a
 * plain word or close to a known option, else "...". */
const char *parser_repeatable(const struct parser *parser, const char *name, size_t *ret_size);

/* The option that name, of this size, may be a typing error of; NULL: none, or name is the name
 * of an option. */
const char *parser_nearest(const struct parser *parser, const char *name, size_t size);
