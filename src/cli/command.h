/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_COMMAND_H
#define MKEYFILE_CLI_COMMAND_H

#include "cli/options.h"
#include "cli/status.h"

/* A command is one file that ends in one of these. run gets argv from the
 * command's own name on, and the options that stood before it. */
struct command {
	const char *name;
	const char *arguments;
	const char *summary;
	enum status (*run)(int argc, char **argv, struct options *options);
};

extern const struct command generate_command;
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

#endif
