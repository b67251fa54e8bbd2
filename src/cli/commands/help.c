/* SPDX-License-Identifier: MIT */
#include "cli/commands/help.h"

#include "cli/commands/command_list.h"
#include "cli/words/message.h"
#include "core/child.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 2
#define SEARCH_SECONDS 10
#define PATHS_SIZE 4096

/* ---- the arguments ---- */

struct words {
	const char *words[WORDS_MAX];
	size_t count;
};

static enum status take_word(const struct option_spec *spec, const char *value, void *place)
{
	struct words *words = place;

	(void)spec;
	if (words->count == WORDS_MAX)
		return option_refuse("too many arguments");
	words->words[words->count++] = value;
	return STATUS_DONE;
}

static const struct option_table word_table = {
	.specs =
		(const struct option_spec[]){
			{ .argument = "COMMAND", .take = take_word, .size = sizeof(struct words) },
			{ 0 },
		},
};

static const char *const examples[HELP_EXAMPLES] = {
	"mkeyfile help rotate",
	"mkeyfile help options",
	"mkeyfile help options rotate",
};

static enum status choose_topic(const struct command *const *commands, const struct words *words,
				struct help_topic *ret_topic)
{
	struct help_topic topic = { .is_options = words->count && !strcmp(words->words[0], "options") };
	const char *name = words->count > topic.is_options ? words->words[topic.is_options] : NULL;

	if (words->count > 1 && !topic.is_options)
		return usage_error("too many arguments");
	if (name)
		topic.command = command_find(commands, name);
	if (name && !topic.command)
		return command_refuse(commands, name);
	*ret_topic = topic;
	return STATUS_DONE;
}

enum status help_parse(const struct command *const *commands, int argc, char **argv, struct help_topic *ret_topic)
{
	struct words words = { 0 };
	struct parser parser = {
		.program = "mkeyfile help",
		.operands = "[COMMAND]|options [COMMAND]",
		.description = "Open the manual page of COMMAND, or list the common options.",
		.examples = examples,
	};
	enum status status;

	message_start(parser.program);
	parser_add(&parser, &word_table, &words);
	parser_add(&parser, &parser_help_table, NULL);
	status = parser_parse(&parser, argc, argv, NULL);
	if (!status && parser.is_finished)
		ret_topic->is_done = true;
	else if (!status)
		status = choose_topic(commands, &words, ret_topic);
	return status;
}

/* ---- the options ---- */

void help_with_options(struct options *options)
{
	struct parser all = { .lists_common = true };
	struct parser changing = { .lists_common = true };

	parser_add(&all, &shared_table, options);
	parser_add(&all, &parser_help_table, NULL);
	parser_add(&changing, &backup_table, options);
	parser_add(&changing, &lock_table, options);
	parser_add(&changing, &filter_table, options);
	parser_add(&changing, &date_table, options);
	puts("Options of all commands:");
	parser_print_help(&all);
	puts("\nOptions of commands that change a key file:");
	parser_print_help(&changing);
}

/* ---- the manual ---- */

static bool manual_has(char *page, char *const environment[])
{
	char *arguments[] = { (char[]){ "man" }, (char[]){ "-w" }, (char[]){ "1" }, page, NULL };
	SECRET struct secret paths = { 0 };
	struct fault fault = child_read(&(struct child){ .program = "man",
							 .arguments = arguments,
							 .environment = environment,
							 .timeout = SEARCH_SECONDS,
							 .silent = true },
					PATHS_SIZE, &paths);

	return !fault.code;
}

void manual_open(const char *command, char *const environment[])
{
	char page[64];
	char *arguments[] = { (char[]){ "man" }, (char[]){ "1" }, page, NULL };

	snprintf(page, sizeof(page), "mkeyfile-%s", command);
	if (!manual_has(page, environment))
		return;
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	execvpe("man", arguments, environment);
}
