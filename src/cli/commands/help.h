/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/commands/command.h"

/* What 'mkeyfile help' is asked for. */
struct help_topic {
	const struct command *command; /* NULL: none */
	bool is_options;	       /* the common options: those of the command, where it is named */
	bool is_done;		       /* --help was among the words */
};

/* Parses "help [COMMAND]" and "help options [COMMAND]"; argv[0] is "help". */
MUST_CHECK enum status help_parse(const struct command *const *commands, int argc, char **argv,
				  struct help_topic *ret_topic);

/* Prints the options of all commands, and those of the commands that change a key file. */
void help_with_options(struct options *options);

/* Replaces this process with man(1) on the page of a command. Returns when man(1) does not
 * find that page. environment: as this process was given it. */
void manual_open(const char *command, char *const environment[]);
