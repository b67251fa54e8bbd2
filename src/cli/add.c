/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/edit.h"
#include "cli/message.h"
#include "cli/report.h"
#include "cli/versions.h"

struct arguments {
	struct options *options;
	struct key_ids ids;
	size_t size; /* bytes; 0: not given */
	const char *key_from;
	uint32_t key_version; /* 0: not given */
	bool force;
};

enum long_option { OPTION_KEY_FROM = 512, OPTION_KEY_VERSION, OPTION_FORCE };

static const struct argp_option argp_options[] = {
	{ "size", 's', "BITS", 0, "Size of the new keys: 128, 192 or 256 (default)", 1 },
	{ "key-from", OPTION_KEY_FROM, "FILE", 0, "Import the key that FILE (- for standard input) holds in hex", 1 },
	{ "key-version", OPTION_KEY_VERSION, "N", 0, "Import it as version N of an ID, which may exist", 1 },
	{ "force", OPTION_FORCE, NULL, 0, "Import a key even if it is weak, public or used by another ID", 1 },
	{ 0 },
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		pass_options(state, 0, 3, arguments->options);
		return 0;
	case 's':
		arguments->size = parse_key_bits(state, value);
		return 0;
	case OPTION_KEY_FROM:
		arguments->key_from = value;
		return 0;
	case OPTION_KEY_VERSION:
		if (!parse_decimal(value, 1, KEY_VERSION_MAX, &arguments->key_version))
			refuse_usage(state, "invalid key version '%s': a number from 1 to %u is needed", shown(value),
				     KEY_VERSION_MAX);
		return 0;
	case OPTION_FORCE:
		arguments->force = true;
		return 0;
	case ARGP_KEY_ARG:
		key_ids_add(&arguments->ids, state, value);
		return 0;
	case ARGP_KEY_NO_ARGS:
		refuse_usage(state, "no key ID named");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{ &backup_argp, 0, NULL, 0 }, { &lock_argp, 0, NULL, 0 }, { &shared_argp, 0, NULL, 0 }, { 0 }
};

static const struct argp argp = {
	argp_options, parse, "ID...", "Add a random key, or an existing one, under each new ID.", children, NULL, NULL
};

static enum status check_arguments(const struct arguments *arguments)
{
	const struct options *options = arguments->options;

	if (arguments->key_from && arguments->ids.count != 1)
		return usage_error("--key-from imports one key: name one ID");
	if (arguments->key_from && arguments->size)
		return usage_error("--size and --key-from exclude each other: an imported key has its own size");
	if (!arguments->key_from && arguments->key_version)
		return usage_error("--key-version needs --key-from: new versions are made by 'mkeyfile rotate'");
	if (!arguments->key_from && arguments->force)
		return usage_error("--force needs --key-from");
	if (is_standard_stream(arguments->key_from) &&
	    (is_standard_stream(options->password.file) || options->password.descriptor == 0))
		return usage_error("the key and the password cannot both come from standard input");
	return STATUS_DONE;
}

/* With --key-version the ID may exist, but not in that version. */
static enum status refuse_existing(const struct arguments *arguments, const struct keyfile *keyfile)
{
	for (size_t i = 0; i < arguments->ids.count; i++) {
		uint32_t id = arguments->ids.ids[i];
		size_t count;

		if (arguments->key_version && keyfile_find_version(keyfile, id, arguments->key_version)) {
			message_error("key ID %u has a version %u already in '%s'", id, arguments->key_version,
				      arguments->options->file);
			return STATUS_REFUSED;
		}
		if (!arguments->key_version && keyfile_find(keyfile, id, &count)) {
			message_error("key ID %u exists already in '%s'", id, arguments->options->file);
			message_hint("'mkeyfile rotate %u' makes a new version or a successor of it", id);
			return STATUS_REFUSED;
		}
	}
	return STATUS_DONE;
}

static enum status make_keys(const struct arguments *arguments, const struct keyfile *keyfile, struct new_keys *keys)
{
	enum status status = new_keys_allocate(keys, arguments->ids.count);

	if (!status && arguments->key_from)
		return new_keys_import(keys, arguments->key_from, arguments->ids.ids[0],
				       arguments->key_version ? arguments->key_version : 1, keyfile, arguments->force);
	for (size_t i = 0; !status && i < arguments->ids.count; i++)
		status = new_keys_generate(keys, arguments->ids.ids[i], 1,
					   arguments->size ? arguments->size : KEY_MAX_SIZE);
	return status;
}

static enum status add(const struct arguments *arguments)
{
	const struct options *options = arguments->options;
	EDIT struct edit edit = EDIT_CLOSED;
	const struct keyfile *keyfile = &edit.content.keyfile;
	NEW_KEYS struct new_keys keys = { 0 };
	SECRET struct secret text = { 0 };
	bool versioned;
	enum status status = edit_open(&edit, options);

	if (!status)
		status = refuse_existing(arguments, keyfile);
	if (!status && arguments->key_version > 1)
		status = require_versions(&options->target, options->file, keyfile);
	versioned = keyfile->has_versions || arguments->key_version > 1;
	if (!status)
		status = make_keys(arguments, keyfile, &keys);
	if (!status)
		status = extend_text(options->file, keyfile, &keys, versioned, &text);
	if (!status)
		status = edit_commit(&edit, &text);
	if (status)
		return status;
	status = report_change(&options->talk,
			       &(struct change){ "changed", "would change", options->file, edit.content.encrypted,
						 options->writing.dry_run, &keys });
	if (!options->writing.dry_run)
		message_note(
			"next: copy the file to every server of the cluster, then restart each of them (Enterprise Server 11.8: FLUSH FILE_KEY_MANAGEMENT_KEYS; mkeyfile's plugin: SET GLOBAL mkeyfile_key_management_reload = ON)");
	return status;
}

static enum status run(int argc, char **argv, struct options *options)
{
	struct arguments arguments = { .options = options };
	enum status status;

	options_parse(&argp, argc, argv, &arguments);
	status = options_complete(options);
	if (!status)
		status = check_arguments(&arguments);
	if (!status)
		status = add(&arguments);
	key_ids_free(&arguments.ids);
	return status;
}

const struct command add_command = { "add", "ID...", "add new key IDs", run };
