/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/wrong_password.h"
#include "core/unseal.h"

struct arguments {
	struct options *options;
	struct output *output;
	bool no_probe;
};

enum long_option { OPTION_NO_PROBE = 512 };

static const struct argp_option argp_options[] = {
	{ "no-probe", OPTION_NO_PROBE, NULL, 0, "Do not look for what opens the file instead", 1 },
	{ 0 },
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	(void)value;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = arguments->output;
		pass_options(state, 1, 4, arguments->options);
		return 0;
	case OPTION_NO_PROBE:
		arguments->no_probe = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{ &output_argp, 0, NULL, 0 },
	{ &backup_argp, 0, NULL, 0 },
	{ &lock_argp, 0, NULL, 0 },
	{ &shared_argp, 0, NULL, 0 },
	{ 0 },
};

static const struct argp argp = {
	argp_options, parse, NULL, "Decrypt a key file, as 'openssl enc -d -aes-256-cbc' does, to standard output.",
	children,     NULL,  NULL
};

/* Clean text that is no key file is written all the same when --force says so. */
static enum status take_clean_text(struct fault fault, const struct output *output, const char *name)
{
	enum status status;

	if (output->force)
		return STATUS_DONE;
	status = message_fault(fault, name);
	message_hint("the password fits: --force writes the plain text all the same");
	return status;
}

static enum status refuse_wrong_password(const struct arguments *arguments, const char *name,
					 const struct password *password)
{
	const struct options *options = arguments->options;
	enum status status = message_fault(fault_of(FAULT_WRONG_PASSWORD), name);

	if (!arguments->no_probe)
		say_what_opens(&options->target, options->kdf, options->talk.quiet, &arguments->output->input,
			       password);
	return status;
}

static enum status open_text(const struct arguments *arguments, struct secret *ret_text)
{
	const struct options *options = arguments->options;
	const struct secret *raw = &arguments->output->input;
	const char *name = input_name(options->file);
	PASSWORD struct password password = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };
	enum status status;
	struct fault fault;

	if (!envelope_is_sealed(raw->data, raw->size))
		return message_fault(fault_of(FAULT_NOT_ENCRYPTED), name);
	status = get_password(&options->password, name, &password);
	if (status)
		return status;
	fault = unseal_keyfile(raw, &password.secret, options->kdf, &keyfile, ret_text);
	if (fault.code == FAULT_WRONG_PASSWORD)
		return refuse_wrong_password(arguments, name, &password);
	if (ret_text->data)
		return take_clean_text(fault, arguments->output, name);
	if (fault.code)
		return message_fault(fault, name);
	*ret_text = secret_take(&keyfile.text);
	warn_unless_target_loads(&options->target, name, ret_text, &options->kdf, raw->size);
	return STATUS_DONE;
}

static enum status decrypt(const struct arguments *arguments)
{
	const struct options *options = arguments->options;
	struct output *output = arguments->output;
	SECRET struct secret text = { 0 };
	const struct publication publication = { .raw = &text, .new_content = { options->kdf, &text, NULL } };
	enum status status = output_open(output, options);

	if (!status)
		status = refuse_exposure(&output->store, output->in_place ? options->file : output->path);
	if (!status)
		status = open_text(arguments, &text);
	if (!status)
		status = output_write(output, options, &publication);
	if (!status)
		output_report(output, options, "decrypted", "would decrypt");
	return status;
}

static enum status run(int argc, char **argv, struct options *options)
{
	OUTPUT struct output output = OUTPUT_CLOSED;
	struct arguments arguments = { .options = options, .output = &output };
	enum status status;

	options_parse(&argp, argc, argv, &arguments);
	status = options_complete(options);
	return status ? status : decrypt(&arguments);
}

const struct command decrypt_command = { "decrypt", "", "encrypted to plain, as openssl enc -d does", run };
