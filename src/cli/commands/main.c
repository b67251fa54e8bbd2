/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/commands/command_list.h"
#include "cli/commands/help.h"
#include "cli/managers/manager.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "core/child.h"
#include "core/cleanup.h"
#include "core/format.h"
#include "core/secret.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
	&generate_command,
	&ensure_command,
	&add_command,
	&rotate_command,
	&list_command,
	&encrypt_command,
	&decrypt_command,
	&verify_command,
	&config_command,
	&passwd_command,
	&remove_command,
	&diff_command,
	&status_command,
	&import_command,
	&export_command,
	&seal_command,
	NULL,
};

static const char *const examples[HELP_EXAMPLES] = {
	"mkeyfile generate --file=keyfile --new-password-file=keyfile.key 1 2 100",
	"mkeyfile verify --file=keyfile --password-file=keyfile.key --target=10.11",
	"mkeyfile rotate 100 --new-id >move.sql",
};

/* Keeps a file that is opened later from becoming a standard stream. The wrong mode makes
 * every use of such a stream fail. */
static void fill_standard_descriptors(void)
{
	for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
		if (fcntl(descriptor, F_GETFD) < 0 &&
		    open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			_exit(STATUS_FAILED);
}

/* These variables make OpenSSL load code into this process, which has keys in memory. The
 * system's own configuration still applies. */
static void drop_openssl_environment(void)
{
	unsetenv("OPENSSL_CONF");
	unsetenv("OPENSSL_CONF_INCLUDE");
	unsetenv("OPENSSL_MODULES");
	unsetenv("OPENSSL_ENGINES");
}

static void protect_process(void)
{
	fill_standard_descriptors();
	secret_protect_process();
	drop_openssl_environment();
	/* the parent may ignore SIGCHLD, which would make waiting for a child fail */
	signal(SIGCHLD, SIG_DFL);
	/* handle a closed pipe or a file size limit as an error, instead of being killed */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static void add_tables(struct parser *parser, const struct command *command, struct options *options, void *arguments)
{
	if (command->own.specs)
		parser_add(parser, &command->own, arguments);
	for (const struct command_group *group = command->groups; group && group->table; group++) {
		parser_add(parser, group->table,
			   group->is_of_options ? (void *)options : (char *)arguments + group->offset);
		if (group->table == &lock_table)
			message_set_writes_in_place();
	}
	parser_add(parser, &shared_table, options);
	parser_add(parser, &parser_help_table, NULL);
}

/* As parser_retype, with the options before the command first. before: the number of
 * command-line words before argv. */
static char *retype(const struct parser *parser, int before, int argc, char **argv, const char *only)
{
	HEAP char *first = parser_retype(parser, before, argv - before, only);
	HEAP char *more = parser_retype(parser, argc, argv, only);

	return first && more ? format_text("%s%s", first, more) : NULL;
}

/* aws:DIR and vault:URL, in place of a key file. */
static enum status check_kind(const struct command *command, const struct options *options)
{
	struct manager manager;

	if (command->takes_managers || !options->file)
		return STATUS_DONE;
	manager = manager_of(options->file, options, NULL);
	if (manager.kind == MANAGER_FILE)
		return STATUS_DONE;
	message_error("'%s' is not a key file", manager.name);
	message_hint(
		"use 'mkeyfile import' to copy keys to a key file: only list, verify and diff read other key managers");
	return STATUS_USAGE;
}

static enum status parse_and_run(struct parser *parser, const struct command *command, int before, int argc,
				 char **argv, struct options *options, void *arguments)
{
	enum status status = parser_parse(parser, argc, argv, NULL);

	if (status || parser->is_finished)
		return status;
	message_set_given(retype(parser, before, argc, argv, NULL), retype(parser, before, argc, argv, "target"));
	status = parser_check(parser);
	if (!status)
		status = options_complete(options);
	if (!status && is_standard_stream(options->file))
		message_set_input();
	if (status == STATUS_REFUSED && command->only_tells && options->host.settings.rival)
		status = STATUS_FAILED;
	/* the option files may contradict the command line */
	if (!status)
		status = parser_check(parser);
	if (!status)
		status = check_kind(command, options);
	return status ? status : command->run(arguments);
}

/* lists_common: --help prints the common options. */
static enum status run_command(const struct command *command, bool lists_common, int before, int argc, char **argv,
			       struct options *options)
{
	/* options refer to the parser until the process ends */
	static struct parser parser;
	static char name[64];
	char *arguments = calloc(1, command->size);
	enum status status;

	if (!arguments)
		return out_of_memory();
	parser = (struct parser){
		.program = name,
		.operands = command->operands,
		.description = command->description,
		.examples = command->examples,
		.lists_common = lists_common,
	};
	if (command->initial)
		memcpy(arguments, command->initial, command->size);
	*(struct options **)(arguments + command->options) = options;
	snprintf(name, sizeof(name), "mkeyfile %s", command->name);
	message_start(name);
	options->host.is_judged = command->judges_host;
	add_tables(&parser, command, options, arguments);
	options->command_line = &parser;
	status = parse_and_run(&parser, command, before, argc, argv, options, arguments);
	parser_free(&parser);
	free(arguments);
	if (secret_lock_failed())
		message_warning("memory could not be locked: keys may have reached swap space (see ulimit -l)");
	return status;
}

static enum status help_with_command(const struct help_topic *topic, struct options *options)
{
	char *argv[] = { NULL, (char[]){ "--help" }, NULL };

	if (!topic->is_options)
		manual_open(topic->command->name, options->host.environment);
	return run_command(topic->command, topic->is_options, 0, 2, argv, options);
}

static enum status help(const struct parser *parser, int argc, char **argv, struct options *options)
{
	struct help_topic topic = { 0 };
	enum status status = help_parse(commands, argc, argv, &topic);

	if (status || topic.is_done)
		return status;
	if (topic.command)
		return help_with_command(&topic, options);
	if (topic.is_options)
		help_with_options(options);
	else
		parser_print_help(parser);
	return STATUS_DONE;
}

/* The options before the command, and the command. */
static enum status parse_and_choose(struct parser *parser, int argc, char **argv, struct options *options)
{
	const struct command *command;
	int index = 0;
	enum status status = parser_parse(parser, argc, argv, &index);

	if (status || parser->is_finished)
		return status;
	if (!index)
		return command_refuse(commands, NULL);
	argc -= index;
	argv += index;
	command = command_find(commands, argv[0]);
	if (command)
		return run_command(command, false, index, argc, argv, options);
	if (!strcmp(argv[0], "help"))
		return help(parser, argc, argv, options);
	if (!strcmp(argv[0], "version")) {
		parser_print_version();
		return STATUS_DONE;
	}
	return command_refuse(commands, argv[0]);
}

static enum status run(int argc, char **argv, struct options *options)
{
	HEAP char *list = command_list(commands);
	struct parser parser = {
		.program = "mkeyfile",
		.operands = "COMMAND [ARG...]",
		.description = "Create, change and check the key files of MariaDB's file_key_management plugin.",
		.commands = list,
		.examples = examples,
	};

	if (!list)
		return out_of_memory();
	parser_add(&parser, &shared_table, options);
	parser_add(&parser, &parser_help_table, NULL);
	parser_hear(&parser, argc, argv);
	if (argc > 1)
		return parse_and_choose(&parser, argc, argv, options);
	help_print(stderr, &parser, HELP_BRIEF);
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	struct options options;
	/* the original one, for child processes: unsetenv(3) does not change the strings */
	char **environment = child_environment(environ, NULL);
	enum status status;

	protect_process();
	json_start();
	options_start(&options, environment);
	status = environment ? run(argc, argv, &options) : out_of_memory();
	options_free(&options);
	free(environment);
	secret_wipe_stack();
	return (int)message_finish(status);
}
