/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_OPTIONS_PARSER_H
#define MKEYFILE_CLI_OPTIONS_PARSER_H

#include "cli/words/exit_status.h"
#include "core/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The command line, from tables: what options there are, where their values go, and
 * which of them contradict each other. Usage errors are said in one way (usage_error),
 * and repeat nothing in which someone may have typed a key or a password. */

struct option_spec;

/* Takes value (NULL: none is given) into the member at place. A wrong value: option_refuse. */
typedef enum status option_taker(const struct option_spec *spec, const char *value, void *place);

/* An option, or an operand: a word that is not an option. */
struct option_spec {
	const char *name;     /* NULL: an operand */
	char letter;	      /* 0: none */
	const char *argument; /* how help calls the value; NULL: there is none */
	const char *help;
	option_taker *take;
	size_t offset; /* of the member, from the input of the table */
	size_t size;
	size_t given; /* the offset of a bool that becomes true with the option, for a member with a default; else 0 */
	uint32_t least;
	uint32_t most;
	unsigned char unset;	   /* what all bytes of a member are that is not set */
	bool optional;		   /* the value may be missing */
	bool is_path;		   /* of a file whose owner has to be trusted */
	void (*free)(void *place); /* what the member owns; or NULL */
};

/* The offset of a member, which must be of this type. */
#define OPTION_MEMBER(input, member, type) _Generic(((input *)0)->member, type : offsetof(input, member))

#define OPTION_INTO(input, member, type, taker)                                                                        \
	.take = (taker), .offset = OPTION_MEMBER(input, member, type), .size = sizeof(type)
#define OPTION_GIVEN(input, member) .given = OPTION_MEMBER(input, member, bool)

/* Members of the types bool, const char *, and unsigned int for a number in a range. */
#define OPTION_FLAG(input, member) OPTION_INTO(input, member, bool, option_take_flag)
#define OPTION_TEXT(input, member) OPTION_INTO(input, member, const char *, option_take_text)
#define OPTION_PATH(input, member) OPTION_TEXT(input, member), .is_path = true
#define OPTION_NUMBER(input, member, low, high)                                                                        \
	OPTION_INTO(input, member, unsigned int, option_take_number), .least = (low), .most = (high)

option_taker option_take_flag;
option_taker option_take_text;
option_taker option_take_number;

/* What is wrong with a value, for parser_parse to say. Returns STATUS_USAGE. */
enum status option_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Strict decimal numbers. */
bool parse_decimal(const char *text, uint32_t least, uint32_t most, uint32_t *ret_number);

/* ---- contradictions ---- */

/* Options and others are names, separated by blanks; an operand has the name that help has. */
enum conflict_rule {
	CONFLICT_END,
	EXCLUDE, /* no two of options; with others, none of options with any of others */
	NEED,	 /* options, only with any of others */
	REQUIRE, /* at least one of options */
};

struct conflict {
	enum conflict_rule rule;
	const char *options;
	const char *others; /* or NULL */
	const char *words;
};

/* Options that are used together. Both lists end in zeros. */
struct option_table {
	const struct option_spec *specs;
	const struct conflict *conflicts; /* or NULL */
	void (*free)(void *input);	  /* what the members own; or NULL */
	bool is_common;			  /* in 'mkeyfile help options', and not in a command's --help */
};

/* ---- the parser ---- */

#define PARSER_SPECS_MAX 96
#define PARSER_TABLES_MAX 16

struct parser_known {
	const struct option_spec *spec;
	void *input;
};

struct parser {
	const char *program;	     /* "mkeyfile rotate" */
	const char *operands;	     /* for --help: "ID...|--all" are two forms */
	const char *description;     /* for --help: one line */
	const char *commands;	     /* for --help: a list of lines; or NULL */
	const char *const *examples; /* for --help: HELP_EXAMPLES of them */
	bool lists_common;	     /* --help prints the common options, and nothing else */
	bool is_finished;	     /* --help, --usage or --version was all there is to do */
	struct parser_known known[PARSER_SPECS_MAX];
	size_t known_count;
	struct {
		const struct option_table *table;
		void *input;
	} tables[PARSER_TABLES_MAX];
	size_t table_count;
};

/* -h (or -?), --help, --usage and --version. */
extern const struct option_table parser_help_table;

/* Adds a table, whose values go to input. */
void parser_add(struct parser *parser, const struct option_table *table, void *input);
void parser_free(const struct parser *parser);

/* Checks all words of the command line, then takes their values. The index of the
 * first operand goes to ret_operand, and then it ends the search; NULL: operands are taken,
 * too. Learns whether --json is among the options, so that an error becomes an object. */
MUST_CHECK enum status parser_parse(struct parser *parser, int argc, char **argv, int *ret_operand);

/* What --help and --version print. */
void parser_print_help(const struct parser *parser);
void parser_print_version(void);

/* Takes one option, "--name=value", in silence. */
MUST_CHECK enum status parser_take(const struct parser *parser, char *argument);

/* Whether such a path is given that is_wanted says yes to. */
bool parser_has_path(const struct parser *parser, bool (*is_wanted)(const char *path));

/* Refuses what is set and contradicts itself. */
MUST_CHECK enum status parser_check(const struct parser *parser);

/* Whether --json is anywhere on a command line whose command is not known: an option
 * that not all commands have counts as one without a value. */
bool parser_finds_json(const struct parser *parser, int argc, char **argv);

/* The name of an option, "NAME=VALUE" or "NAME", as messages may repeat it: up to *ret_size,
 * where it is a word or nearly one that the parser knows, else "...". */
const char *parser_repeatable(const struct parser *parser, const char *name, size_t *ret_size);

/* The option that a mistyped name of this size may be meant for; NULL: none is near, or it
 * is the name of an option. */
const char *parser_nearest(const struct parser *parser, const char *name, size_t size);

#endif
