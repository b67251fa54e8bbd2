/* SPDX-License-Identifier: MIT */
#include "cli/commands/transfer_file.h"
#include "cli/keyfile/new_file.h"
#include "cli/keyfile/report.h"
#include "cli/managers/exchange.h"
#include "cli/words/message.h"

static const struct transfer_options initial = TRANSFER_INITIAL;

static const struct option_spec specs[] = {
	{ "key-version", 0, "N", "Copy only version N of the ID",
	  OPTION_KEY_VERSION(struct transfer_options, version) },
	{ "force", 0, NULL, "Copy even if data needs other keys", OPTION_FLAG(struct transfer_options, force) },
	{ .argument = "SOURCE", TRANSFER_OPERANDS },
	{ 0 },
};

static const struct conflict conflicts[] = { { REQUIRE, "SOURCE", NULL, "no source given" }, { 0 } };

static const struct command_group groups[] = {
	{ COMMAND_GROUP(other_file_table, struct manager_options, struct transfer_options, how) },
	{ COMMAND_GROUP(manager_table, struct manager_options, struct transfer_options, how) },
	{ COMMAND_GROUP(datadir_table, struct datadirs, struct transfer_options, datadirs) },
	{ COMMAND_SHARED(new_password_table) },
	{ COMMAND_SHARED(backup_table) },
	{ COMMAND_SHARED(wait_table) },
	{ COMMAND_SHARED(date_table) },
	{ 0 },
};

static void say_next(const struct transfer *transfer, const struct manager *source, const struct target_file *target)
{
	const struct options *options = transfer->what->options;

	if (!transfer->copied.count || options->writing.dry_run)
		return;
	if (source->kind != MANAGER_FILE)
		transfer_say_proof(transfer, options->file);
	if (target->is_new)
		new_file_say_next(options, options->new_password_file);
	else
		report_next_of_new_ids();
	if (source->kind != MANAGER_FILE)
		message_step(
			"keep the keys in '%s' until all backups from before the restart have expired: these backups need the keys",
			source->name);
}

static enum status import(void *input)
{
	struct transfer_options *what = input;
	const struct options *options = what->options;
	const struct manager source = manager_of(what->named.place, options, &what->how);
	const struct manager reader = manager_of(options->file, options, &what->how);
	const struct key_choice choice = transfer_choice(what);
	TARGET_FILE struct target_file target = TARGET_FILE_CLOSED;
	TRANSFER struct transfer transfer = { .what = what,
					      .from = input_name(what->named.place),
					      .to = options->file };
	KEYFILE struct keyfile keyfile = { 0 };
	enum status status = transfer_complete(what);

	if (!status && is_standard_stream(options->file))
		status = usage_error(STANDARD_INPUT_AS_FILE);
	if (!status)
		status = target_file_open(&target, options, NULL, NULL);
	if (!status)
		status = manager_open(&source, &choice, content_password(&target.content), NULL, &keyfile);
	if (!status)
		status = transfer_to_file(&transfer, &reader, &keyfile, &target);
	if (!status)
		say_next(&transfer, &source, &target);
	transfer_set_json(&transfer, status, "source", &target);
	return status;
}

const struct command import_command = {
	.name = "import",
	.operands = "SOURCE [ID...]",
	.summary = "copy keys from another key file, AWS KMS or Vault",
	.description = "Add the keys of SOURCE, a key file, aws:DIR or vault:URL, to the key file.",
	.examples = { "mkeyfile import aws:/var/lib/mysql --file=keyfile --server-data",
		      "mkeyfile import vault:https://vault:8200/v1/mariadb --file=keyfile",
		      "mkeyfile import other --other-password-file=other.key --dry-run" },
	.own = { specs, .conflicts = conflicts },
	.groups = groups,
	COMMAND_ARGUMENTS(struct transfer_options),
	.initial = &initial,
	.judges_host = true,
	.run = import,
};
