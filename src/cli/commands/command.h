/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/help.h"
#include "cli/options/options.h"
#include "cli/words/exit_status.h"

/* Options that several commands share. */
struct command_group {
	const struct option_table *table;
	size_t offset;	    /* of their values in the command's arguments */
	bool is_of_options; /* the values go to struct options instead */
};

/* The values of table go to this member, which must have this type. */
#define COMMAND_GROUP(table, type, arguments, member) &(table), OPTION_MEMBER(arguments, member, type), false
#define COMMAND_SHARED(table) &(table), 0, true

/* Each command is one file that ends in one of these. main adds the common options to its own,
 * parses the command line, completes the options, calls run, and frees what the members own. */
struct command {
	const char *name;
	const char *operands;		     /* "ID...|--all" are two forms */
	const char *summary;		     /* in the list of commands */
	const char *description;	     /* in its own --help: a line of up to 80 columns */
	const char *examples[HELP_EXAMPLES]; /* in its own --help: lines of up to 78 columns */
	struct option_table own;	     /* for its arguments; zeros: no options of its own */
	const struct command_group *groups;  /* ends in zeros; or NULL */
	size_t size;			     /* of its arguments */
	size_t options;			     /* offset of the pointer to the common options */
	const void *initial;		     /* their values before any option; NULL: zeros */
	bool judges_host;		     /* always needs what the option files say about the server */
	bool takes_managers;		     /* --file may name another key manager than a key file */
	bool only_tells; /* changes nothing: for refused option files, its status is "cannot tell" */
	enum status (*run)(void *arguments);
};

/* For a struct with a member "options". */
#define COMMAND_ARGUMENTS(arguments)                                                                                   \
	.size = sizeof(arguments), .options = OPTION_MEMBER(arguments, options, struct options *)

extern const struct command generate_command;
extern const struct command ensure_command;
extern const struct command add_command;
extern const struct command rotate_command;
extern const struct command list_command;
extern const struct command encrypt_command;
extern const struct command decrypt_command;
extern const struct command verify_command;
extern const struct command config_command;
extern const struct command passwd_command;
extern const struct command remove_command;
extern const struct command diff_command;
extern const struct command status_command;
extern const struct command import_command;
extern const struct command export_command;
extern const struct command seal_command;
