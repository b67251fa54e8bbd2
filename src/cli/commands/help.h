/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/commands/command.h"

/* The topic of 'mkeyfile help'. */
struct help_topic {
	const struct command *command; /* NULL: none */
	bool is_options;	       /* the common options, of the command if it is given */
	bool is_done;		       /* --help was given, and printed */
};

/* Parses "help [COMMAND]" and "help options [COMMAND]"; argv[0] is "help". */
MUST_CHECK enum status help_parse(const struct command *const *commands, int argc, char **argv,
				  struct help_topic *ret_topic);

/* Prints the options of all commands, and those of the commands that change a key file. */
void help_with_options(struct options *options);

/* Replaces this process with man(1) for the page of a command. Returns if man(1) does not find
 * the page. environment: the one this process started with. */
void manual_open(const char *command, char *const environment[]);
