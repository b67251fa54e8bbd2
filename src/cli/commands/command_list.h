/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/commands/command.h"

/* Finds and lists commands. All lists end in NULL. */

/* NULL: no command has this name. */
const struct command *command_find(const struct command *const *commands, const char *name);

/* Reports that name is not a command, or with NULL that no command was given, and suggests
 * one. Returns STATUS_USAGE. */
enum status command_refuse(const struct command *const *commands, const char *name);

/* For --help: a line for each command. malloc(3)ed, or NULL. */
char *command_list(const struct command *const *commands);
