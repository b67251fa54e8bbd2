/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/output.h"

#include "cli/keyfile/input.h"
#include "cli/keyfile/report.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/file.h"
#include "core/trust.h"

#include <fcntl.h>
#include <unistd.h>

static const struct option_spec specs[] = {
	{ "output", 'o', "OUTPUT", "Write to OUTPUT, which must not exist (-: standard output)",
	  OPTION_PATH(struct output_options, path) },
	{ "in-place", 0, NULL, "Replace the key file itself", OPTION_FLAG(struct output_options, in_place) },
	{ "force", 0, NULL, "Replace an existing OUTPUT and keep the old one as OUTPUT~",
	  OPTION_FLAG(struct output_options, force) },
	{ 0 },
};

static const struct conflict conflicts[] = {
	{ EXCLUDE, "in-place output", NULL, "--in-place and --output cannot be used together" },
	{ NEED, "backup", "in-place",
	  "--backup requires --in-place: with --output, the file is new or --force keeps a backup" },
	{ NEED, "keep", "in-place force", "--keep requires --in-place or --force: a new file needs no backup" },
	{ NEED, "write-in-place", "in-place force",
	  "--write-in-place requires --in-place or --force: a new file needs no backup" },
	{ 0 },
};

const struct option_table output_table = { .specs = specs, .conflicts = conflicts };

static bool to_standard_output(const struct output *output)
{
	return !output->named->in_place && (!output->named->path || is_standard_stream(output->named->path));
}

static enum status check_options(const struct output *output, const struct options *options)
{
	if (output->named->in_place && is_standard_stream(options->file))
		return usage_error("standard input cannot be changed in place: use --file=FILE");
	if (to_standard_output(output) && options->talk.json)
		return usage_error("--json requires --output or --in-place: standard output is used for the key file");
	if (!output->named->path && !output->named->in_place && isatty(STDOUT_FILENO)) {
		message_error(TERMINAL_REFUSED);
		message_hint("use --output=FILE or --in-place, or use '-o -' to write to the terminal anyway");
		return STATUS_REFUSED;
	}
	return STATUS_DONE;
}

static bool is_stream(const struct stat *status)
{
	return S_ISFIFO(status->st_mode) || S_ISCHR(status->st_mode);
}

static void warn_unless_target_reads_pipes(const char *path, const struct target *target)
{
	if (target->profile && !target->profile->reads_pipes)
		message_warning("'%s' is a named pipe, from which %s cannot read a key file", path, target->name);
}

static enum status find_place(struct output *output, const struct options *options, const struct stat *input)
{
	struct stat present;
	struct fault fault;

	if (!stat(output->named->path, &present)) {
		if (S_ISFIFO(present.st_mode))
			warn_unless_target_reads_pipes(output->named->path, &options->target);
		if (is_stream(&present)) {
			fault = trust_judge_path(NULL, output->named->path);
			return message_fault(fault, output->named->path);
		}
		if (file_is_same(&present, input)) {
			message_error("'%s' is both the input and the output", output->named->path);
			message_hint("use --in-place to replace the key file itself");
			return STATUS_REFUSED;
		}
	}
	return edit_open_new_store(&output->store, output->named->path, &options->writing, output->named->force);
}

enum status output_open(struct output *output, const struct options *options)
{
	struct stat input = { 0 };
	enum status status = check_options(output, options);
	struct fault fault;

	if (status)
		return status;
	if (output->named->in_place) {
		status = edit_open_store(&output->store, options->file, &options->writing,
					 options->writing.backup || options->writing.keep);
		if (status)
			return status;
		fault = secret_copy(&output->input, output->store.content.data, output->store.content.size);
		return message_fault(fault, options->file);
	}
	status = input_read_key_file(options->file, &options->host, &output->input, &input);
	if (!status && !to_standard_output(output))
		status = find_place(output, options, &input);
	return status;
}

static enum status write_stream(int descriptor, const char *name, const struct secret *raw)
{
	struct fault fault = file_write(descriptor, raw);

	return message_fault(fault, name);
}

/* Opening a named pipe waits for its reader. */
static enum status write_pipe(const char *path, const struct secret *raw)
{
	DESCRIPTOR int descriptor = -1;
	struct stat present;
	struct fault fault = trust_open(path, O_WRONLY, &descriptor);

	if (!fault.code && (fstat(descriptor, &present) || !is_stream(&present)))
		fault = fault_of(FAULT_CHANGED);
	if (fault.code)
		return message_fault(fault, path);
	if (!isatty(descriptor))
		return write_stream(descriptor, path, raw);
	message_error("refusing to write a key file to the terminal '%s'", path);
	message_hint("use '-o -' to write to the terminal anyway");
	return STATUS_REFUSED;
}

/* Creates the password file last: the reader of the stream may keep mkeyfile waiting. */
static enum status write_to_stream(const struct output *output, const char *path, const struct writing *writing,
				   const struct publication *publication)
{
	struct new_password_file *new_password_file = publication->new_password_file;
	enum status status = STATUS_DONE;

	if (!writing->dry_run)
		status = to_standard_output(output) ? write_stream(STDOUT_FILENO, "standard output", publication->raw)
						    : write_pipe(path, publication->raw);
	if (status || !new_password_file || !new_password_file->path)
		return status;
	return edit_publish_files((struct replacement[]){ edit_new_password_file(new_password_file) }, 1, NULL,
				  writing);
}

enum status output_write(struct output *output, const struct options *options, const struct publication *publication)
{
	const char *path = output->named->in_place ? options->file : output->named->path;
	struct stat present;

	if (to_standard_output(output) || (!output->named->in_place && !stat(path, &present) && is_stream(&present)))
		return write_to_stream(output, path, &options->writing, publication);
	return edit_publish(&output->store, path, options, publication);
}

void output_report(const struct output *output, const struct options *options, bool encrypted)
{
	const char *done = encrypted ? "encrypted" : "decrypted";
	const char *would = encrypted ? "would encrypt" : "would decrypt";

	const char *path = output->named->in_place ? options->file : output->named->path;
	json_t *object;

	if (to_standard_output(output)) {
		if (options->writing.dry_run)
			message_note("%s '%s' to standard output", would, input_name(options->file));
		return;
	}
	message_note("%s '%s' to '%s'", options->writing.dry_run ? would : done, input_name(options->file), path);
	if (!options->talk.json)
		return;
	object = report_change_json(input_name(options->file), &options->writing, encrypted, &output->store, path);
	json_object_set_new(object, "output", json_text(path));
	document_set(object);
}

void output_close(struct output *output)
{
	store_close(&output->store);
	secret_free(&output->input);
}
