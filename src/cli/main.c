/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/json.h"
#include "cli/message.h"
#include "core/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
	&generate_command, &add_command,    &rotate_command, &list_command,   &encrypt_command, &decrypt_command,
	&verify_command,   &config_command, &passwd_command, &remove_command, &diff_command,	&status_command,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

const char *argp_program_version = PACKAGE_STRING;

struct arguments {
	struct options *options;
	int command_index; /* in argv; 0: none */
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	(void)value;
	switch (key) {
	case ARGP_KEY_INIT:
		pass_options(state, 0, 1, arguments->options);
		return 0;
	case ARGP_KEY_ARG:
		arguments->command_index = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		refuse_usage(state, "no command named");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list of commands stands between the description and the options. */
static char *print_command_list(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t size = 0;
	FILE *stream;

	(void)input;
	if (key != ARGP_KEY_HELP_PRE_DOC)
		return (char *)text;
	stream = open_memstream(&list, &size);
	if (!stream)
		return (char *)text;
	fprintf(stream, "%s\n\nCommands:\n", text);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		char synopsis[40];

		snprintf(synopsis, sizeof(synopsis), "%s %s", commands[i]->name, commands[i]->arguments);
		fprintf(stream, "  %-22s %s\n", synopsis, commands[i]->summary);
	}
	fprintf(stream, "\n'mkeyfile COMMAND --help' tells more.");
	fclose(stream);
	return list;
}

static const struct argp_child children[] = { { &shared_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = { NULL,
				  parse,
				  "COMMAND [ARG...]",
				  "Create, change and check the key files of MariaDB's file_key_management plugin.",
				  children,
				  print_command_list,
				  NULL };

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/* A word that is none may be a secret in the wrong place. */
static const char *shown_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (is_near(name, commands[i]->name))
			return name;
	return shown(name);
}

/* A file opened later must not become a standard stream: its reader or writer
 * would take it for one. The wrong mode makes every use an error. */
static void fill_standard_descriptors(void)
{
	for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
		if (fcntl(descriptor, F_GETFD) < 0 &&
		    open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			_exit(STATUS_FAILED);
}

/* OpenSSL loads code that these name into a process that holds keys. The
 * system's own configuration still holds. */
static void drop_openssl_environment(void)
{
	unsetenv("OPENSSL_CONF");
	unsetenv("OPENSSL_CONF_INCLUDE");
	unsetenv("OPENSSL_MODULES");
	unsetenv("OPENSSL_ENGINES");
}

/* The environment as it was given, for children: unsetenv(3) changes the one
 * and leaves the strings alone. */
static char **copy_environment(char *const environment[])
{
	size_t count = 0;
	char **copy;

	while (environment[count])
		count++;
	copy = calloc(count + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < count; i++)
		copy[i] = environment[i];
	return copy;
}

static void protect_process(void)
{
	fill_standard_descriptors();
	secret_protect_process();
	drop_openssl_environment();
	/* the parent may have it ignored, and waiting for a child would fail */
	signal(SIGCHLD, SIG_DFL);
	/* a full pipe or a file size limit is an error to handle, not an end */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static enum status run_command(int argc, char **argv, struct options *options)
{
	const struct command *command = find_command(argv[0]);
	static char name[64];
	enum status status;

	message_set_quiet(options->talk.quiet);
	if (!command) {
		message_error("unknown command '%s'", shown_command(argv[0]));
		message_hint("'mkeyfile --help' lists the commands");
		return STATUS_USAGE;
	}
	snprintf(name, sizeof(name), "mkeyfile %s", command->name);
	message_start(name);
	message_set_json(options->talk.json);
	argv[0] = name;
	status = command->run(argc, argv, options);
	if (secret_lock_failed())
		message_warning("memory could not be locked: keys may have reached swap space (see ulimit -l)");
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	struct arguments arguments = { .options = &options };
	static char program_name[] = "mkeyfile";
	char **environment = copy_environment(environ);
	enum status status;
	error_t error;

	protect_process();
	json_start();
	argp_err_exit_status = STATUS_USAGE;
	options_start(&options, environment);
	if (argc)
		argv[0] = program_name;
	message_set_json(asks_for_json(&shared_argp, argc, argv));
	check_command_line(&argp, argc, argv, true);
	error = environment ? argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &arguments) : ENOMEM;
	if (error)
		return (int)message_finish(error == ENOMEM ? out_of_memory() : STATUS_USAGE);
	status = run_command(argc - arguments.command_index, argv + arguments.command_index, &options);
	options_free(&options);
	free(environment);
	secret_wipe_stack();
	return (int)message_finish(status);
}
