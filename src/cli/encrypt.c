/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/message.h"
#include "cli/output.h"

struct arguments {
	struct options *options;
	struct output *output;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	(void)value;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = arguments->output;
	pass_options(state, 1, 5, arguments->options);
	return 0;
}

static const struct argp_child children[] = {
	{ &output_argp, 0, NULL, 0 }, { &new_password_argp, 0, NULL, 0 }, { &backup_argp, 0, NULL, 0 },
	{ &lock_argp, 0, NULL, 0 },   { &shared_argp, 0, NULL, 0 },	  { 0 },
};

static const struct argp argp = {
	NULL,	  parse, NULL, "Encrypt a plain key file, as 'openssl enc -aes-256-cbc' does, to standard output.",
	children, NULL,	 NULL
};

static enum status refuse_encrypted(const struct output *output, const char *name)
{
	if (!envelope_is_sealed(output->input.data, output->input.size))
		return STATUS_DONE;
	message_error("'%s' is encrypted already", name);
	return STATUS_REFUSED;
}

static enum status check_options(const struct output *output)
{
	if (!output->force || (output->path && !is_standard_stream(output->path)))
		return STATUS_DONE;
	return usage_error("--force needs --output");
}

static enum status encrypt(struct output *output, const struct options *options)
{
	const char *name = input_name(options->file);
	PASSWORD struct password password = { 0 };
	NEW_PASSWORD_FILE struct new_password_file new_password_file = NEW_PASSWORD_FILE_AT(options->new_password_file);
	SECRET struct secret raw = { 0 };
	const struct sealing sealing = { &password, options->kdf };
	const struct publication publication = { &raw,
						 { options->kdf, &output->input, &password },
						 &new_password_file };
	enum status status = check_options(output);

	if (!status)
		status = output_open(output, options);

	if (!status)
		status = refuse_encrypted(output, name);
	if (!status)
		status = new_password_file.path ? new_password_file_make(&new_password_file, &password)
						: get_new_password(&options->password, name, &password);
	if (!status)
		status = content_make(&options->target, name, &output->input, NULL, &sealing, &raw);
	if (!status)
		status = output_write(output, options, &publication);
	if (!status)
		output_report(output, options, "encrypted", "would encrypt");
	return status;
}

static enum status run(int argc, char **argv, struct options *options)
{
	OUTPUT struct output output = OUTPUT_CLOSED;
	struct arguments arguments = { options, &output };
	enum status status;

	options_parse(&argp, argc, argv, &arguments);
	status = options_complete(options);
	return status ? status : encrypt(&output, options);
}

const struct command encrypt_command = { "encrypt", "", "plain to encrypted, as openssl enc does", run };
