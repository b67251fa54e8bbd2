/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/option_table.h"

#include <stdio.h>

/* Prints --help from the tables of the parser. The help of a command has at most 24 lines of
 * 80 columns, the size of a small terminal (checked by tests/help.bats). */

#define HELP_EXAMPLES 3

enum help_form {
	HELP_USAGE,  /* only the usage line */
	HELP_SCREEN, /* usage, purpose, commands, examples and the options of this command */
	HELP_BRIEF,  /* purpose, commands and one example */
};

/* Prints only the common options if parser->lists_common is set. */
void help_print(FILE *stream, const struct parser *parser, enum help_form form);
