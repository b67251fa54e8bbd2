/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/commands/rotation_steps.h"
#include "cli/commands/successor_sql.h"
#include "cli/keyfile/edit.h"
#include "cli/keyfile/filter.h"
#include "cli/keyfile/report.h"
#include "cli/keyfile/versions.h"
#include "cli/live/state.h"
#include "cli/options/defaults.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/format.h"
#include "core/signals.h"

#include <stdio.h>
#include <stdlib.h>

/* The first ID for tables in the examples of MariaDB's documentation. */
#define OTHER_KEY_FROM 100

struct arguments {
	struct options *options;
	struct key_ids ids;
	bool all;
	struct age older_than;
	size_t size; /* bytes; 0: as the old key */
	bool new_id;
	uint32_t successor; /* 0: the next free ID */
	bool if_missing;
	bool flush;
	struct server_options server;
	struct datadirs datadirs;
};

static enum status take_successor(const struct option_spec *spec, const char *value, void *place)
{
	(void)spec;
	return value ? option_parse_key_id(value, place) : STATUS_DONE;
}

static const struct option_spec specs[] = {
	{ "all", 0, NULL, "Rotate every ID in the file", OPTION_FLAG(struct arguments, all) },
	{ "older-than", 0, "AGE", "Rotate only IDs older than AGE (365d, 12m, 1y)",
	  OPTION_AGE(struct arguments, older_than) },
	{ "size", 's', "BITS", "Make keys of BITS bits (default: unchanged)", OPTION_KEY_BITS(struct arguments, size) },
	{ "new-id", 0, "ID", "Create successor ID (default: next free ID)",
	  OPTION_INTO(struct arguments, successor, uint32_t, take_successor), OPTION_GIVEN(struct arguments, new_id),
	  .optional = true },
	{ "if-missing", 0, NULL, "If the successor exists, print its SQL only",
	  OPTION_FLAG(struct arguments, if_missing) },
	{ "flush", 0, NULL, "Make the server read the key file again", OPTION_FLAG(struct arguments, flush) },
	{ OPTION_KEY_IDS(struct arguments, ids) },
	{ 0 },
};

static const struct conflict conflicts[] = {
	{ REQUIRE, "ID all older-than", NULL, NO_KEY_ID },
	{ EXCLUDE, "all ID", NULL, ALL_AND_IDS },
	{ EXCLUDE, "older-than new-id", NULL,
	  "--older-than and --new-id cannot be used together: the old IDs stay in the file and would be rotated again" },
	{ EXCLUDE, "flush new-id", NULL, "--flush and --new-id cannot be used together: a new ID requires a restart" },
	{ NEED, "datadir", "new-id", "--datadir requires --new-id" },
	{ NEED, "server-data", "new-id", "--server-data requires --new-id" },
	{ EXCLUDE, "flush output", NULL,
	  "--flush and --output cannot be used together: the server reads its own file" },
	{ EXCLUDE, "datadir server", NULL, "--datadir and --server cannot be used together" },
	{ EXCLUDE, "server-data server", NULL, "--server-data and --server cannot be used together" },
	{ NEED, "server", "flush new-id", "--server requires --flush or --new-id" },
	{ NEED, "user defaults-extra-file server-timeout no-tls", "server flush",
	  "--user, --defaults-extra-file, --server-timeout and --no-tls require --server" },
	{ 0 },
};

static const struct command_group groups[] = {
	{ COMMAND_GROUP(datadir_table, struct datadirs, struct arguments, datadirs) },
	{ COMMAND_GROUP(server_table, struct server_options, struct arguments, server) },
	{ COMMAND_SHARED(backup_table) },
	{ COMMAND_SHARED(filter_table) },
	{ COMMAND_SHARED(lock_table) },
	{ COMMAND_SHARED(date_table) },
	{ 0 },
};

static enum status complete_arguments(struct arguments *arguments)
{
	enum status status;

	arguments->server.named |= arguments->flush;
	arguments->options->writing.is_part = arguments->flush || arguments->new_id;
	if (arguments->server.count > 1)
		return usage_error("rotate uses one server: use --server once");
	if (arguments->older_than.number && arguments->options->writing.no_dates)
		return usage_error("--older-than requires dates: with --no-dates or 'dates = off', each run would "
				   "rotate the same IDs again");
	if (arguments->successor && arguments->ids.count != 1)
		return usage_error("--new-id=ID requires exactly one key ID");
	if (arguments->if_missing && !arguments->successor)
		return usage_error("--if-missing requires --new-id=ID");
	status = filter_complete(arguments->options);
	return status ? status : datadirs_complete(&arguments->datadirs, &arguments->options->host);
}

/* ---- the keys to rotate ---- */

static enum status take_all_ids(const struct keyfile *keyfile, struct key_ids *ret_ids)
{
	uint32_t *ids = calloc(keyfile->count, sizeof(*ids));

	if (!ids)
		return message_fault(fault_of(FAULT_MEMORY), "");
	ret_ids->ids = ids;
	for (size_t i = 0; i < keyfile->count; i++)
		if (!i || keyfile->sorted[i]->id != keyfile->sorted[i - 1]->id)
			ids[ret_ids->count++] = keyfile->sorted[i]->id;
	return STATUS_DONE;
}

/* Drops the IDs whose newest version is not too old. Keeps missing IDs, which are refused later. */
static void drop_young_ids(const struct keyfile *keyfile, struct age age, struct key_ids *ids)
{
	const struct age_limit limit = age_limit_now(age);
	size_t left = 0;
	size_t count;

	for (size_t i = 0; i < ids->count; i++) {
		struct entry **versions = keyfile_find(keyfile, ids->ids[i], &count);
		const struct date_line *created = versions ? versions[count - 1]->created : NULL;

		if (!created || !age_limit_includes(&limit, &created->date))
			ids->ids[left++] = ids->ids[i];
	}
	ids->count = left;
}

static enum status choose_ids(struct arguments *arguments, const struct keyfile *keyfile)
{
	enum status status = STATUS_DONE;

	if (!arguments->ids.count)
		status = take_all_ids(keyfile, &arguments->ids);
	if (!status && arguments->older_than.number)
		drop_young_ids(keyfile, arguments->older_than, &arguments->ids);
	return status;
}

/* Detects "101 --new-id 102" without the equals sign that an optional value needs. Returns the
 * ID that the missing one was meant to replace, or 0. */
static uint32_t id_to_replace(const struct arguments *arguments, const struct keyfile *keyfile, uint32_t missing)
{
	const uint32_t *ids = arguments->ids.ids;
	size_t count;
	uint32_t other;

	if (!arguments->new_id || arguments->successor || arguments->ids.count != 2)
		return 0;
	other = ids[0] == missing ? ids[1] : ids[0];
	return keyfile_find(keyfile, other, &count) ? other : 0;
}

static enum status find_newest(const struct arguments *arguments, const struct keyfile *keyfile, uint32_t id,
			       const struct entry **ret_newest)
{
	size_t count;
	struct entry **versions = keyfile_find(keyfile, id, &count);
	uint32_t replaced = id_to_replace(arguments, keyfile, id);

	if (versions) {
		*ret_newest = versions[count - 1];
		return STATUS_DONE;
	}
	message_error(KEY_ID_ABSENT, id, arguments->options->file);
	if (replaced)
		message_hint("did you mean 'mkeyfile rotate %u --new-id=%u%s'?", replaced, id, filter_given());
	else
		message_hint("run 'mkeyfile add %u%s' to add it", id, filter_given());
	return STATUS_FAILED;
}

static size_t new_size(const struct arguments *arguments, const struct entry *before)
{
	return arguments->size ? arguments->size : before->key_size;
}

/* ---- hints after a refusal ---- */

/* The lowest ID above id that the file does not have, or 0. */
static uint32_t next_free_id(const struct keyfile *keyfile, uint32_t id)
{
	size_t count;

	while (id < KEY_ID_MAX)
		if (!keyfile_find(keyfile, ++id, &count))
			return id;
	return 0;
}

/* InnoDB tables need not use the ID that the server requires for other things. */
static void hint_at_other_key(const struct keyfile *keyfile)
{
	uint32_t other = next_free_id(keyfile, OTHER_KEY_FROM - 1);

	message_hint(
		"run 'mkeyfile add %u%s', restart the server, and move InnoDB tables with ALTER TABLE ... ENCRYPTION_KEY_ID=%u",
		other, filter_given(), other);
}

/* The IDs that can have a successor, as command arguments: malloc(3)ed, or empty. */
static char *replaceable_ids(const struct key_ids *ids, const struct keyfile *keyfile)
{
	char *words = NULL;
	size_t size = 0;
	size_t count;
	FILE *stream = open_memstream(&words, &size);

	for (size_t i = 0; stream && i < ids->count; i++)
		if (ids->ids[i] > KEY_ID_TEMPORARY && keyfile_find(keyfile, ids->ids[i], &count))
			fprintf(stream, " %u", ids->ids[i]);
	return stream && !fclose(stream) ? words : NULL;
}

/* why: the end of the sentence. */
static void hint_at_successors(const struct arguments *arguments, const struct key_ids *ids,
			       const struct keyfile *keyfile, const char *why)
{
	HEAP char *words = replaceable_ids(ids, keyfile);
	HEAP char *size = arguments->size ? format_text(" --size=%zu", 8 * arguments->size) : NULL;

	if (words && *words)
		message_hint("run 'mkeyfile rotate%s --new-id%s%s' to rotate to a new ID%s",
			     arguments->all ? " --all" : words, size ? size : "", filter_given(), why);
	else if (words && key_ids_have(ids, KEY_ID_SYSTEM))
		hint_at_other_key(keyfile);
}

static void hint_at_other_ways(const struct arguments *arguments, const struct key_ids *ids,
			       const struct keyfile *keyfile)
{
	const struct target *target = &arguments->options->target;

	if (!keyfile->has_versions)
		hint_at_successors(arguments, ids, keyfile, ", which works on every server");
	if (keyfile->has_versions || !target->profile)
		versions_hint(target);
}

/* ---- a new version ---- */

static enum status make_versions(const struct arguments *arguments, const struct key_ids *ids,
				 const struct keyfile *keyfile, struct new_keys *keys)
{
	const struct entry *newest;
	enum status status = STATUS_DONE;

	for (size_t i = 0; !status && i < ids->count; i++)
		status = find_newest(arguments, keyfile, ids->ids[i], &newest);
	if (status)
		return status;
	status = versions_require(&arguments->options->target, arguments->options->file, keyfile);
	if (status)
		hint_at_other_ways(arguments, ids, keyfile);
	for (size_t i = 0; !status && i < ids->count; i++) {
		status = find_newest(arguments, keyfile, ids->ids[i], &newest);
		if (!status && newest->version == KEY_VERSION_MAX) {
			message_error("key ID %u is at version %u, the highest possible version", newest->id,
				      KEY_VERSION_MAX);
			hint_at_successors(arguments, ids, keyfile, "");
			return STATUS_REFUSED;
		}
		if (!status)
			status = new_keys_generate(keys, newest->id, newest->version + 1, new_size(arguments, newest));
	}
	return status;
}

/* ---- a successor under a new ID ---- */

static enum status refuse_fixed_id(const struct keyfile *keyfile, uint32_t id)
{
	const char *role =
		id == KEY_ID_SYSTEM ? "the redo log, binary log, Aria tables and system tablespace" : "temporary files";

	message_error("key ID %u cannot be rotated to a new ID: the server uses only this ID for %s", id, role);
	if (id == KEY_ID_SYSTEM)
		hint_at_other_key(keyfile);
	return STATUS_REFUSED;
}

/* Chooses the next free ID above id and above the last successor. */
static enum status choose_successor(const struct arguments *arguments, const struct keyfile *keyfile, uint32_t id,
				    uint32_t last, uint32_t *ret_successor)
{
	size_t count;

	*ret_successor = arguments->successor ? arguments->successor : next_free_id(keyfile, id > last ? id : last);
	if (!*ret_successor) {
		message_error("no key ID above %u is free", id);
		message_hint("use --new-id=ID to choose one");
		return STATUS_REFUSED;
	}
	if (!keyfile_find(keyfile, *ret_successor, &count) || (arguments->if_missing && *ret_successor != id))
		return STATUS_DONE;
	message_error(KEY_ID_PRESENT, *ret_successor, arguments->options->file);
	return STATUS_REFUSED;
}

static bool has_successor(const struct arguments *arguments, const struct keyfile *keyfile)
{
	size_t count;

	return arguments->if_missing && keyfile_find(keyfile, arguments->successor, &count);
}

static enum status make_successors(const struct arguments *arguments, const struct key_ids *ids,
				   const struct keyfile *keyfile, struct new_keys *keys, struct key_ids *ret_replaced)
{
	enum status status = STATUS_DONE;
	uint32_t successor = 0;

	ret_replaced->ids = calloc(ids->count, sizeof(uint32_t));
	if (!ret_replaced->ids)
		return message_fault(fault_of(FAULT_MEMORY), "");
	for (size_t i = 0; !status && i < ids->count; i++) {
		uint32_t id = ids->ids[i];
		const struct entry *newest;

		if (id <= KEY_ID_TEMPORARY && arguments->all) {
			message_warning("key ID %u is not rotated: the server uses only this ID", id);
			continue;
		}
		status = id <= KEY_ID_TEMPORARY ? refuse_fixed_id(keyfile, id)
						: find_newest(arguments, keyfile, id, &newest);
		if (!status)
			status = choose_successor(arguments, keyfile, id, successor, &successor);
		if (!status && !has_successor(arguments, keyfile))
			status = new_keys_generate(keys, successor, 1, new_size(arguments, newest));
		ret_replaced->ids[ret_replaced->count++] = id;
	}
	if (status || ret_replaced->count)
		return status;
	message_error("'%s' has no key ID that can be rotated to a new ID", arguments->options->file);
	return STATUS_REFUSED;
}

/* ---- the server ---- */

/* The key is new, so every other node lacks it. A node that lacks a version cannot receive a full state transfer from
 * a node that writes with it. */
static enum status refuse_other_nodes(const struct cluster *cluster)
{
	if (!cluster->id || (cluster->size == 1 && cluster->listed <= 1 && cluster->has_quorum))
		return STATUS_DONE;
	message_error("the server is a node of a Galera cluster, whose other nodes would lack the new key version");
	message_hint(
		"omit --flush, copy the key file to every node, then make each node read it; 'mkeyfile status --cluster' shows which nodes have read it");
	return STATUS_REFUSED;
}

/* Checks that the server can read its key file again, before anything changes. */
static enum status prepare_flush(const struct arguments *arguments, struct server_link *link, enum reload *ret_reload)
{
	SERVER_STATE struct server_state state = { 0 };
	enum status status = server_state_read(link, &state);

	if (status)
		return status;
	*ret_reload = state.reload;
	server_state_warn_of_other_file(&state, arguments->options->file);
	if (state.reload != RELOAD_NONE)
		return refuse_other_nodes(&state.cluster);
	message_error("server %s with %s cannot read its key file again while it runs",
		      state.version ? state.version : "of an unknown version",
		      state.plugin ? state.plugin : "no key plugin");
	message_hint(
		"omit --flush and restart the server: only Enterprise Server 11.8 and mkeyfile's plugin can reload keys");
	return STATUS_REFUSED;
}

/* The server may have another key file with the same path, for example on another host. */
static enum status check_loaded(struct server_link *link, const char *path, const struct new_keys *keys)
{
	SERVER_STATE struct server_state state = { 0 };
	enum status status = server_state_read(link, &state);

	for (size_t i = 0; !status && state.tells_newest && i < keys->count; i++) {
		const struct new_key *key = &keys->items[i];
		const struct server_id *id = server_state_find(&state, key->id);

		if (id && id->newest >= key->version)
			continue;
		message_error("the server has read its key file again, but has not loaded key ID %u version %u",
			      key->id, key->version);
		message_hint("copy '%s' to the server's key file '%s', and run %s", path,
			     state.filename ? state.filename : "", server_reload_statement(state.reload));
		status = STATUS_FAILED;
	}
	return status;
}

static enum status flush(struct server_link *link, enum reload reload, const char *path, const struct new_keys *keys)
{
	json_t *rows;
	enum status status = server_query(link, server_reload_statement(reload), &rows);

	json_decref(rows);
	if (!status)
		status = check_loaded(link, path, keys);
	if (status)
		return status;
	signals_end_with(STATUS_DONE);
	message_note("the server has read the key file again: %s", server_reload_statement(reload));
	return STATUS_DONE;
}

/* Asks the server before the key file changes. */
static enum status ask_server(const struct arguments *arguments, struct server_link **ret_link, enum reload *ret_reload)
{
	enum status status = STATUS_DONE;

	if (arguments->server.named)
		status = defaults_complete_host(arguments->options);
	if (!status && arguments->server.named)
		status = server_link_open(&arguments->server, &arguments->options->accounts, &arguments->options->host,
					  ret_link);
	if (!status && arguments->flush)
		status = prepare_flush(arguments, *ret_link, ret_reload);
	return status;
}

static enum status find_tables(const struct arguments *arguments, struct server_link *link,
			       const struct keyfile *keyfile, const struct key_ids *ids, struct tables *tables)
{
	enum status status = STATUS_DONE;

	if (arguments->datadirs.count)
		status = tables_of_datadirs(&arguments->datadirs, arguments->options->talk.quiet, keyfile, ids, tables);
	else if (link)
		status = tables_of_server(link, ids, tables);
	if (!status && tables->unnamed)
		message_warning("%llu tablespace%s no known table: an interrupted ALTER TABLE left %s",
				(unsigned long long)tables->unnamed, tables->unnamed == 1 ? " has" : "s have",
				tables->unnamed == 1 ? "it" : "them");
	return status;
}

/* Releases the lock of the key file, since reading whole data directories takes long. */
static enum status find_tables_unlocked(const struct arguments *arguments, struct server_link *link,
					const struct edit *edit, const struct key_ids *ids, struct tables *tables)
{
	const struct options *options = arguments->options;
	enum status status;

	if (filter_is_used(options))
		return find_tables(arguments, link, &edit->content.keyfile, ids, tables);
	store_unlock(&edit->store);
	status = find_tables(arguments, link, &edit->content.keyfile, ids, tables);
	if (status)
		return status;
	return message_fault(store_lock_again(&edit->store, options->writing.lock_timeout), options->file);
}

/* ---- the report ---- */

/* Everything to report. */
struct done {
	const struct arguments *arguments;
	const struct change *change;
	const struct key_ids *ids;
	const struct key_ids *replaced;
	const struct tables *tables; /* NULL: not wanted */
	bool flushed;
};

static enum status report_successor(const struct done *done, size_t i, json_t *list)
{
	const struct options *options = done->arguments->options;
	uint32_t id = done->replaced->ids[i];
	uint32_t given = done->arguments->successor;
	uint32_t successor = given ? given : done->change->keys->items[i].id;
	HEAP char *sql = successor_sql(id, successor, done->tables);

	if (!sql)
		return out_of_memory();
	if (!options->talk.json)
		fputs(sql, filter_takes_output(options) ? stderr : stdout);
	else
		json_array_append_new(list, json_pack("{s:I, s:I, s:o}", "id", (json_int_t)id, "new_id",
						      (json_int_t)successor, "sql", json_text(sql)));
	return STATUS_DONE;
}

/* Takes ownership of object. */
static void set_json(json_t *object, json_t *successors, bool flushed)
{
	json_object_set(object, "successors", successors);
	json_object_set_new(object, "flushed", json_boolean(flushed));
	document_set(object);
}

static enum status report(const struct done *done)
{
	const struct options *options = done->arguments->options;
	json_t *object = NULL;
	json_t *list = json_array();
	enum status status = STATUS_DONE;

	if (done->change->store)
		status = report_words(&options->talk, done->change);
	else
		message_note(KEY_ID_PRESENT, done->arguments->successor, options->file);
	if (!status && options->talk.json)
		status = report_json(done->change, &object);
	for (size_t i = 0; !status && i < done->replaced->count; i++)
		status = report_successor(done, i, list);
	if (object)
		set_json(object, list, done->flushed);
	json_decref(list);
	if (!options->writing.dry_run)
		say_rotation_steps(&(struct rotation){
			.file = filter_takes_output(options) ? NULL
				: filter_is_used(options)    ? options->output
							     : options->file,
			.ids = done->ids,
			.new_id = done->arguments->new_id,
			.flushed = done->flushed,
			.names_tables = done->tables != NULL,
		});
	return status;
}

/* No key is old. */
static enum status rotate_nothing(const struct arguments *arguments, struct edit *edit)
{
	const struct options *options = arguments->options;
	const struct new_keys nothing = { 0 };
	const struct change change = { "changed",	  "would change", options->file, edit->content.encrypted,
				       &options->writing, &nothing,	  NULL };
	json_t *object = NULL;
	json_t *successors = json_array();
	enum status status = edit_keep(edit);

	if (!status)
		message_note("'%s' has no key ID older than %u%c to rotate", options->file,
			     arguments->older_than.number, arguments->older_than.unit);
	if (!status && options->talk.json)
		status = report_json(&change, &object);
	if (object)
		set_json(object, successors, false);
	json_decref(successors);
	return status;
}

static enum status make_keys(const struct arguments *arguments, const struct key_ids *ids,
			     const struct keyfile *keyfile, struct new_keys *keys, struct key_ids *ret_replaced)
{
	enum status status = new_keys_allocate(keys, ids->count, &arguments->options->writing);

	if (status)
		return status;
	return arguments->new_id ? make_successors(arguments, ids, keyfile, keys, ret_replaced)
				 : make_versions(arguments, ids, keyfile, keys);
}

/* Without new keys, the file stays as it is. */
static enum status write_keys(const struct arguments *arguments, struct edit *edit, const struct new_keys *keys)
{
	const struct keyfile *keyfile = &edit->content.keyfile;
	SECRET struct secret text = { 0 };
	enum status status;

	if (!keys->count)
		return edit_keep(edit);
	status = versions_extend_text(arguments->options->file, keyfile, keys,
				      keyfile->has_versions || !arguments->new_id, &text);
	return status ? status : edit_commit(edit, &text);
}

static enum status rotate(void *input)
{
	struct arguments *arguments = input;
	const struct options *options = arguments->options;
	EDIT struct edit edit = EDIT_CLOSED;
	const struct keyfile *keyfile = &edit.content.keyfile;
	SERVER_LINK struct server_link *link = NULL;
	TABLES struct tables tables = { 0 };
	KEY_IDS struct key_ids replaced = { 0 };
	NEW_KEYS struct new_keys keys = { 0 };
	const struct key_ids *ids = &arguments->ids;
	enum reload reload = RELOAD_NONE;
	enum status flushed = STATUS_DONE;
	enum status status = complete_arguments(arguments);

	if (!status)
		status = ask_server(arguments, &link, &reload);
	if (!status)
		status = edit_open(&edit, options);
	if (!status)
		status = choose_ids(arguments, keyfile);
	if (!status && !ids->count)
		return rotate_nothing(arguments, &edit);
	if (!status)
		status = make_keys(arguments, ids, keyfile, &keys, &replaced);
	if (!status && arguments->new_id)
		status = find_tables_unlocked(arguments, link, &edit, &replaced, &tables);
	if (!status)
		status = write_keys(arguments, &edit, &keys);
	if (status)
		return status;
	if (arguments->flush && !options->writing.dry_run)
		flushed = flush(link, reload, options->file, &keys);
	status = report(&(struct done){
		.arguments = arguments,
		.change = &(struct change){ "changed", "would change", options->file, edit.content.encrypted,
					    &options->writing, &keys, keys.count ? &edit.store : NULL },
		.ids = ids,
		.replaced = &replaced,
		.tables = link || arguments->datadirs.count ? &tables : NULL,
		.flushed = arguments->flush && !options->writing.dry_run && !flushed,
	});
	return flushed ? flushed : status;
}

const struct command rotate_command = {
	.name = "rotate",
	.operands = "[ID...]",
	.summary = "add a key version, or with --new-id a successor ID",
	.description = "Give each ID a new key version, or a successor ID. No key is ever removed.",
	.examples = { "mkeyfile rotate 100", "mkeyfile rotate 100 --new-id >move.sql",
		      "mkeyfile rotate --all --dry-run" },
	.own = { specs, .conflicts = conflicts },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.run = rotate,
};
