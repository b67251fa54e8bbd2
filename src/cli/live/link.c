/* SPDX-License-Identifier: MIT */
#include "cli/live/link.h"

#include "cli/options/trusted.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "core/child.h"
#include "core/cleanup.h"
#include "core/deadline.h"
#include "core/format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENT_NAME "mkeyfile-client"
#define TIMEOUT_MAX 3600

/* Errors of the server and of Connector/C that have a hint (mysqld_error.h, errmsg.h). */
#define ERROR_ACCESS_DENIED 1045
#define ERROR_UNKNOWN_COMMAND 1047
#define ERROR_UNKNOWN_TABLE 1109
#define ERROR_UNKNOWN_VARIABLE 1193
#define ERROR_NO_PRIVILEGE 1142
#define ERROR_NEEDS_PRIVILEGE 1227
#define ERROR_ACCESS_DENIED_NO_PASSWORD 1698
#define ERROR_TLS 2026
#define ERROR_PLUGIN_NOT_ALLOWED 5010
/* mkeyfile-client's own (client/socket.h) */
#define ERROR_SOCKET_OWNER (-1)

/* The client's own limit for rows, and room for what is around them (client/session.h). */
#define ANSWER_SIZE_MAX ((32u << 20) + (1u << 16))

/* Milliseconds that the client has to close its connection properly. */
#define GOODBYE_TIME 2000

/* ---- options ---- */

static enum status take_server(const struct option_spec *spec, const char *value, void *place)
{
	struct server_options *server_options = place;

	(void)spec;
	if (value && !*value)
		return option_refuse("the server name is empty");
	/* user:password@host */
	if (value && strchr(value, '@') && *value != '/')
		return option_refuse("--server accepts no user or password: use --user=NAME and an option file");
	if (server_options->count == SERVERS_MAX)
		return option_refuse("--server can be used at most %d times", SERVERS_MAX);
	server_options->named = true;
	server_options->places[server_options->count++] = value;
	server_options->place = value;
	return STATUS_DONE;
}

static const struct option_spec specs[] = {
	{ "server", 0, "SERVER", "Connect to /SOCKET, HOST or HOST:PORT",
	  OPTION_INTO(struct server_options, named, bool, take_server), .optional = true },
	{ "user", 0, "NAME", "Log in as NAME (default: the user in [client])",
	  OPTION_TEXT(struct server_options, user) },
	{ "defaults-extra-file", 0, "FILE", "Read [client] in FILE after the other files",
	  OPTION_TEXT(struct server_options, extra_file) },
	{ "server-timeout", 0, "SECONDS", "Wait up to SECONDS for an answer (default: 10)",
	  OPTION_NUMBER(struct server_options, timeout, 1, TIMEOUT_MAX) },
	{ "no-tls", 0, NULL, "Connect over TCP without encryption", OPTION_FLAG(struct server_options, plain) },
	{ 0 },
};

const struct option_table server_table = { .specs = specs };

/* ---- the client's process ---- */

struct server_link {
	struct running_child client;
	bool is_running;
	unsigned int timeout;
	bool hangs; /* the client has not answered in time */
	char *name; /* for messages */
	char *buffer;
	size_t used;
	size_t capacity;
};

/* What Connector/C and my_print_defaults may see of the environment: nothing that
 * names code to load or a file to write session keys to. */
static const char *const seen_variables[] = { "HOME",
					      "LANG",
					      "LC_ALL",
					      "LOGNAME",
					      "MARIADB_GROUP_SUFFIX",
					      "MARIADB_HOME",
					      "MKEYFILE_PRINT_DEFAULTS",
					      "MYSQL_GROUP_SUFFIX",
					      "MYSQL_HOME",
					      "MYSQL_PWD",
					      "MYSQL_TCP_PORT",
					      "MYSQL_UNIX_PORT",
					      "PATH",
					      "USER",
					      NULL };

static enum status start_client(struct server_link *link, char *const environment_given[])
{
	char name[] = CLIENT_NAME;
	char *arguments[] = { name, NULL };
	HEAP char *program = child_find(PKGLIBEXECDIR, CLIENT_NAME);
	HEAP char **environment = child_environment(environment_given, seen_variables);
	const struct child child = { .program = program,
				     .arguments = arguments,
				     .environment = environment,
				     .has_input = true,
				     .input = CHILD_INPUT_PIPE };
	struct fault fault;

	if (!environment)
		return out_of_memory();
	if (!program) {
		message_error("cannot find " CLIENT_NAME ", which connects to servers");
		message_hint("build mkeyfile with MariaDB Connector/C (libmariadb) to get mkeyfile-client");
		return STATUS_FAILED;
	}
	fault = child_start(&child, &link->client);
	link->is_running = !fault.code;
	return message_program_fault(fault, program);
}

void server_link_close(struct server_link **link)
{
	struct server_link *old = *link;

	if (!old)
		return;
	if (old->is_running) {
		close(old->client.input);
		close(old->client.output);
		/* the server logs an aborted connection unless the client closes it properly */
		child_end(&old->client, old->hangs ? 0 : GOODBYE_TIME);
	}
	free(old->name);
	free(old->buffer);
	free(old);
	*link = NULL;
}

/* ---- requests and answers ---- */

static bool send_request(struct server_link *link, json_t *taken)
{
	json_auto_t *request = taken;
	HEAP char *text = json_dumps(request, JSON_COMPACT);
	size_t size = text ? strlen(text) : 0;
	size_t written = 0;

	if (text)
		text[size++] = '\n'; /* in place of the NUL */
	while (written < size) {
		ssize_t put = write(link->client.input, text + written, size - written);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			break;
		written += (size_t)put;
	}
	return size && written == size;
}

static bool grow(struct server_link *link)
{
	size_t capacity = link->capacity ? 2 * link->capacity : 16384;
	char *larger = realloc(link->buffer, capacity);

	if (!larger)
		return false;
	link->buffer = larger;
	link->capacity = capacity;
	return true;
}

/* The next line as JSON. NULL with errno: ETIMEDOUT (the client hangs, although it has its own
 * timeout), EMSGSIZE, ENOMEM, or 0 if the client has ended. */
static json_t *read_answer(struct server_link *link)
{
	/* connecting has several steps, each with this timeout */
	int64_t deadline = deadline_now() + 3000 * (int64_t)link->timeout + 2000;

	link->used = 0;
	errno = 0;
	while (!link->used || link->buffer[link->used - 1] != '\n') {
		struct fault fault;
		size_t got = 0;

		if (link->used > ANSWER_SIZE_MAX) {
			errno = EMSGSIZE;
			return NULL;
		}
		if (link->used == link->capacity && !grow(link))
			return NULL;
		fault = deadline_read(link->client.output, link->buffer + link->used, link->capacity - link->used,
				      deadline, &got);
		if (fault.code || !got) {
			link->hangs = fault.code == FAULT_TIMEOUT;
			errno = link->hangs ? ETIMEDOUT : 0;
			return NULL;
		}
		link->used += got;
	}
	return json_loadb(link->buffer, link->used, 0, NULL);
}

static void hint_for(json_int_t code)
{
	if (code == ERROR_ACCESS_DENIED || code == ERROR_ACCESS_DENIED_NO_PASSWORD)
		message_hint(
			"set user and password under [client] in an option file, or choose others with --defaults-extra-file and --user");
	else if (code == ERROR_NEEDS_PRIVILEGE || code == ERROR_NO_PRIVILEGE)
		message_hint("grant the privilege to this user, or choose another user with --user");
	else if (code == ERROR_UNKNOWN_COMMAND)
		message_hint(
			"wait until the node is Synced; if the cluster has lost its quorum, restore the quorum first");
	else if (code == ERROR_UNKNOWN_TABLE || code == ERROR_UNKNOWN_VARIABLE)
		message_hint(
			"use MariaDB 10.1.4 or later with InnoDB: no other server shows its encrypted tablespaces");
	else if (code == ERROR_TLS)
		message_hint("set ssl-ca under [client] in an option file, or use --no-tls on a trusted network");
	else if (code == ERROR_PLUGIN_NOT_ALLOWED)
		message_hint("connect over TCP with TLS, or use an account with another authentication plugin");
	else if (code == ERROR_SOCKET_OWNER)
		message_hint("set server-user under [mkeyfile] in an option file if the server runs as that user");
}

static enum status say_error(const struct server_link *link, const json_t *error)
{
	const char *words = json_string_value(json_object_get(error, "message"));

	message_error("%s: %s", link->name, words ? words : "invalid answer");
	hint_for(json_integer_value(json_object_get(error, "code")));
	return STATUS_FAILED;
}

/* *ret_answer: NULL on failure. */
static enum status ask(struct server_link *link, json_t *request, json_t **ret_answer)
{
	*ret_answer = NULL;
	errno = 0;
	if (send_request(link, request))
		*ret_answer = read_answer(link);
	if (*ret_answer)
		return STATUS_DONE;
	if (errno == ETIMEDOUT)
		message_error("%s does not answer", link->name);
	else if (errno == EMSGSIZE)
		message_error("%s: the answer is too large", link->name);
	else if (errno == ENOMEM)
		return out_of_memory();
	else
		message_error("%s: connection lost", link->name);
	return STATUS_FAILED;
}

/* "NAME=VALUE" for my_print_defaults. */
static void add_default(json_t *defaults, const char *name, const char *value)
{
	HEAP char *argument = value ? format_text("%s=%s", name, value) : NULL;

	if (argument)
		json_array_append_new(defaults, json_text(argument));
}

/* The user ID of the server's user account; 0 if there is no such user. */
static uid_t server_uid(const struct accounts *accounts, const struct host *host)
{
	struct server_user user;

	return trust_find_server_account(accounts, host, &user) ? user.uid : 0;
}

static json_t *connection_request(const struct server_options *server_options, const struct accounts *accounts,
				  const struct host *host, unsigned int timeout)
{
	/* my_print_defaults, which the client runs, cannot skip single files */
	bool has_refused = host->option_files.refused_count > 0;
	const char *extra_file = server_options->extra_file;
	json_t *request = json_object();
	json_t *defaults = json_array();

	json_object_set_new(request, "timeout", json_integer(timeout));
	json_object_set_new(request, "server_uid", json_integer(server_uid(accounts, host)));
	json_object_set_new(request, "plain", json_boolean(server_options->plain));
	json_object_set_new(request, "defaults", defaults);
	if (server_options->place)
		json_object_set_new(request, "server", json_text(server_options->place));
	if (server_options->user)
		json_object_set_new(request, "user", json_text(server_options->user));
	if (host->no_defaults || (has_refused && !extra_file))
		json_array_append_new(defaults, json_string("--no-defaults"));
	add_default(defaults, "--defaults-file", has_refused ? extra_file : host->defaults_file);
	add_default(defaults, "--defaults-extra-file", has_refused ? NULL : extra_file);
	add_default(defaults, "--defaults-group-suffix", host->defaults_group_suffix);
	return request;
}

enum status server_link_open(const struct server_options *server_options, const struct accounts *accounts,
			     const struct host *host, struct server_link **ret_link)
{
	SERVER_LINK struct server_link *link = calloc(1, sizeof(*link));
	json_auto_t *answer = NULL;
	const json_t *error;
	enum status status;

	if (!link)
		return out_of_memory();
	link->timeout = server_options->timeout ? server_options->timeout : SERVER_TIMEOUT_DEFAULT;
	link->name = server_options->place ? format_text("server '%s'", server_options->place) : strdup("the server");
	status = link->name ? STATUS_DONE : out_of_memory();
	if (!status && server_options->extra_file)
		status = trust_check_option_file(accounts, server_options->extra_file);
	if (!status)
		status = start_client(link, host->environment);
	if (!status)
		status = ask(link, connection_request(server_options, accounts, host, link->timeout), &answer);
	error = json_object_get(answer, "error");
	if (error)
		status = say_error(link, error);
	if (status)
		return status;
	*ret_link = link;
	link = NULL;
	return STATUS_DONE;
}

static enum status query(struct server_link *link, const char *sql, json_t **ret_rows, bool may_lack_table)
{
	json_auto_t *answer = NULL;
	const json_t *error;
	enum status status = ask(link, json_pack("{s:s}", "sql", sql), &answer);

	*ret_rows = NULL;
	error = json_object_get(answer, "error");
	if (status)
		return status;
	if (!error)
		*ret_rows = json_incref(json_object_get(answer, "rows"));
	else if (!may_lack_table || json_integer_value(json_object_get(error, "code")) != ERROR_UNKNOWN_TABLE)
		return say_error(link, error);
	return STATUS_DONE;
}

enum status server_query(struct server_link *link, const char *sql, json_t **ret_rows)
{
	return query(link, sql, ret_rows, false);
}

enum status server_query_table(struct server_link *link, const char *sql, json_t **ret_rows)
{
	return query(link, sql, ret_rows, true);
}

const char *row_text(const json_t *row, size_t column)
{
	return json_string_value(json_array_get(row, column));
}

uint64_t row_number(const json_t *row, size_t column)
{
	const char *text = row_text(row, column);

	return text ? strtoull(text, NULL, 10) : 0;
}

enum status server_take_text(char **place, const char *value)
{
	if (!*place)
		*place = strdup(value);
	return *place ? STATUS_DONE : out_of_memory();
}
