/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/commands/free_pages.h"
#include "cli/keyfile/backup.h"
#include "cli/keyfile/edit.h"
#include "cli/keyfile/filter.h"
#include "cli/keyfile/report.h"
#include "cli/options/defaults.h"
#include "cli/proof/datadir.h"
#include "cli/words/data_words.h"
#include "cli/words/document.h"
#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/format.h"
#include "core/keyset.h"
#include "data/parts.h"

#include <inttypes.h>
#include <stdlib.h>

struct arguments {
	struct options *options;
	struct key_ids ids;
	struct datadirs datadirs;
	uint32_t version; /* 0: not one version */
	bool old_versions;
	bool all;
	bool if_present;
	bool free_pages;
	bool force;
};

static const struct option_spec specs[] = {
	{ "key-version", 0, "N", "Remove only version N, which must not be the newest",
	  OPTION_KEY_VERSION(struct arguments, version) },
	{ "old-versions", 0, NULL, "Remove every version except the newest",
	  OPTION_FLAG(struct arguments, old_versions) },
	{ "all", 0, NULL, "Apply --old-versions to every ID in the file", OPTION_FLAG(struct arguments, all) },
	{ "if-present", 0, NULL, "Skip IDs and versions that are not in the file",
	  OPTION_FLAG(struct arguments, if_present) },
	{ "free-pages", 0, NULL, "Remove versions that only free pages need",
	  OPTION_FLAG(struct arguments, free_pages) },
	{ "force", 0, NULL, "Remove keys even if data needs or may need them", OPTION_FLAG(struct arguments, force) },
	{ OPTION_KEY_IDS(struct arguments, ids) },
	{ 0 },
};

static const struct conflict conflicts[] = {
	{ NEED, "all", "old-versions", "--all requires --old-versions" },
	{ EXCLUDE, "key-version old-versions", NULL, "--key-version and --old-versions cannot be used together" },
	{ EXCLUDE, "all if-present", NULL, "--all and --if-present cannot be used together" },
	{ EXCLUDE, "all ID", NULL, ALL_AND_IDS },
	{ REQUIRE, "ID all", NULL, NO_KEY_ID },
	{ 0 },
};

static const struct command_group groups[] = {
	{ COMMAND_GROUP(datadir_table, struct datadirs, struct arguments, datadirs) },
	{ COMMAND_SHARED(filter_table) },
	{ COMMAND_SHARED(lock_table) },
	{ 0 },
};

/* ---- the keys to remove ---- */

/* count: the number of versions of the ID */
static enum status refuse_id(uint32_t id, size_t count)
{
	if (id != KEY_ID_SYSTEM)
		return STATUS_DONE;
	message_error("key ID 1 cannot be removed: no server starts without it");
	if (count > 1)
		message_hint("use --old-versions to remove the versions that no data uses");
	return STATUS_REFUSED;
}

static enum status refuse_newest(const struct entry *newest)
{
	message_error("version %u is the newest of key ID %u: the server encrypts with it", newest->version,
		      newest->id);
	if (newest->id != KEY_ID_SYSTEM)
		message_hint("omit --key-version to remove the whole ID");
	return STATUS_REFUSED;
}

/* Marks the entries of one version. False: the ID has no such version. */
static bool mark_version(struct entry **entries, size_t count, uint32_t version)
{
	bool found = false;

	for (size_t i = 0; i < count; i++)
		if (entries[i]->version == version)
			entries[i]->removed = found = true;
	return found;
}

/* Takes ownership of words; NULL: no memory. */
static enum status refuse_absent(const struct arguments *arguments, char *words)
{
	HEAP char *owned = words;

	if (!owned)
		return message_fault(fault_of(FAULT_MEMORY), "");
	message_say(arguments->if_present ? MESSAGE_NOTE : MESSAGE_ERROR, "%s", owned);
	return arguments->if_present ? STATUS_DONE : STATUS_FAILED;
}

static enum status mark_id(const struct arguments *arguments, const struct keyfile *keyfile, uint32_t id)
{
	const char *file = arguments->options->file;
	size_t count;
	struct entry **entries = keyfile_find(keyfile, id, &count);
	const struct entry *newest = entries ? entries[count - 1] : NULL;
	enum status status = STATUS_DONE;

	if (!entries)
		return refuse_absent(arguments, format_text(KEY_ID_ABSENT, id, file));
	if (arguments->version == newest->version)
		return refuse_newest(newest);
	if (arguments->version) {
		if (mark_version(entries, count, arguments->version))
			return STATUS_DONE;
		return refuse_absent(arguments, format_text(KEY_VERSION_ABSENT, id, arguments->version, file));
	}
	if (!arguments->old_versions)
		status = refuse_id(id, count);
	for (size_t i = 0; !status && i < count; i++)
		entries[i]->removed = !arguments->old_versions || entries[i]->version != newest->version;
	return status;
}

static enum status mark(const struct arguments *arguments, const struct keyfile *keyfile)
{
	enum status status = STATUS_DONE;
	size_t count;

	for (size_t i = 0; !status && i < arguments->ids.count; i++)
		status = mark_id(arguments, keyfile, arguments->ids.ids[i]);
	for (size_t i = 0; !status && arguments->all && i < keyfile->count; i += count) {
		uint32_t id = keyfile->sorted[i]->id;

		keyfile_find(keyfile, id, &count);
		status = mark_id(arguments, keyfile, id);
	}
	return status;
}

/* Finds the members of all whose entries are marked. */
static struct fault find_removed(const struct keyfile *keyfile, const struct keyset *all, struct keyset *ret_removed)
{
	struct fault fault = fault_none();

	for (size_t i = 0; !fault.code && i < all->count; i++) {
		const struct keyset_member *member = &all->members[i];

		if (keyfile_find_version(keyfile, member->id, member->version)->removed)
			fault = keyset_add(ret_removed, member);
	}
	return fault;
}

/* ---- whether data needs them ---- */

static enum status refuse(const struct arguments *arguments, char *words)
{
	return refuse_unless(arguments->force, words);
}

static enum status refuse_need(const struct arguments *arguments, const struct keyset_member *member,
			       const struct data_needs *needs, const struct data_need *need)
{
	const char *example = data_need_example(needs, need);
	const char *plural = need->files == 1 ? "" : "s";

	if (!need->version)
		return refuse(arguments, format_text("key ID %u is the key of %" PRIu64
						     " file%s without an encrypted page, such as '%s'",
						     member->id, need->files, plural, example));
	return refuse(arguments, format_text("key ID %u version %u is needed by %" PRIu64 " file%s, for example '%s'",
					     member->id, member->version, need->files, plural, example));
}

/* A server reads only the allocated pages of a table, but an import reads all pages. */
static enum status refuse_need_of_free_pages(const struct arguments *arguments, const struct keyset_member *member,
					     const struct data_needs *needs, const struct data_need *need)
{
	return refuse_unless(arguments->force || arguments->free_pages,
			     format_text("key ID %u version %u is needed for free pages of %" PRIu64
					 " file%s, for example '%s'",
					 member->id, member->version, need->files, need->files == 1 ? "" : "s",
					 data_need_example(needs, need)));
}

/* Whether whole IDs are removed: files that only refer to an ID need it, too. */
static bool removes_ids(const struct arguments *arguments)
{
	return !arguments->version && !arguments->old_versions;
}

static void hint_at_proof(const struct datadirs *datadirs)
{
	HEAP char *directories = datadirs_retype(datadirs);

	message_hint("run 'mkeyfile verify%s%s' to list which data needs which key", directories ? directories : "",
		     message_given());
}

static enum status check_needs(const struct arguments *arguments, const struct keyset *removed,
			       const struct data_needs *needs, struct free_pages *free_pages)
{
	enum status worst = STATUS_DONE;
	enum status worst_free = STATUS_DONE;

	for (size_t i = 0; i < removed->count; i++) {
		const struct keyset_member *member = &removed->members[i];
		const struct data_need *need = data_needs_find(needs, member->id, member->version);

		if (!need || !need->files)
			need = removes_ids(arguments) ? data_needs_find(needs, member->id, 0) : NULL;
		if (need && need->files && need->files == need->free_files) {
			enum status status = refuse_need_of_free_pages(arguments, member, needs, need);

			worst_free = status ? status : worst_free;
		} else if (need && need->files) {
			enum status status = refuse_need(arguments, member, needs, need);

			worst = status ? status : worst;
		}
	}
	if (worst)
		hint_at_proof(&arguments->datadirs);
	if (worst_free)
		free_pages_say(free_pages);
	return worst ? worst : worst_free;
}

static enum status refuse_with_hint(const struct arguments *arguments, char *words, const char *hint)
{
	enum status status = refuse(arguments, words);

	if (status == STATUS_REFUSED)
		message_hint("%s; --force overrides this check", hint);
	return status;
}

static enum status check_redo_log_of(const struct arguments *arguments, const struct data_needs *needs, size_t number)
{
	const char *directory = arguments->datadirs.paths[number];
	enum data_redo_log log = data_needs_find_redo_log(needs, number);

	switch (log) {
	case DATA_REDO_LOG_NONE:
		return refuse_with_hint(
			arguments,
			format_text("'%s' has tablespaces, but not their redo log, which may need keys too", directory),
			redo_log_hint(log));
	case DATA_REDO_LOG_OLD:
	case DATA_REDO_LOG_SEVERAL:
		return refuse_with_hint(arguments, redo_log_words(log, directory), redo_log_hint(log));
	default:
		return STATUS_DONE;
	}
}

static enum status check_redo_logs(const struct arguments *arguments, const struct data_needs *needs)
{
	enum status status = STATUS_DONE;

	for (size_t i = 0; !status && i < needs->directory_count; i++)
		if (needs->directories[i].has_tablespace)
			status = check_redo_log_of(arguments, needs, i);
	return status;
}

static enum status check_pending(const struct arguments *arguments, const struct data_needs *needs)
{
	const char *log = NULL;

	if (needs->pending)
		log = data_needs_path(needs, needs->pending_example);
	else if (needs->unsure_note == DATA_NOTE_UNREAD)
		log = data_needs_path(needs, needs->unsure_example);
	if (!log)
		return STATUS_DONE;
	return refuse_with_hint(arguments, pending_words(log),
				"start the server with all keys and shut it down cleanly, or prepare the backup");
}

static enum status check_sure(const struct arguments *arguments, const struct data_needs *needs)
{
	uint64_t unsure = needs->unsure;
	enum status status;

	if (needs->live)
		return refuse_with_hint(
			arguments,
			format_text("a server is running on the data: the keys it needs may change at any moment"),
			"shut the server down cleanly first");
	status = check_pending(arguments, needs);
	if (!status && unsure)
		status = refuse_with_hint(
			arguments,
			format_text("%" PRIu64 " file%s may need keys that mkeyfile cannot determine, for example '%s'",
				    unsure, unsure == 1 ? "" : "s", data_needs_path(needs, needs->unsure_example)),
			"run 'mkeyfile verify' with the same directories for details");
	return status ? status : check_redo_logs(arguments, needs);
}

static enum status refuse_unseen(const struct arguments *arguments)
{
	if (arguments->force)
		return STATUS_DONE;
	message_error("no data directory was checked; existing data may still need these keys");
	message_hint(
		"use --server-data for the server of this host, or --datadir=DIR for a data directory or a backup; --force overrides this check");
	return STATUS_REFUSED;
}

static void hint_at_setting(enum part part)
{
	const char *setting = part_setting(part);

	if (setting)
		message_hint(PART_SETTING_HINT "; --force overrides this check", setting);
	else if (part == PART_TRANSFER)
		message_hint("start the node, and shut it down when it is Synced; --force overrides this check");
	else
		message_hint(PART_RESTORE_HINT "; --force overrides this check");
}

/* Parts of the data in other places may need keys, too. */
static enum status refuse_missing(const struct arguments *arguments, const struct data_parts *parts)
{
	enum status worst = STATUS_DONE;

	for (size_t i = 0; i < parts->count; i++) {
		const struct missing_part *part = &parts->items[i];
		HEAP char *what = part_words(part);
		enum status status = refuse(arguments, what ? format_text("the data is incomplete: %s", what) : NULL);

		worst = status ? status : worst;
		if (status == STATUS_REFUSED && (i + 1 == parts->count || parts->items[i + 1].part != part->part))
			hint_at_setting(part->part);
	}
	return worst;
}

/* New tables will need a key, too. */
static enum status check_default_key(const struct arguments *arguments, const struct keyset *removed)
{
	const struct host *host = &arguments->options->host;
	uint32_t id = host->names_file && removes_ids(arguments) ? host->settings.default_key_id : 0;

	for (size_t i = 0; i < removed->count; i++)
		if (removed->members[i].id == id)
			return refuse_with_hint(
				arguments,
				format_text(
					"key ID %u is the key of new tables: the server's option files set innodb_default_encryption_key_id to it",
					id),
				"set innodb_default_encryption_key_id to another ID, in the running server too");
	return STATUS_DONE;
}

static enum status guard(const struct arguments *arguments, const struct keyfile *keyfile, const struct keyset *removed)
{
	const struct datadirs *datadirs = &arguments->datadirs;
	DATA_AUDIT struct data_audit audit = { 0 };
	FREE_PAGES struct free_pages free_pages = { .keys = removed };
	enum status status;

	if (!datadirs->count)
		return refuse_unseen(arguments);
	status = datadirs_audit(datadirs, arguments->options->talk.quiet, (struct survey_options){ .keyfile = keyfile },
				&audit);
	if (!status)
		status = datadirs_check_kinds(datadirs, &audit.needs);
	if (!status && !free_pages_find(&free_pages, &audit.needs))
		status = out_of_memory();
	if (!status)
		status = check_needs(arguments, removed, &audit.needs, &free_pages);
	if (!status)
		status = check_default_key(arguments, removed);
	if (!status && !audit.needs.live)
		status = refuse_missing(arguments, &audit.parts);
	if (!status)
		status = check_sure(arguments, &audit.needs);
	return status;
}

/* ---- the report ---- */

static void say_removed(const struct arguments *arguments, const struct store *store, const struct keyset *removed)
{
	const struct options *options = arguments->options;
	HEAP char *backup = backup_path(store, options->file);

	message_note("%s '%s'", options->writing.dry_run ? "would change" : "changed", options->file);
	for (size_t i = 0; i < removed->count; i++) {
		const struct keyset_member *member = &removed->members[i];

		message_note("  without key ID %u version %u, %u bits, fingerprint %s", member->id, member->version,
			     member->bits, member->fingerprint.text);
	}
	message_note("not checked: %sother nodes, replicas and their relay logs, and %sbackups;",
		     arguments->datadirs.count ? "" : "the data of this server, ",
		     arguments->datadirs.count ? "other " : "");
	if (backup)
		message_note("      keep '%s' or a copy of it as long as any of them may need these keys", backup);
}

static void report(const struct arguments *arguments, const struct edit *edit, const struct keyset *removed)
{
	const struct options *options = arguments->options;
	json_t *object;

	if (removed->count)
		say_removed(arguments, &edit->store, removed);
	else if (arguments->old_versions)
		message_note("'%s' has no older versions%s", options->file, arguments->all ? "" : " of these IDs");
	if (!options->talk.json)
		return;
	object = report_change_json(options->file, &options->writing, edit->content.encrypted,
				    removed->count ? &edit->store : NULL, options->file);
	json_object_set_new(object, "removed", report_keyset_json(removed));
	document_set(object);
}

static enum status remove_marked(const struct arguments *arguments, struct edit *edit, struct keyset *removed)
{
	const char *file = arguments->options->file;
	KEYSET struct keyset all = { 0 };
	SECRET struct secret text = { 0 };
	enum status status = mark(arguments, &edit->content.keyfile);
	struct fault fault;

	if (status)
		return status;
	fault = keyset_of_keyfile(&edit->content.keyfile, &all);
	if (!fault.code)
		fault = find_removed(&edit->content.keyfile, &all, removed);
	if (!fault.code)
		fault = keyfile_reduce(&edit->content.keyfile, &text);
	if (fault.code)
		return message_fault(fault, file);
	if (!removed->count)
		return edit_keep(edit);
	status = guard(arguments, &edit->content.keyfile, removed);
	return status ? status : edit_commit(edit, &text);
}

static enum status remove_keys(void *input)
{
	struct arguments *arguments = input;
	EDIT struct edit edit = EDIT_CLOSED;
	KEYSET struct keyset removed = { 0 };
	enum status status = key_ids_check_version(&arguments->ids, arguments->version);

	arguments->options->writing.backup = true;
	arguments->options->writing.any_seal = arguments->force;
	if (!status)
		status = filter_complete(arguments->options);
	if (!status && arguments->datadirs.of_server)
		status = defaults_complete_host(arguments->options);
	if (!status)
		status = datadirs_complete(&arguments->datadirs, &arguments->options->host);
	if (!status)
		status = edit_open(&edit, arguments->options);
	if (!status)
		status = remove_marked(arguments, &edit, &removed);
	if (!status)
		report(arguments, &edit, &removed);
	return status;
}

const struct command remove_command = {
	.name = "remove",
	.operands = "ID...|--all",
	.summary = "remove keys that no data needs",
	.description = "Remove keys that no data needs, and keep the old file as FILE~.",
	.examples = { "mkeyfile remove 100 --server-data --datadir=/backup/last",
		      "mkeyfile remove --all --old-versions --server-data", "mkeyfile remove 100 --force --dry-run" },
	.own = { specs, .conflicts = conflicts },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.run = remove_keys,
};
