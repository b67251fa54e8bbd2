/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/option_table.h"

#include <stdio.h>

/* What --help prints, from the tables of the parser. A command's screen has at most 24
 * lines of 80 columns, so that it fits every terminal: tests/help.bats checks it. */

#define HELP_EXAMPLES 3

enum help_form {
	HELP_USAGE,  /* the usage line alone */
	HELP_SCREEN, /* usage, purpose, commands, examples and the options of this command */
	HELP_BRIEF,  /* purpose, commands and one example */
};

/* Prints the common options instead of a screen where parser->lists_common is set. */
void help_print(FILE *stream, const struct parser *parser, enum help_form form);
