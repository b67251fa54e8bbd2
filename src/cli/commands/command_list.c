/* SPDX-License-Identifier: MIT */
#include "cli/commands/command_list.h"

#include "cli/options/repeatable.h"
#include "cli/words/message.h"

#include <stdio.h>
#include <string.h>

#define ABBREVIATION_MIN 2

const struct command *command_find(const struct command *const *commands, const char *name)
{
	for (; *commands; commands++)
		if (!strcmp((*commands)->name, name))
			return *commands;
	return NULL;
}

/* The beginning of a command's name counts as one typing error. */
static size_t errors_between(const char *word, const char *name)
{
	size_t size = strlen(word);

	if (size >= ABBREVIATION_MIN && !strncmp(word, name, size))
		return 1;
	return typing_errors(word, size, name, strlen(name));
}

/* The command that word may be a typing error of; NULL: none. */
static const char *nearest_command(const struct command *const *commands, const char *word)
{
	static const char *const others[] = { "help", "version" };
	const char *nearest = NULL;
	size_t least = NOT_NEAR;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) || *commands; i++) {
		const char *name = i < sizeof(others) / sizeof(others[0]) ? others[i] : (*commands++)->name;
		size_t errors = errors_between(word, name);

		if (errors < least) {
			least = errors;
			nearest = name;
		}
	}
	return nearest;
}

enum status command_refuse(const struct command *const *commands, const char *name)
{
	const char *nearest = name ? nearest_command(commands, name) : NULL;

	/* any other word may be a secret in the wrong place */
	if (name)
		message_error("unknown command '%s'", nearest ? name : repeatable(name));
	else
		message_error("no command given");
	if (nearest)
		message_hint("did you mean 'mkeyfile %s'?", nearest);
	else
		message_hint("run 'mkeyfile --help' to list the commands");
	return STATUS_USAGE;
}

char *command_list(const struct command *const *commands)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	for (; *commands; commands++) {
		const char *operands = (*commands)->operands;
		char synopsis[40];

		/* there is room for one of them */
		snprintf(synopsis, sizeof(synopsis), "%s %.*s", (*commands)->name, (int)strcspn(operands, " "),
			 operands);
		fprintf(stream, "  %-20s %s\n", synopsis, (*commands)->summary);
	}
	fclose(stream);
	return text;
}
