/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/keyfile/edit.h"
#include "cli/keyfile/new_file.h"
#include "cli/keyfile/report.h"
#include "cli/words/message.h"

struct arguments {
	struct options *options;
	struct key_ids ids;
	size_t size; /* bytes of each key */
	bool force;
};

static const struct arguments initial = { .size = KEY_MAX_SIZE };

static const struct option_spec specs[] = {
	{ "size", 's', "BITS", "Make keys of 128, 192 or 256 BITS (default: 256)",
	  OPTION_KEY_BITS(struct arguments, size) },
	{ "force", 0, NULL, "Replace an existing FILE and keep the old one as FILE~",
	  OPTION_FLAG(struct arguments, force) },
	{ OPTION_KEY_IDS(struct arguments, ids) },
	{ 0 },
};

static const struct conflict conflicts[] = {
	{ NEED, "write-in-place", "force", "--write-in-place requires --force: a new file needs no backup" },
	{ NEED, "keep", "force", "--keep requires --force: a new file needs no backup" },
	{ 0 },
};

static const struct command_group groups[] = {
	{ COMMAND_SHARED(new_password_table) }, { COMMAND_SHARED(lock_table) }, { COMMAND_SHARED(date_table) }, { 0 }
};

/* Without IDs: the IDs that servers use by default. */
static enum status complete_arguments(struct arguments *arguments)
{
	enum status status = STATUS_DONE;

	if (!arguments->ids.count) {
		status = key_ids_add(&arguments->ids, KEY_ID_SYSTEM);
		if (!status)
			status = key_ids_add(&arguments->ids, KEY_ID_TEMPORARY);
	}
	if (status)
		return status;
	if (!key_ids_have(&arguments->ids, KEY_ID_SYSTEM))
		return usage_error("key ID 1 is missing: no server loads a key file without it");
	if (is_standard_stream(arguments->options->file))
		return usage_error("cannot create a key file on standard output: use --file=FILE");
	return STATUS_DONE;
}

/* The new key file's text; versioned when the target reads versions. */
static enum status make_text(const struct arguments *arguments, struct new_keys *keys, struct secret *ret_text)
{
	const struct server_profile *target = arguments->options->target.profile;
	const struct keyfile nothing = { 0 };
	enum status status = new_keys_allocate(keys, arguments->ids.count, &arguments->options->writing);
	struct fault fault;

	for (size_t i = 0; !status && i < arguments->ids.count; i++)
		status = new_keys_generate(keys, arguments->ids.ids[i], 1, arguments->size);
	if (status)
		return status;
	fault = keyfile_extend(&nothing, keys->items, keys->count, target && target->syntax == SYNTAX_VERSIONED,
			       ret_text);
	return message_fault(fault, arguments->options->file);
}

/* Makes a concurrent 'mkeyfile ensure' wait for the key file and its password file. */
static enum status lock_place(const struct store *store, const struct options *options)
{
	struct fault fault = store_lock_place(store, options->file, options->writing.lock_timeout);

	return message_fault(fault, options->file);
}

/* The server's data needs the old keys, so there is no hint at --force. */
static enum status refuse_file_of_server(const char *path)
{
	struct fault fault = store_check_absent(path);
	enum status status = message_fault(fault, path);

	if (fault.code == FAULT_EXISTS)
		message_hint("run 'mkeyfile add' to add keys: the server uses this file");
	return status;
}

static enum status generate(void *input)
{
	struct arguments *arguments = input;
	const struct options *options = arguments->options;
	STORE struct store store = STORE_CLOSED;
	PASSWORD struct password password = { 0 };
	NEW_PASSWORD_FILE struct new_password_file new_password_file = NEW_PASSWORD_FILE_AT(options->new_password_file);
	NEW_KEYS struct new_keys keys = { 0 };
	SECRET struct secret text = { 0 };
	SECRET struct secret raw = { 0 };
	const struct keyfile nothing = { 0 };
	const struct encryption encryption = { &password, options->kdf };
	const struct publication publication = {
		.raw = &raw,
		.new_content = { .kdf = options->kdf, .text = &text, .password = &password },
		.new_password_file = &new_password_file,
	};
	const struct change change = { "created",	  "would create", options->file, new_file_is_encrypted(options),
				       &options->writing, &keys,	  &store };
	enum status status = complete_arguments(arguments);

	if (!status && change.encrypted)
		status = content_require_kdf(options, options->kdf);
	if (!status && !arguments->force && options->host.names_file)
		status = refuse_file_of_server(options->file);
	/* before a password is asked for */
	if (!status)
		status = edit_open_new_store(&store, options->file, &options->writing, arguments->force);
	if (!status && store.file < 0)
		status = lock_place(&store, options);
	if (store.file < 0)
		store.access = new_file_access(options);
	if (!status && !change.encrypted)
		status = edit_refuse_exposure(&store, options->file);
	if (!status)
		status = new_file_password(options, &new_password_file, &password);
	if (!status)
		status = make_text(arguments, &keys, &text);
	if (!status)
		status = content_make(&options->target, options->file, &text, &nothing,
				      change.encrypted ? &encryption : NULL, &raw);
	if (!status)
		status = edit_publish(&store, options->file, options, &publication);
	if (status)
		return status;
	status = report_change(&options->talk, &change);
	if (!options->writing.dry_run)
		new_file_say_next(options, options->new_password_file);
	return status;
}

const struct command generate_command = {
	.name = "generate",
	.operands = "[ID...]",
	.summary = "create a new key file",
	.description = "Create a new key file with a random key for each ID (default: 1 and 2).",
	.examples = { "mkeyfile generate --file=keyfile 1 2 100",
		      "mkeyfile generate --file=keyfile --new-password-file=keyfile.key",
		      "mkeyfile generate --file=keyfile --target=11.8-enterprise --size=128" },
	.own = { specs, .conflicts = conflicts },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.initial = &initial,
	.judges_host = true,
	.run = generate,
};
