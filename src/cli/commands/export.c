/* SPDX-License-Identifier: MIT */
#include "cli/commands/transfer_file.h"
#include "cli/commands/transfer_proof.h"
#include "cli/keyfile/input.h"
#include "cli/keyfile/report.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/managers/exchange.h"
#include "cli/managers/key_text.h"
#include "cli/words/message.h"

#include <string.h>

static const struct transfer_options initial = TRANSFER_INITIAL;

static const struct option_spec specs[] = {
	{ "kms-key-id", 0, "KEY", "Encrypt the keys with KEY in AWS KMS: an ID, ARN or alias",
	  OPTION_TEXT(struct transfer_options, how.kms_key_id) },
	{ "key-version", 0, "N", "Copy only version N of the ID",
	  OPTION_KEY_VERSION(struct transfer_options, version) },
	{ "force", 0, NULL, "Copy even if data needs other keys or AES_CTR",
	  OPTION_FLAG(struct transfer_options, force) },
	{ .argument = "TARGET", TRANSFER_OPERANDS },
	{ 0 },
};

static const struct conflict conflicts[] = { { REQUIRE, "TARGET", NULL, "no target given" }, { 0 } };

static const struct command_group groups[] = {
	{ COMMAND_GROUP(other_file_table, struct manager_options, struct transfer_options, how) },
	{ COMMAND_GROUP(manager_table, struct manager_options, struct transfer_options, how) },
	{ COMMAND_GROUP(datadir_table, struct datadirs, struct transfer_options, datadirs) },
	{ COMMAND_SHARED(backup_table) },
	{ COMMAND_SHARED(wait_table) },
	{ COMMAND_SHARED(date_table) },
	{ 0 },
};

/* The key file of the command, and its chosen keys. */
struct exported {
	struct content content;
	struct keyfile chosen;
	struct keyfile siblings; /* with --key-version: all versions of the key ID */
};

static void source_free(struct exported *source)
{
	content_free(&source->content);
	keyfile_free(&source->chosen);
	keyfile_free(&source->siblings);
}

#define EXPORTED __attribute__((cleanup(source_free)))

static enum status choose(const struct transfer_options *what, const struct exported *source,
			  const struct key_choice *choice, struct keyfile *ret_keyfile)
{
	const struct manager here = manager_of(what->options->file, what->options, &what->how);
	NEW_KEYS struct new_keys keys = { 0 };
	SECRET struct secret text = { 0 };
	enum status status = new_keys_of_keyfile(&source->content.keyfile, choice, &keys);

	if (!status)
		status = key_text_make(&keys, &text);
	return status ? status : key_text_parse(&here, &text, ret_keyfile);
}

static enum status open_source(const struct transfer_options *what, struct exported *source)
{
	const struct options *options = what->options;
	const struct key_choice choice = transfer_choice(what);
	const struct key_choice versions = { &what->named.ids, 0 };
	SECRET struct secret raw = { 0 };
	enum status status = input_read_key_file(options->file, &options->host, &raw, NULL);

	if (!status)
		status = content_open(&options->password, options->kdf, input_name(options->file), &raw,
				      &source->content);
	if (!status)
		status = seal_require(options, input_name(options->file), message_given(), source->content.seal);
	if (!status)
		status = choose(what, source, &choice, &source->chosen);
	if (!status && what->version)
		status = choose(what, source, &versions, &source->siblings);
	return status;
}

/* ---- to another key file ---- */

/* The options for the other file, in place of those of the command. */
static struct options options_of_target(const struct transfer_options *what)
{
	struct options options = *what->options;

	options.file = what->named.place;
	options.password = what->how.other_password;
	options.password.no_prompt = what->options->password.no_prompt;
	if (what->how.has_other_kdf)
		options.kdf = what->how.other_kdf;
	/* another server may read it than the one that is installed here */
	if (options.target.name && options.target.name == options.host.server_version)
		options.target = (struct target){ 0 };
	options.host.names_file = false;
	return options;
}

static enum status export_to_file(struct transfer *transfer, const struct exported *source,
				  const struct manager *manager)
{
	const struct options options = options_of_target(transfer->what);
	TARGET_FILE struct target_file target = TARGET_FILE_CLOSED;
	enum status status = target_file_open(&target, &options, manager, content_password(&source->content));

	if (!status)
		status = transfer_to_file(transfer, manager, &source->chosen, &target);
	transfer_set_json(transfer, status, "target", &target);
	return status;
}

/* ---- to another manager ---- */

static enum status prove_union(const struct transfer *transfer, const struct manager *manager,
			       const struct keyfile *present)
{
	SECRET struct secret text = { 0 };
	struct fault fault = keyfile_extend(present, transfer->missing.items, transfer->missing.count, true, &text);

	return fault.code ? message_fault(fault, manager->name) : transfer_prove(transfer, manager, &text);
}

/* All chosen keys must now be in the manager, identical to those of the key file. */
static enum status check_written(const struct transfer *transfer, const struct manager *manager)
{
	KEYFILE struct keyfile keyfile = { 0 };
	KEYSET struct keyset keyset = { 0 };
	const struct keyset_member *wanted;
	const struct keyset_member *got;
	struct keyset_walk walk = { 0 };
	const struct key_choice choice = transfer_choice(transfer->what);
	enum status status = manager_open(manager, &choice, NULL, NULL, &keyfile);

	if (!status)
		status = message_fault(keyset_of_keyfile(&keyfile, &keyset), manager->name);
	while (!status && keyset_next(&transfer->of_source, &keyset, &walk, &wanted, &got)) {
		if (!wanted || (got && !strcmp(wanted->fingerprint.text, got->fingerprint.text)))
			continue;
		message_error("'%s' returns %s for key ID %u version %u, which was just written", manager->name,
			      got ? "another key" : "no key", wanted->id, wanted->version);
		status = STATUS_FAILED;
	}
	return status;
}

static enum status write_missing(const struct transfer *transfer, const struct manager *manager)
{
	SECRET struct secret text = { 0 };
	enum status status = key_text_make(&transfer->missing, &text);

	if (!status)
		status = manager_check(manager, &text);
	if (!status && !transfer->what->options->writing.dry_run) {
		status = manager_write(manager, &text);
		if (!status && manager->kind == MANAGER_VAULT)
			status = check_written(transfer, manager);
	}
	return status;
}

static void say_next(const struct transfer *transfer, const struct manager *manager)
{
	if (!transfer->copied.count || transfer->what->options->writing.dry_run)
		return;
	transfer_say_proof(transfer, manager->name);
	if (transfer->what->named.ids.count)
		message_step("export the other key IDs that the data needs");
	message_step(
		"configure %s in the server's option file instead of the plugin that reads the key file, and restart the server",
		manager_plugin(manager));
	message_step(
		"keep the key file until all backups from before the restart have expired: these backups need its keys");
}

static enum status export_to_manager(struct transfer *transfer, const struct exported *source,
				     const struct manager *manager)
{
	/* the data may need keys that are not chosen */
	const struct key_choice choice =
		transfer->what->datadirs.count ? key_choice_all : transfer_choice(transfer->what);
	KEYFILE struct keyfile present = { 0 };
	enum status status = manager_open(manager, &choice, NULL, NULL, &present);

	if (!status)
		status = transfer_compare(transfer, &source->chosen, &present);
	transfer_forget_dates(transfer);
	if (!status)
		status = prove_union(transfer, manager, &present);
	if (!status && transfer->copied.count)
		status = write_missing(transfer, manager);
	if (!status) {
		transfer_say(transfer, NULL);
		say_next(transfer, manager);
	}
	transfer_set_json(transfer, status, "target", NULL);
	return status;
}

static enum status export_keys(void *input)
{
	struct transfer_options *what = input;
	struct manager manager = manager_of(what->named.place, what->options, &what->how);
	TRANSFER struct transfer transfer = { .what = what,
					      .from = input_name(what->options->file),
					      .to = what->named.place };
	EXPORTED struct exported source = { 0 };
	enum status status = transfer_complete(what);

	if (!status && is_standard_stream(what->named.place))
		status = usage_error("cannot export keys to standard output: use a file name");
	if (!status)
		status = open_source(what, &source);
	if (status)
		return status;
	manager.kept = &source.siblings;
	return manager.kind == MANAGER_FILE ? export_to_file(&transfer, &source, &manager)
					    : export_to_manager(&transfer, &source, &manager);
}

const struct command export_command = {
	.name = "export",
	.operands = "TARGET [ID...]",
	.summary = "copy keys to another key file, AWS KMS or Vault",
	.description = "Add the keys of the key file to TARGET: a key file, aws:DIR or vault:URL.",
	.examples = { "mkeyfile export aws:/var/lib/mysql --kms-key-id=alias/mariadb --server-data",
		      "mkeyfile export vault:https://vault:8200/v1/mariadb --server-data",
		      "mkeyfile export other 100 --other-password-file=other.key --dry-run" },
	.own = { specs, .conflicts = conflicts },
	.groups = groups,
	COMMAND_ARGUMENTS(struct transfer_options),
	.initial = &initial,
	.judges_host = true,
	.run = export_keys,
};
