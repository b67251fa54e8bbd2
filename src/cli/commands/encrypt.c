/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/keyfile/disguise_words.h"
#include "cli/keyfile/new_file.h"
#include "cli/keyfile/next_settings.h"
#include "cli/keyfile/output.h"
#include "cli/words/message.h"

struct arguments {
	struct options *options;
	struct output_options output;
};

static const struct command_group groups[] = {
	{ COMMAND_GROUP(output_table, struct output_options, struct arguments, output) },
	{ COMMAND_SHARED(new_password_table) },
	{ COMMAND_SHARED(backup_table) },
	{ COMMAND_SHARED(lock_table) },
	{ 0 },
};

static enum status refuse_encrypted(const struct output *output, const struct options *options)
{
	if (envelope_is_encrypted(output->input.data, output->input.size))
		message_error("'%s' is already encrypted", input_name(options->file));
	else if (!disguise_say(&options->password, options->kdf, options->file, &output->input))
		return STATUS_DONE;
	return STATUS_REFUSED;
}

static enum status check_named(const struct output_options *named)
{
	if (!named->force || (named->path && !is_standard_stream(named->path)))
		return STATUS_DONE;
	return usage_error("--force requires --output");
}

static enum status encrypt(void *input)
{
	const struct arguments *arguments = input;
	const struct options *options = arguments->options;
	OUTPUT struct output output = OUTPUT_OF(&arguments->output);
	const char *name = input_name(options->file);
	PASSWORD struct password password = { 0 };
	NEW_PASSWORD_FILE struct new_password_file new_password_file = NEW_PASSWORD_FILE_AT(options->new_password_file);
	SECRET struct secret raw = { 0 };
	const struct encryption encryption = { &password, options->kdf };
	const struct publication publication = {
		.raw = &raw,
		.new_content = { .kdf = options->kdf, .text = &output.input, .password = &password },
		.new_password_file = &new_password_file,
	};
	enum status status = check_named(output.named);

	if (!status)
		status = content_require_kdf(options, options->kdf);
	if (!status)
		status = output_open(&output, options);
	if (!status)
		status = refuse_encrypted(&output, options);
	if (!status)
		status = new_password_file.path ? new_password_file_make(&new_password_file, &password)
						: password_source_get_new(&options->password, name, &password);
	if (!status)
		status = content_make(&options->target, name, &output.input, NULL, &encryption, &raw);
	new_password_file.store.access = new_file_access(options);
	if (!status)
		status = output_write(&output, options, &publication);
	if (!status)
		output_report(&output, options, true);
	if (!status && output.named->in_place && !options->writing.dry_run)
		next_settings_of_encrypted(options,
					   new_password_file.path ? new_password_file.path : options->password.file);
	return status;
}

const struct command encrypt_command = {
	.name = "encrypt",
	.operands = "",
	.summary = "encrypt a plain key file, as openssl enc does",
	.description = "Encrypt a key file to standard output, as 'openssl enc -aes-256-cbc' does.",
	.examples = { "mkeyfile encrypt -f plain --new-password-file=keyfile.key -o keyfile",
		      "mkeyfile encrypt -f plain -P keyfile.key --in-place --backup",
		      "mkeyfile encrypt -f - -P keyfile.key <plain >keyfile" },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.run = encrypt,
};
