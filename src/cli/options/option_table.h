/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/words/exit_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tables of options, for the parser and for --help. */

struct option_spec;

/* Stores value (NULL: none given) in the member at place. Calls option_refuse for a wrong value. */
typedef enum status option_taker(const struct option_spec *spec, const char *value, void *place);

/* An option, or an operand (an argument that is not an option). */
struct option_spec {
	const char *name;     /* NULL: an operand */
	char letter;	      /* 0: none */
	const char *argument; /* the name of the value in --help; NULL: no value */
	const char *help;
	option_taker *take;
	size_t offset; /* of the member in the input of the table */
	size_t size;
	size_t given; /* the offset of a bool that is set with the option, for a member with a default; else 0 */
	uint32_t least;
	uint32_t most;
	unsigned char unset;	   /* the value of all bytes of an unset member */
	bool optional;		   /* the value is optional */
	bool is_path;		   /* the value is a path with a trusted owner */
	bool is_in_hints;	   /* repeated in commands in hints */
	void (*free)(void *place); /* frees what the member owns; or NULL */
};

/* The offset of a member, which must have this type. */
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

/* ---- contradictions ---- */

/* options and others are names separated by blanks. An operand has its name in --help. */
enum conflict_rule {
	CONFLICT_END,
	EXCLUDE, /* no two of options; or, with others, none of options together with any of others */
	NEED,	 /* options only together with any of others */
	REQUIRE, /* at least one of options */
};

struct conflict {
	enum conflict_rule rule;
	const char *options;
	const char *others; /* or NULL */
	const char *words;
};

/* Options that belong together. Both lists end in zeros. */
struct option_table {
	const struct option_spec *specs;
	const struct conflict *conflicts; /* or NULL */
	void (*free)(void *input);	  /* frees what the members own; or NULL */
	bool is_common;			  /* listed by 'mkeyfile help options', not by a command's --help */
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
	bool lists_common;	     /* --help prints only the common options */
	bool is_finished;	     /* --help, --usage or --version was printed */
	struct parser_known known[PARSER_SPECS_MAX];
	size_t known_count;
	struct {
		const struct option_table *table;
		void *input;
	} tables[PARSER_TABLES_MAX];
	size_t table_count;
};
