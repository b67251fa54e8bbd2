/* SPDX-License-Identifier: MIT */
#include "cli/options/defaults.h"
#include "cli/options/repeatable.h"
#include "cli/options/trusted.h"
#include "cli/words/message.h"
#include "core/file.h"

#include <string.h>

static void fill_from_environment(struct options *options)
{
	if (!options->file)
		options->file = option_from_environment("MKEYFILE_FILE");
	if (!options_count_passwords(options))
		options->password.file = option_from_environment("MKEYFILE_PASSWORD_FILE");
	if (!options->target.name)
		options->target.name = option_from_environment("MKEYFILE_TARGET");
}

/* Contradictions on the command line itself. */
static enum status check_given(const struct options *options)
{
	if (options_count_passwords(options) > 1)
		return usage_error(
			"--password-file, --new-password-file, --password-fd and --password-command cannot be used together");
	return option_check_descriptor(options->password.descriptor);
}

static enum status check_files(const struct options *options)
{
	if (!options->file)
		return defaults_say_no_file(&options->host);
	if (!*options->file || (options->new_password_file && !*options->new_password_file) ||
	    (options->writing.in_place_backup && !*options->writing.in_place_backup))
		return refuse_empty_name();
	if (looks_like_a_key(options->file) || (options->password.file && looks_like_a_key(options->password.file)))
		return usage_error("a key or password was given instead of a file name");
	if (options->new_password_file && !strcmp(options->file, options->new_password_file))
		return refuse_password_in_key_file();
	if (is_standard_stream(options->file) && reads_standard_input(&options->password))
		return usage_error("the key file and the password cannot both come from standard input");
	return STATUS_DONE;
}

/* Errors of a command line with --json in the wrong place are printed as an object, too. */
static void set_json(const struct options *options)
{
	if (options->talk.json)
		message_set_json(true);
}

enum status options_complete(struct options *options)
{
	enum status status;

	message_set_quiet(options->talk.quiet);
	set_json(options);
	status = check_given(options);
	if (status)
		return status;
	fill_from_environment(options);
	status = trust_for_option_files(&options->accounts);
	if (!status)
		status = defaults_fill(options);
	if (!status)
		status = trust_for_secrets(&options->accounts, &options->host);
	if (!status)
		status = check_files(options);
	/* the group [mkeyfile] may set these as well */
	message_set_quiet(options->talk.quiet);
	set_json(options);
	color_set(options->talk.color);
	file_set_pipe_timeout(options->password.timeout);
	return status;
}
