/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/keyfile/edit.h"
#include "cli/keyfile/filter.h"
#include "cli/keyfile/report.h"
#include "cli/keyfile/versions.h"
#include "cli/options/repeatable.h"
#include "cli/words/document.h"
#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/format.h"

#include <string.h>

struct arguments {
	struct options *options;
	struct key_ids ids;
	size_t size; /* bytes; 0: not given */
	const char *key_from;
	uint32_t key_version; /* 0: not given */
	struct date created;  /* "": not given */
	bool if_missing;
	bool force;
};

/* "2024-05-31" is the beginning of that day. */
static enum status take_date(const struct option_spec *spec, const char *value, void *place)
{
	const struct date now = date_now();
	HEAP char *whole = format_text("%s%s", value, strchr(value, 'T') ? "" : "T00:00:00Z");
	struct date *date = place;

	(void)spec;
	if (!whole)
		return out_of_memory();
	if (!date_parse(whole, strlen(whole), date))
		return option_refuse("invalid date '%s': use a date such as 2024-05-31 or 2024-05-31T16:00:00Z",
				     repeatable(value));
	return strcmp(date->text, now.text) > 0 ? option_refuse("--created is in the future") : STATUS_DONE;
}

static const struct option_spec specs[] = {
	{ "size", 's', "BITS", "Make keys of 128, 192 or 256 BITS (default: 256)",
	  OPTION_KEY_BITS(struct arguments, size) },
	{ "key-from", 0, "FILE", "Import the hex key in FILE (-: standard input)",
	  OPTION_PATH(struct arguments, key_from) },
	{ "key-version", 0, "N", "Import the key as version N of an ID",
	  OPTION_KEY_VERSION(struct arguments, key_version) },
	{ "created", 0, "DATE", "Record DATE as the day when that key was made",
	  OPTION_INTO(struct arguments, created, struct date, take_date) },
	{ "if-missing", 0, NULL, "Skip IDs that are already in the file", OPTION_FLAG(struct arguments, if_missing) },
	{ "force", 0, NULL, "Import a key even if it is weak, public or used by another ID",
	  OPTION_FLAG(struct arguments, force) },
	{ OPTION_KEY_IDS(struct arguments, ids) },
	{ 0 },
};

static const struct conflict conflicts[] = {
	{ REQUIRE, "ID", NULL, NO_KEY_ID },
	{ EXCLUDE, "size key-from", NULL,
	  "--size and --key-from cannot be used together: an imported key has its own size" },
	{ NEED, "key-version", "key-from", "--key-version requires --key-from: 'mkeyfile rotate' makes new versions" },
	{ NEED, "created", "key-from", "--created requires --key-from: a new key gets the current date" },
	{ NEED, "force", "key-from", "--force requires --key-from" },
	{ EXCLUDE, "if-missing key-from", NULL,
	  "--if-missing and --key-from cannot be used together: an ID in the file may have another key" },
	{ 0 },
};

static const struct command_group groups[] = { { COMMAND_SHARED(backup_table) },
					       { COMMAND_SHARED(filter_table) },
					       { COMMAND_SHARED(lock_table) },
					       { COMMAND_SHARED(date_table) },
					       { 0 } };

static enum status check_arguments(const struct arguments *arguments)
{
	if (arguments->key_from && arguments->ids.count != 1)
		return usage_error("--key-from requires exactly one key ID");
	if (is_standard_stream(arguments->key_from) && reads_standard_input(&arguments->options->password))
		return usage_error("the key and the password cannot both come from standard input");
	if (is_standard_stream(arguments->key_from) && is_standard_stream(arguments->options->file))
		return usage_error("the key and the key file cannot both come from standard input");
	return filter_complete(arguments->options);
}

/* With --if-missing, drops the IDs that are already in the file. */
static void skip_existing(struct key_ids *ids, const struct options *options, const struct keyfile *keyfile)
{
	size_t left = 0;
	size_t count;

	for (size_t i = 0; i < ids->count; i++)
		if (keyfile_find(keyfile, ids->ids[i], &count))
			message_note(KEY_ID_PRESENT, ids->ids[i], options->file);
		else
			ids->ids[left++] = ids->ids[i];
	ids->count = left;
}

static void hint_at_rotation(const struct target *target, const struct keyfile *keyfile, uint32_t id)
{
	if (versions_are_possible(target, keyfile))
		message_hint("run 'mkeyfile rotate %u%s' to add a new version", id, filter_given());
	else if (id > KEY_ID_TEMPORARY)
		message_hint("run 'mkeyfile rotate %u --new-id%s' to add a successor", id, filter_given());
	else
		message_hint("use --if-missing to skip key IDs that are already in the file");
}

/* With --key-version, the ID may exist, but not that version of it. */
static enum status refuse_existing(const struct arguments *arguments, const struct keyfile *keyfile)
{
	for (size_t i = 0; i < arguments->ids.count; i++) {
		uint32_t id = arguments->ids.ids[i];
		size_t count;

		if (arguments->key_version && keyfile_find_version(keyfile, id, arguments->key_version)) {
			message_error("key ID %u version %u is already in '%s'", id, arguments->key_version,
				      arguments->options->file);
			return STATUS_REFUSED;
		}
		if (!arguments->key_version && keyfile_find(keyfile, id, &count)) {
			message_error(KEY_ID_PRESENT, id, arguments->options->file);
			hint_at_rotation(&arguments->options->target, keyfile, id);
			return STATUS_REFUSED;
		}
	}
	return STATUS_DONE;
}

static enum status make_keys(const struct arguments *arguments, const struct keyfile *keyfile, struct new_keys *keys)
{
	const struct key_import import = {
		.path = arguments->key_from,
		.id = arguments->ids.ids[0],
		.version = arguments->key_version,
		.created = arguments->created,
		.force = arguments->force,
		.input_is_free =
			!filter_is_used(arguments->options) && !reads_standard_input(&arguments->options->password),
	};
	enum status status = new_keys_allocate(keys, arguments->ids.count, &arguments->options->writing);

	if (!status && arguments->key_from)
		return new_keys_import(keys, &import, keyfile);
	for (size_t i = 0; !status && i < arguments->ids.count; i++)
		status = new_keys_generate(keys, arguments->ids.ids[i], 1,
					   arguments->size ? arguments->size : KEY_MAX_SIZE);
	return status;
}

static enum status change_nothing(const struct options *options, struct edit *edit)
{
	const struct new_keys nothing = { 0 };
	const struct change change = { "changed",	  "would change", options->file, edit->content.encrypted,
				       &options->writing, &nothing,	  NULL };
	json_t *object = NULL;
	enum status status = edit_keep(edit);

	if (status || !options->talk.json)
		return status;
	status = report_json(&change, &object);
	document_set(object);
	return status;
}

static enum status add(void *input)
{
	struct arguments *arguments = input;
	const struct options *options = arguments->options;
	EDIT struct edit edit = EDIT_CLOSED;
	const struct keyfile *keyfile = &edit.content.keyfile;
	NEW_KEYS struct new_keys keys = { 0 };
	SECRET struct secret text = { 0 };
	bool versioned;
	enum status status = check_arguments(arguments);

	arguments->options->writing.any_seal = arguments->force;
	if (!status)
		status = edit_open(&edit, options);
	if (!status && arguments->if_missing)
		skip_existing(&arguments->ids, options, keyfile);
	if (!status && !arguments->ids.count)
		return change_nothing(options, &edit);
	if (!status)
		status = refuse_existing(arguments, keyfile);
	if (!status && arguments->key_version > 1) {
		status = versions_require(&options->target, options->file, keyfile);
		if (status)
			versions_hint(&options->target);
	}
	versioned = keyfile->has_versions || arguments->key_version > 1;
	if (!status)
		status = make_keys(arguments, keyfile, &keys);
	if (!status)
		status = versions_extend_text(options->file, keyfile, &keys, versioned, &text);
	if (!status)
		status = edit_commit(&edit, &text);
	if (status)
		return status;
	status = report_change(&options->talk,
			       &(struct change){ "changed", "would change", options->file, edit.content.encrypted,
						 &options->writing, &keys, &edit.store });
	if (!options->writing.dry_run)
		report_next_of_new_ids();
	return status;
}

const struct command add_command = {
	.name = "add",
	.operands = "ID...",
	.summary = "add new key IDs",
	.description = "Add a random key, or an existing one, under each new ID.",
	.examples = { "mkeyfile add 101 102", "mkeyfile add 103 --size=128 --backup",
		      "openssl rand -hex 32 | mkeyfile add 104 --key-from=-" },
	.own = { specs, .conflicts = conflicts },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.run = add,
};
