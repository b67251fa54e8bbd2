/* SPDX-License-Identifier: MIT */
#include "core/decrypt.h"
#include "cli/commands/command.h"
#include "cli/keyfile/disguise_words.h"
#include "cli/keyfile/next_settings.h"
#include "cli/keyfile/output.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/keyfile/wrong_password.h"
#include "cli/words/message.h"

struct arguments {
	struct options *options;
	struct output_options output;
	bool no_probe;
};

static const struct option_spec specs[] = {
	{ "no-probe", 0, NULL, "Do not try other passwords, digests and iteration counts",
	  OPTION_FLAG(struct arguments, no_probe) },
	{ 0 },
};

static const struct command_group groups[] = {
	{ COMMAND_GROUP(output_table, struct output_options, struct arguments, output) },
	{ COMMAND_SHARED(backup_table) },
	{ COMMAND_SHARED(lock_table) },
	{ 0 },
};

/* With --force, writes text that was decrypted but is not a key file. Then a broken seal is only a warning. */
static enum status take_clean_text(struct fault fault, const struct arguments *arguments, const char *name,
				   enum seal seal)
{
	enum status status;

	if (arguments->output.force)
		return seal_require(arguments->options, name, message_given(), seal);
	status = message_fault(fault, name);
	message_hint("use --force to write the plain text anyway: the password is right");
	return status;
}

static enum status refuse_wrong_password(const struct arguments *arguments, const char *name, const struct secret *raw,
					 const struct password *password)
{
	const struct options *options = arguments->options;
	enum status status = message_fault(fault_of(FAULT_WRONG_PASSWORD), name);

	if (!arguments->no_probe)
		wrong_password_say(options, raw, password);
	return status;
}

/* Decrypting the file itself is a change that makes the seal unnecessary. */
static enum status check_seal(const struct arguments *arguments, enum seal seal)
{
	const struct options *options = arguments->options;

	if (arguments->output.in_place)
		return seal_require(options, options->file, message_given(), seal);
	seal_warn(options, input_name(options->file), message_given(), seal);
	return STATUS_DONE;
}

/* Without an intact seal: a broken one shows what was changed. */
static enum status open_text(const struct arguments *arguments, const struct secret *raw, struct secret *ret_text)
{
	const struct options *options = arguments->options;
	const char *name = input_name(options->file);
	PASSWORD struct password password = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };
	enum seal seal = SEAL_UNCHECKED;
	unsigned int tries = 0;
	enum status status;
	struct fault fault;

	if (!envelope_is_encrypted(raw->data, raw->size) &&
	    disguise_say(&options->password, options->kdf, options->file, raw))
		return STATUS_FAILED;
	if (!envelope_is_encrypted(raw->data, raw->size))
		return message_fault(fault_of(FAULT_NOT_ENCRYPTED), name);
	do {
		status = password_source_get(&options->password, name, &password);
		if (status)
			return status;
		fault = keyfile_decrypt(raw, &password.secret, options->kdf, &keyfile, ret_text, &seal);
	} while (password_source_may_retry(&options->password, name, fault, &tries));
	if (fault.code == FAULT_WRONG_PASSWORD)
		return refuse_wrong_password(arguments, name, raw, &password);
	if (fault.code && !ret_text->data)
		return message_fault(fault, name);
	status = fault.code ? take_clean_text(fault, arguments, name, seal) : check_seal(arguments, seal);
	if (status)
		return status;
	if (!fault.code)
		*ret_text = secret_take(&keyfile.text);
	if (seal == SEAL_INTACT)
		seal_remove(ret_text);
	if (!fault.code)
		content_warn_unless_target_loads(&options->target, name, ret_text, &options->kdf, raw->size);
	return STATUS_DONE;
}

static enum status decrypt(void *input)
{
	const struct arguments *arguments = input;
	const struct options *options = arguments->options;
	OUTPUT struct output output = OUTPUT_OF(&arguments->output);
	SECRET struct secret text = { 0 };
	const struct publication publication = { .raw = &text, .new_content = { .kdf = options->kdf, .text = &text } };
	enum status status = output_open(&output, options);

	arguments->options->writing.any_seal = arguments->output.force;
	if (!status)
		status = edit_refuse_exposure(&output.store,
					      output.named->in_place ? options->file : output.named->path);
	if (!status)
		status = open_text(arguments, &output.input, &text);
	if (!status)
		status = output_write(&output, options, &publication);
	if (!status)
		output_report(&output, options, false);
	if (!status && output.named->in_place && !options->writing.dry_run)
		next_settings_of_plain(options, options->password.file);
	return status;
}

const struct command decrypt_command = {
	.name = "decrypt",
	.operands = "",
	.summary = "decrypt a key file, as openssl enc -d does",
	.description = "Decrypt a key file to standard output, as 'openssl enc -d -aes-256-cbc' does.",
	.examples = { "mkeyfile decrypt -f keyfile -P keyfile.key -o plain",
		      "mkeyfile decrypt -f keyfile -P keyfile.key | wc -l",
		      "mkeyfile decrypt -f keyfile -P keyfile.key --in-place --backup" },
	.own = { .specs = specs },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.run = decrypt,
};
