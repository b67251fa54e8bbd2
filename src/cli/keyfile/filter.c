/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/filter.h"

#include "cli/keyfile/input.h"
#include "cli/words/message.h"
#include "cli/words/shell_word.h"
#include "core/envelope.h"
#include "core/file.h"
#include "core/format.h"
#include "server/inspect.h"

#include <stdlib.h>
#include <unistd.h>

/* Kept until the process ends; NULL: use message_given. */
static char *given;

bool filter_is_used(const struct options *options)
{
	return options->output;
}

bool filter_takes_output(const struct options *options)
{
	return is_standard_stream(options->output);
}

static void set_given(const char *output)
{
	char *word = is_standard_stream(output) ? NULL : shell_word(output);

	given = format_text("%s --output=%s", message_given(), word ? word : output);
	free(word);
}

const char *filter_given(void)
{
	return given ? given : message_given();
}

enum status filter_complete(struct options *options)
{
	bool has_input = is_standard_stream(options->file);

	if (!filter_is_used(options))
		return has_input ? usage_error("standard input cannot be changed: use --file=FILE or --output=-")
				 : STATUS_DONE;
	if (!has_input)
		return usage_error("--output requires --file=-: a named file is changed in place");
	if (!*options->output)
		return refuse_empty_name();
	options->file = input_name(options->file);
	set_given(options->output);
	if (!filter_takes_output(options))
		return STATUS_DONE;
	if (options->talk.json) {
		/* not even the error as JSON */
		message_set_json(false);
		return usage_error("--json requires --output=FILE: standard output is used for the key file");
	}
	if (options->writing.dry_run || !isatty(STDOUT_FILENO))
		return STATUS_DONE;
	message_error(TERMINAL_REFUSED);
	message_hint("use --output=FILE, or a pipe");
	return STATUS_REFUSED;
}

enum status filter_open(const struct options *options, struct store *store)
{
	struct fault fault = fault_none();

	if (!filter_takes_output(options))
		fault = store_open_absent(store, options->output);
	if (fault.code)
		return message_fault(fault, options->output);
	return input_read("-", &store->content, NULL);
}

static void warn_if_others_read(const struct secret *raw)
{
	struct stat status;

	if (!envelope_is_encrypted(raw->data, raw->size) && !fstat(STDOUT_FILENO, &status) && S_ISREG(status.st_mode) &&
	    mode_is_exposed(status.st_mode))
		message_warning(
			"standard output is a file with mode %04o: other users can read the plain keys, or its group "
			"can change them",
			(unsigned int)(status.st_mode & 07777));
}

enum status filter_write(const struct options *options, const struct secret *raw)
{
	if (options->writing.dry_run)
		return STATUS_DONE;
	warn_if_others_read(raw);
	return message_fault(file_write(STDOUT_FILENO, raw), "standard output");
}
