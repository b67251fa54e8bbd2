/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/keyfile/content.h"
#include "cli/keyfile/input.h"
#include "cli/live/state.h"
#include "cli/words/color.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "core/keyset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct arguments {
	struct options *options;
	struct server_options server;
	struct key_ids ids;
	bool wait;
	uint32_t timeout; /* seconds; 0: no limit */
};

static const struct option_spec specs[] = {
	{ "wait", 0, NULL, "Wait until InnoDB has re-encrypted its tablespaces", OPTION_FLAG(struct arguments, wait) },
	{ "timeout", 0, "SECONDS", "Wait up to SECONDS (default: no limit)",
	  OPTION_NUMBER(struct arguments, timeout, 1, 31536000) },
	{ OPTION_KEY_IDS(struct arguments, ids) },
	{ 0 },
};

static const struct conflict conflicts[] = { { NEED, "timeout", "wait", "--timeout requires --wait" }, { 0 } };

static const struct command_group groups[] = {
	{ COMMAND_GROUP(server_table, struct server_options, struct arguments, server) },
	{ 0 },
};

/* ---- comparing file and server ---- */

/* Worst last. */
enum progress_state {
	STATE_UP_TO_DATE,
	STATE_UNUSED,  /* no tablespace uses the ID, and the server does not show what it has loaded */
	STATE_BEHIND,  /* older versions stay in use until the next rotation */
	STATE_STALLED, /* not re-encrypted, since innodb_encryption_threads is 0 */
	STATE_REENCRYPTING,
	STATE_RELOAD,	  /* the file has a version that the server has not read */
	STATE_FILE_LACKS, /* the server uses a key that is not in the file */
};

static const struct {
	const char *name;
	const char *words;
} state_words[] = {
	[STATE_UP_TO_DATE] = { "up-to-date", "up to date" },
	[STATE_UNUSED] = { "unused", "no tablespace uses it" },
	[STATE_BEHIND] = { "behind", "older versions stay until the next rotation" },
	[STATE_STALLED] = { "stalled", "not re-encrypted: innodb_encryption_threads is 0" },
	[STATE_REENCRYPTING] = { "re-encrypting", "re-encrypting" },
	[STATE_RELOAD] = { "reload", "the server must read the file again" },
	[STATE_FILE_LACKS] = { "file-lacks", "the file lacks a key that the server uses" },
};

struct line {
	uint32_t id;
	uint32_t in_file; /* newest version; 0: not in the file */
	struct server_id server;
	enum progress_state state;
};

struct joined {
	struct line *lines;
	size_t count;
	enum progress_state worst;
	uint64_t pending;
	uint64_t tablespaces;
	uint64_t bytes;
	uint64_t bytes_done;
};

static enum progress_state judge(const struct line *line, const struct server_state *state)
{
	const struct server_id *server = &line->server;

	if (server->newest > line->in_file || (!line->in_file && server->tablespaces))
		return STATE_FILE_LACKS;
	if (server->newest ? server->newest < line->in_file : state->tells_newest)
		return STATE_RELOAD;
	if (server->pending)
		return state->threads ? STATE_REENCRYPTING : STATE_STALLED;
	if (server->behind)
		return STATE_BEHIND;
	return server->newest ? STATE_UP_TO_DATE : STATE_UNUSED;
}

static void add_line(struct joined *joined, uint32_t id, uint32_t in_file, const struct server_state *state)
{
	const struct server_id *server = server_state_find(state, id);
	struct line *line = &joined->lines[joined->count++];

	*line = (struct line){ .id = id, .in_file = in_file };
	if (server)
		line->server = *server;
	line->state = judge(line, state);
	if (line->state > joined->worst)
		joined->worst = line->state;
	joined->pending += line->server.pending;
	joined->tablespaces += line->server.tablespaces;
	joined->bytes += line->server.bytes;
	joined->bytes_done += line->server.bytes_done;
}

/* Both lists are sorted by ID. */
static enum status join(const struct arguments *arguments, const struct keyset *keyset,
			const struct server_state *state, struct joined *ret_joined)
{
	size_t i = 0;
	size_t j = 0;

	*ret_joined = (struct joined){ .lines = calloc(keyset->count + state->count + 1, sizeof(struct line)) };
	if (!ret_joined->lines)
		return message_fault(fault_of(FAULT_MEMORY), "");
	while (i < keyset->count || j < state->count) {
		uint32_t here = i < keyset->count ? keyset->members[i].id : UINT32_MAX;
		uint32_t there = j < state->count ? state->ids[j].id : UINT32_MAX;
		uint32_t id = here < there ? here : there;
		uint32_t newest = 0;

		for (; i < keyset->count && keyset->members[i].id == id; i++)
			newest = keyset->members[i].version;
		j += j < state->count && there == id;
		if (!arguments->ids.count || key_ids_have(&arguments->ids, id))
			add_line(ret_joined, id, newest, state);
	}
	return STATUS_DONE;
}

/* ---- the report ---- */

static void write_version(uint32_t version, char text[static 11])
{
	snprintf(text, 11, version ? "%u" : "-", version);
}

static void print_table(const struct joined *joined, const struct server_state *state)
{
	char in_file[11];
	char newest[11];
	char oldest[11];

	fputs("server ", stdout);
	print_visibly(stdout, state->version ? state->version : "of an unknown version");
	fputs(", keys from ", stdout);
	print_visibly(stdout, state->plugin ? state->plugin : "no plugin");
	putchar('\n');
	printf("%-10s  %-10s  %-10s  %-10s  %-11s  %s\n", "ID", "FILE", "SERVER", "OLDEST", "TABLESPACES", "STATE");
	for (size_t i = 0; i < joined->count; i++) {
		const struct line *line = &joined->lines[i];
		const struct server_id *server = &line->server;

		write_version(line->in_file, in_file);
		write_version(server->newest, newest);
		write_version(server->tablespaces ? server->oldest : 0, oldest);
		printf("%-10u  %-10s  %-10s  %-10s  %-11" PRIu64 "  %s", line->id, in_file, newest, oldest,
		       server->tablespaces, state_words[line->state].words);
		if (line->state == STATE_REENCRYPTING)
			printf(", %u%%, %" PRIu64 " left",
			       (unsigned int)(100.0 * (double)server->bytes_done / (double)(server->bytes + 1)),
			       server->pending);
		putchar('\n');
	}
}

static json_t *number_or_null(uint64_t number)
{
	return number ? json_integer((json_int_t)number) : json_null();
}

static json_t *line_json(const struct line *line)
{
	const struct server_id *server = &line->server;

	return json_pack("{s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:s}", "id", (json_int_t)line->id,
			 "file_version", number_or_null(line->in_file), "server_version",
			 number_or_null(server->newest), "oldest_version",
			 server->tablespaces ? json_integer(server->oldest) : json_null(), "tablespaces",
			 (json_int_t)server->tablespaces, "behind", (json_int_t)server->behind, "pending",
			 (json_int_t)server->pending, "bytes", (json_int_t)server->bytes, "bytes_done",
			 (json_int_t)server->bytes_done, "state", state_words[line->state].name);
}

static void set_status_json(const char *name, const struct joined *joined, const struct server_state *state)
{
	const char *statement = server_reload_statement(state->reload);
	json_t *object = json_object();
	json_t *ids = json_array();

	for (size_t i = 0; i < joined->count; i++)
		json_array_append_new(ids, line_json(&joined->lines[i]));
	json_object_set_new(object, "path", json_text(name));
	json_object_set_new(object, "server", state->version ? json_text(state->version) : json_null());
	json_object_set_new(object, "plugin", state->plugin ? json_text(state->plugin) : json_null());
	json_object_set_new(object, "server_path", state->filename ? json_text(state->filename) : json_null());
	json_object_set_new(object, "reload", statement ? json_string(statement) : json_null());
	json_object_set_new(object, "rotate_key_age", json_integer(state->age));
	json_object_set_new(object, "threads", json_integer(state->threads));
	json_object_set_new(object, "state", json_string(state_words[joined->worst].name));
	json_object_set_new(object, "ids", ids);
	document_set(object);
}

static void hint_at_age(unsigned int age)
{
	if (age)
		message_hint(
			"innodb_encryption_rotate_key_age is %u: pages with a key up to %u version%s old are not re-encrypted",
			age, age, age == 1 ? "" : "s");
	else
		message_hint("innodb_encryption_rotate_key_age is 0: nothing is ever re-encrypted");
}

static void say_next(const struct joined *joined, const struct server_state *state)
{
	const char *statement = server_reload_statement(state->reload);

	if (joined->worst == STATE_RELOAD && statement)
		message_hint("run %s", statement);
	else if (joined->worst == STATE_RELOAD)
		message_hint("restart the server: it cannot read its key file again while it runs");
	else if (joined->worst == STATE_FILE_LACKS)
		message_hint("locate the key file the server was started with before you stop the server");
	else if (joined->worst == STATE_STALLED)
		message_hint("run SET GLOBAL innodb_encryption_threads = 4");
	else if (joined->worst == STATE_BEHIND)
		hint_at_age(state->age);
}

static enum status report(const struct options *options, const struct joined *joined, const struct server_state *state)
{
	if (options->talk.json)
		set_status_json(input_name(options->file), joined, state);
	else
		print_table(joined, state);
	server_state_warn_of_other_file(state, options->file);
	say_next(joined, state);
	return joined->worst > STATE_UNUSED ? STATUS_NO : STATUS_DONE;
}

/* ---- waiting ---- */

#define BAR_WIDTH 30

static void show_bar(const struct joined *joined)
{
	double share = joined->bytes ? (double)joined->bytes_done / (double)joined->bytes : 0;
	char bar[BAR_WIDTH + 1];
	int filled = (int)(share * BAR_WIDTH);

	for (int i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < filled ? '=' : i == filled ? '>' : ' ';
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\rre-encrypting [%s] %3d%%, %" PRIu64 " of %" PRIu64 " tablespaces left\033[K", bar,
		(int)(100 * share), joined->pending, joined->tablespaces);
}

static void remove_bar(void)
{
	fprintf(stderr, "\r\033[K");
}

static enum status look(const struct arguments *arguments, struct server_link *link, const struct keyset *keyset,
			struct server_state *ret_state, struct joined *ret_joined)
{
	enum status status = server_state_read(link, ret_state);

	return status ? status : join(arguments, keyset, ret_state, ret_joined);
}

/* Waits until InnoDB is done, or until it needs something else first. */
static enum status wait_for_end(const struct arguments *arguments, struct server_link *link,
				const struct keyset *keyset, struct server_state *state, struct joined *joined)
{
	const struct timespec pause = { .tv_nsec = 500000000 };
	bool visible = is_capable_terminal(stderr) && !arguments->options->talk.quiet;
	time_t end = time(NULL) + arguments->timeout;
	enum status status = STATUS_DONE;

	while (!status && joined->worst == STATE_REENCRYPTING) {
		if (arguments->timeout && time(NULL) >= end)
			break;
		if (visible)
			show_bar(joined);
		nanosleep(&pause, NULL);
		server_state_free(state);
		free(joined->lines);
		*joined = (struct joined){ 0 };
		status = look(arguments, link, keyset, state, joined);
	}
	if (visible)
		remove_bar();
	if (!status && joined->worst == STATE_REENCRYPTING)
		message_error("re-encryption is not done after %u seconds: %" PRIu64 " tablespace%s left",
			      arguments->timeout, joined->pending, joined->pending == 1 ? " is" : "s are");
	return status;
}

static enum status look_and_report(const struct arguments *arguments, struct server_link *link,
				   const struct keyset *keyset)
{
	SERVER_STATE struct server_state state = { 0 };
	struct joined joined = { 0 };
	enum status status = look(arguments, link, keyset, &state, &joined);

	if (!status && arguments->wait)
		status = wait_for_end(arguments, link, keyset, &state, &joined);
	if (!status)
		status = report(arguments->options, &joined, &state);
	free(joined.lines);
	return status;
}

/* Closes the key file and wipes its keys before the connection to a server. */
static enum status read_keyset(const struct options *options, struct keyset *ret_keyset)
{
	const char *name = input_name(options->file);
	SECRET struct secret raw = { 0 };
	CONTENT struct content content = { 0 };
	enum status status = input_read(options->file, &raw, NULL);
	struct fault fault;

	if (!status)
		status = content_open(&options->password, options->kdf, name, &raw, &content);
	if (status)
		return status;
	fault = keyset_of_keyfile(&content.keyfile, ret_keyset);
	return message_fault(fault, name);
}

static enum status tell_status(void *input)
{
	const struct arguments *arguments = input;
	const struct options *options = arguments->options;
	KEYSET struct keyset keyset = { 0 };
	SERVER_LINK struct server_link *link = NULL;
	enum status status = read_keyset(options, &keyset);

	if (!status)
		status = server_link_open(&arguments->server, &options->accounts, &options->host, &link);
	return status ? status : look_and_report(arguments, link, &keyset);
}

const struct command status_command = {
	.name = "status",
	.operands = "[ID...]",
	.summary = "show the progress of a rotation on a running server",
	.description = "Show the progress of a rotation: versions in the file, the server and its data.",
	.examples = { "mkeyfile status", "mkeyfile status --wait 100", "mkeyfile status --server=db1 --user=admin" },
	.own = { specs, .conflicts = conflicts },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.judges_host = true,
	.run = tell_status,
};
