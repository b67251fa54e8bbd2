/* SPDX-License-Identifier: MIT */
#include "cli/commands/rotation_state.h"

#include "cli/words/message.h"
#include "core/array.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	const char *words;
} state_words[] = {
	[STATE_UP_TO_DATE] = { "up-to-date", "up to date" },
	[STATE_UNUSED] = { "unused", "no tablespace uses it" },
	[STATE_BEHIND] = { "behind", "older versions stay until the next rotation" },
	[STATE_STALLED] = { "stalled", "not re-encrypted" },
	[STATE_REENCRYPTING] = { "re-encrypting", "re-encrypting" },
	[STATE_DIFFERS] = { "differs", "other nodes have more tablespaces with it" },
	[STATE_OTHER_KEYS] = { "other-keys", "the server has other keys than the file" },
	[STATE_RELOAD] = { "reload", "the server must read the file again" },
	[STATE_FILE_LACKS] = { "file-lacks", "the file lacks a key that the server uses" },
};

const char *progress_state_name(enum progress_state state)
{
	return state_words[state].name;
}

const char *progress_state_words(enum progress_state state)
{
	return state_words[state].words;
}

static const struct stall stall_read_only = { "innodb_read_only is ON",
					      { "restart the server with innodb_read_only = OFF" } };
/* InnoDB then decrypts tablespaces without ENCRYPTED=YES, and re-encrypts none. */
static const struct stall stall_decrypts = {
	"innodb_encrypt_tables is OFF",
	{ "run ALTER TABLE ... FORCE, ALGORITHM=COPY on each table with ENCRYPTED=YES",
	  "or run SET GLOBAL innodb_encrypt_tables = ON, which also encrypts all tables except those with ENCRYPTED=NO" }
};
static const struct stall stall_threads = { "innodb_encryption_threads is 0",
					    { "run SET GLOBAL innodb_encryption_threads = 4" } };
static const struct stall stall_age = { "innodb_encryption_rotate_key_age is 0",
					{ "run SET GLOBAL innodb_encryption_rotate_key_age = 1" } };

const struct stall *progress_stall(const struct server_state *state, uint64_t pending)
{
	if (state->read_only)
		return &stall_read_only;
	if (state->decrypts)
		return &stall_decrypts;
	if (pending)
		return state->threads ? NULL : &stall_threads;
	return state->age ? NULL : &stall_age;
}

static enum progress_state judge(const struct progress_line *line, const struct server_state *state)
{
	const struct server_id *server = &line->server;

	if (server->newest > line->in_file || (!line->in_file && server->tablespaces))
		return STATE_FILE_LACKS;
	if (server->lacks_key || (server->newest ? server->newest < line->in_file : state->tells_newest))
		return STATE_RELOAD;
	if (!server->pending && !server->behind)
		return server->newest ? STATE_UP_TO_DATE : STATE_UNUSED;
	if (progress_stall(state, server->pending))
		return STATE_STALLED;
	return server->pending ? STATE_REENCRYPTING : STATE_BEHIND;
}

static void set_state(struct progress *progress, struct progress_line *line, enum progress_state state)
{
	line->state = state;
	if (state > progress->worst)
		progress->worst = state;
}

static void add_line(struct progress *progress, uint32_t id, uint32_t in_file, const struct server_state *state)
{
	const struct server_id *server = server_state_find(state, id);
	struct progress_line *line = &progress->lines[progress->count++];

	*line = (struct progress_line){ .id = id, .in_file = in_file };
	if (server)
		line->server = *server;
	set_state(progress, line, judge(line, state));
	progress->pending += line->server.pending;
	progress->tablespaces += line->server.tablespaces;
	progress->bytes += line->server.bytes;
	progress->bytes_done += line->server.bytes_done;
}

/* A server with the same versions can have other keys: someone may have rotated each copy of the file. */
static enum status compare_fingerprints(const struct keyset *keyset, const struct server_state *state,
					struct progress *progress)
{
	struct fingerprint fingerprint;
	struct fault fault;

	if (!state->fingerprint || progress->worst >= STATE_OTHER_KEYS)
		return STATUS_DONE;
	fault = keyset_fingerprint(keyset, &fingerprint);
	if (fault.code)
		return message_fault(fault, "");
	if (strcmp(fingerprint.text, state->fingerprint) != 0)
		progress->worst = STATE_OTHER_KEYS;
	return STATUS_DONE;
}

/* Both lists are sorted by ID. */
enum status progress_compare(const struct key_ids *ids, const struct keyset *keyset, const struct server_state *state,
			     struct progress *ret_progress)
{
	size_t i = 0;
	size_t j = 0;

	*ret_progress =
		(struct progress){ .lines = calloc(keyset->count + state->count + 1, sizeof(struct progress_line)) };
	if (!ret_progress->lines)
		return out_of_memory();
	while (i < keyset->count || j < state->count) {
		uint32_t here = i < keyset->count ? keyset->members[i].id : UINT32_MAX;
		uint32_t there = j < state->count ? state->ids[j].id : UINT32_MAX;
		uint32_t id = here < there ? here : there;
		uint32_t newest = 0;

		for (; i < keyset->count && keyset->members[i].id == id; i++)
			newest = keyset->members[i].version;
		j += j < state->count && there == id;
		if (!ids->count || key_ids_have(ids, id))
			add_line(ret_progress, id, newest, state);
	}
	return ids->count ? STATUS_DONE : compare_fingerprints(keyset, state, ret_progress);
}

static int compare_lines(const void *one, const void *other)
{
	const struct progress_line *a = one;
	const struct progress_line *b = other;

	return a->id < b->id ? -1 : a->id > b->id;
}

static struct progress_line *find_line(const struct progress *progress, uint32_t id)
{
	const struct progress_line line = { .id = id };

	return array_find(progress->lines, progress->count, sizeof(line), &line, compare_lines);
}

void progress_compare_node(struct progress *progress, const struct progress *other)
{
	for (size_t i = 0; i < other->count; i++) {
		uint64_t theirs = other->lines[i].server.tablespaces;
		uint32_t id = other->lines[i].id;
		struct progress_line *line = find_line(progress, id);

		if (line && id > KEY_ID_TEMPORARY && line->server.tablespaces < theirs && line->state < STATE_DIFFERS)
			set_state(progress, line, STATE_DIFFERS);
	}
}

void progress_free(struct progress *progress)
{
	free(progress->lines);
	*progress = (struct progress){ 0 };
}
