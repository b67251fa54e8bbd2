/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/commands/command.h"

/* The commands by their names. All lists of them end in NULL. */

/* NULL: there is none of this name. */
const struct command *command_find(const struct command *const *commands, const char *name);

/* Says that name is not a command, and which one may be meant; NULL: none is named.
 * Returns STATUS_USAGE. */
enum status command_refuse(const struct command *const *commands, const char *name);

/* For --help: a line for each command. malloc(3)ed, or NULL. */
char *command_list(const struct command *const *commands);
