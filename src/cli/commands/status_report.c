/* SPDX-License-Identifier: MIT */
#include "cli/commands/status_report.h"

#include "cli/keyfile/input.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the table ---- */

static void write_version(uint32_t version, char text[static 11])
{
	snprintf(text, 11, version ? "%u" : "-", version);
}

static void print_server(const struct server_state *state)
{
	print_visibly(stdout, state->version ? state->version : "of an unknown version");
	fputs(", keys from ", stdout);
	print_visibly(stdout, state->plugin ? state->plugin : "no plugin");
	putchar('\n');
}

static void print_head(void)
{
	printf("%-10s  %-10s  %-10s  %-10s  %-11s  %s\n", "ID", "FILE", "SERVER", "OLDEST", "TABLESPACES", "STATE");
}

static void print_line(const struct server_state *state, const struct progress_line *line)
{
	const struct server_id *server = &line->server;
	char in_file[11];
	char newest[11];
	char oldest[11];

	write_version(line->in_file, in_file);
	write_version(server->newest, newest);
	write_version(server->tablespaces ? server->oldest : 0, oldest);
	printf("%-10u  %-10s  %-10s  %-10s  %-11" PRIu64 "  %s", line->id, in_file, newest, oldest, server->tablespaces,
	       progress_state_words(line->state));
	if (line->state == STATE_REENCRYPTING)
		printf(", %u%%, %" PRIu64 " left",
		       (unsigned int)(100.0 * (double)server->bytes_done / (double)(server->bytes + 1)),
		       server->pending);
	if (line->state == STATE_STALLED)
		printf(": %s", progress_stall(state, server->pending)->words);
	putchar('\n');
}

static void print_table(const struct watched *server)
{
	fputs("server ", stdout);
	print_server(&server->state);
	print_head();
	for (size_t i = 0; i < server->progress.count; i++)
		print_line(&server->state, &server->progress.lines[i]);
}

/* ---- JSON ---- */

static json_t *number_or_null(uint64_t number)
{
	return number ? json_integer((json_int_t)number) : json_null();
}

static json_t *line_json(const struct progress_line *line)
{
	const struct server_id *server = &line->server;

	return json_pack("{s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:s}", "id", (json_int_t)line->id,
			 "file_version", number_or_null(line->in_file), "server_version",
			 number_or_null(server->newest), "oldest_version",
			 server->tablespaces ? json_integer(server->oldest) : json_null(), "tablespaces",
			 (json_int_t)server->tablespaces, "behind", (json_int_t)server->behind, "pending",
			 (json_int_t)server->pending, "bytes", (json_int_t)server->bytes, "bytes_done",
			 (json_int_t)server->bytes_done, "state", progress_state_name(line->state));
}

/* Adds the members that describe a server. All are null, or empty, for a server that did not answer. */
static void add_server_json(json_t *object, const struct watched *server)
{
	const struct server_state *state = &server->state;
	const char *statement = server_reload_statement(state->reload);
	bool answered = server->link != NULL;
	json_t *ids = json_array();

	for (size_t i = 0; i < server->progress.count; i++)
		json_array_append_new(ids, line_json(&server->progress.lines[i]));
	json_object_set_new(object, "server", json_text_or_null(state->version));
	json_object_set_new(object, "plugin", json_text_or_null(state->plugin));
	json_object_set_new(object, "server_path", json_text_or_null(state->filename));
	json_object_set_new(object, "reload", json_text_or_null(statement));
	json_object_set_new(object, "rotate_key_age", answered ? json_integer(state->age) : json_null());
	json_object_set_new(object, "threads", answered ? json_integer(state->threads) : json_null());
	json_object_set_new(object, "state",
			    answered ? json_string(progress_state_name(server->progress.worst)) : json_null());
	json_object_set_new(object, "ids", ids);
}

/* ---- the next step ---- */

static void hint_at_age(const char *where, unsigned int age)
{
	message_hint(
		"%sinnodb_encryption_rotate_key_age is %u: pages with a key up to %u version%s old are not re-encrypted",
		where, age, age, age == 1 ? "" : "s");
}

static void hint_at_stall(const char *where, const struct stall *stall)
{
	message_hint("%s%s", where, stall->hints[0]);
	if (stall->hints[1])
		message_hint("%s%s", where, stall->hints[1]);
}

/* Whether the server does not start with this key file: it shows no loaded versions, and the file has several. */
static bool reads_no_versions(const struct watched *server)
{
	const struct progress *progress = &server->progress;

	if (server->state.reload != RELOAD_NONE || !server->state.plugin ||
	    strcmp(server->state.plugin, "file_key_management") != 0)
		return false;
	for (size_t i = 0; i < progress->count; i++)
		if (progress->lines[i].in_file > 1)
			return true;
	return false;
}

static void hint_at_reload(const char *where, const struct watched *server)
{
	const char *statement = server_reload_statement(server->state.reload);

	if (statement) {
		message_hint("%srun %s", where, statement);
	} else if (reads_no_versions(server)) {
		message_hint("%sdo not restart the server: file_key_management does not load a key file with versions",
			     where);
		message_hint("%srestore the key file without versions, or switch to mkeyfile_key_management", where);
	} else {
		message_hint("%srestart the server: it cannot read its key file again while it runs", where);
	}
}

/* where: "on server 'db1', ", or empty. */
static void say_next(const struct options *options, const char *where, const struct watched *server)
{
	switch (server->progress.worst) {
	case STATE_UP_TO_DATE:
	case STATE_UNUSED:
	case STATE_REENCRYPTING:
		break;
	case STATE_BEHIND:
		hint_at_age(where, server->state.age);
		break;
	case STATE_STALLED:
		hint_at_stall(where, progress_stall(&server->state, server->progress.pending));
		break;
	case STATE_DIFFERS:
		message_hint(
			"%slook for 'Ignoring error' in the error logs of all nodes: a node that lacks a key ignores ALTER TABLE",
			where);
		break;
	case STATE_OTHER_KEYS:
		message_warning("%sthe loaded keys differ from the keys in '%s'", where, input_name(options->file));
		message_hint("%srestart the server if keys were removed from the file", where);
		message_hint(
			"%scompare the key files: 'ssh HOST mkeyfile list --json | mkeyfile diff -' shows the keys that differ",
			where);
		break;
	case STATE_RELOAD:
		hint_at_reload(where, server);
		break;
	case STATE_FILE_LACKS:
		message_hint("%slocate the key file the server was started with before you stop the server", where);
		break;
	}
}

static enum status answer_of(enum progress_state worst)
{
	return worst > STATE_UNUSED ? STATUS_NO : STATUS_DONE;
}

enum status status_report_one(const struct options *options, const struct watched *server)
{
	if (options->talk.json) {
		json_t *object = json_pack("{s:o}", "path", json_text(input_name(options->file)));

		add_server_json(object, server);
		document_set(object);
	} else {
		print_table(server);
	}
	server_state_warn_of_other_file(&server->state, options->file);
	say_next(options, "", server);
	return answer_of(server->progress.worst);
}

/* ---- several servers ---- */

static int name_width(const struct watched *servers, size_t count)
{
	size_t width = strlen("HOST");

	for (size_t i = 0; i < count; i++)
		if (strlen(servers[i].name) > width)
			width = strlen(servers[i].name);
	return (int)width;
}

static void print_servers(const struct watched *servers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		printf("server '%s': ", servers[i].name);
		if (servers[i].link)
			print_server(&servers[i].state);
		else
			puts("no answer");
	}
}

/* The lowest ID of the next lines of all servers; 0: no more lines. */
static uint32_t next_id(const struct watched *servers, size_t count, const size_t *places)
{
	uint32_t next = 0;

	for (size_t i = 0; i < count; i++) {
		const struct progress *progress = &servers[i].progress;

		if (places[i] < progress->count && (!next || progress->lines[places[i]].id < next))
			next = progress->lines[places[i]].id;
	}
	return next;
}

/* By ID, so that the lines of all servers for one ID are next to each other. */
static void print_table_of_all(const struct watched *servers, size_t count)
{
	size_t places[SERVERS_MAX] = { 0 };
	int width = name_width(servers, count);
	uint32_t id;

	print_servers(servers, count);
	printf("%-*s  ", width, "HOST");
	print_head();
	while ((id = next_id(servers, count, places)))
		for (size_t i = 0; i < count; i++) {
			const struct progress *progress = &servers[i].progress;

			if (places[i] == progress->count || progress->lines[places[i]].id != id)
				continue;
			printf("%-*s  ", width, servers[i].name);
			print_line(&servers[i].state, &progress->lines[places[i]++]);
		}
}

static json_t *named_server_json(const struct watched *server)
{
	json_t *object = json_pack("{s:o}", "host", json_text(server->name));

	add_server_json(object, server);
	return object;
}

/* state: NULL if it is unknown. */
static void set_json_of_all(const struct options *options, const struct watched *servers, size_t count,
			    const char *state)
{
	json_t *object = json_object();
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, named_server_json(&servers[i]));
	json_object_set_new(object, "path", json_text(input_name(options->file)));
	json_object_set_new(object, "state", json_text_or_null(state));
	json_object_set_new(object, "servers", list);
	document_set(object);
}

/* Names the first key that a server lacks. */
static void say_lacking(const struct watched *server)
{
	const struct progress *progress = &server->progress;

	for (size_t i = 0; i < progress->count; i++)
		if (progress->lines[i].state == STATE_RELOAD) {
			message_warning("server '%s' has not loaded key ID %u version %u", server->name,
					progress->lines[i].id, progress->lines[i].in_file);
			return;
		}
}

static enum status say_next_of(const struct options *options, const struct watched *server)
{
	bool may_lack = server->progress.worst == STATE_RELOAD && !reads_no_versions(server);
	HEAP char *where = format_text("on server '%s', %s", server->name,
				       may_lack ? "copy the key file if it lacks the key, and " : "");

	if (!where)
		return out_of_memory();
	if (server->progress.worst == STATE_RELOAD)
		say_lacking(server);
	say_next(options, where, server);
	return STATUS_DONE;
}

/* A definite no counts more than a server that did not answer. */
enum status status_report_all(const struct options *options, const struct watched *servers, size_t count, bool all)
{
	enum progress_state worst = STATE_UP_TO_DATE;
	enum status status = STATUS_DONE;
	enum status answer;

	for (size_t i = 0; i < count; i++) {
		all = all && servers[i].link;
		if (servers[i].progress.worst > worst)
			worst = servers[i].progress.worst;
	}
	answer = answer_of(worst) || all ? answer_of(worst) : STATUS_FAILED;
	if (options->talk.json)
		set_json_of_all(options, servers, count, answer == STATUS_FAILED ? NULL : progress_state_name(worst));
	else
		print_table_of_all(servers, count);
	for (size_t i = 0; !status && i < count; i++)
		status = servers[i].link ? say_next_of(options, &servers[i]) : STATUS_DONE;
	return status ? status : answer;
}
