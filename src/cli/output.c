/* SPDX-License-Identifier: MIT */
#include "cli/output.h"

#include "cli/input.h"
#include "cli/json.h"
#include "cli/message.h"
#include "core/file.h"
#include "core/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum long_option { OPTION_IN_PLACE = 768, OPTION_FORCE };

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct output *output = state->input;

	switch (key) {
	case 'o':
		output->path = value;
		return 0;
	case OPTION_IN_PLACE:
		output->in_place = true;
		return 0;
	case OPTION_FORCE:
		output->force = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option argp_options[] = {
	{ "output", 'o', "OUTPUT", 0,
	  "Write to OUTPUT, which must not exist unless --force is given; - insists on standard output", 2 },
	{ "in-place", OPTION_IN_PLACE, NULL, 0, "Replace the key file itself", 2 },
	{ "force", OPTION_FORCE, NULL, 0, "Replace an existing OUTPUT, and keep the old one as OUTPUT~", 2 },
	{ 0 },
};

const struct argp output_argp = { .options = argp_options, .parser = parse };

static bool to_standard_output(const struct output *output)
{
	return !output->in_place && (!output->path || is_standard_stream(output->path));
}

static enum status check_options(const struct output *output, const struct options *options)
{
	if (output->in_place && output->path)
		return usage_error("--in-place and --output exclude each other");
	if (output->in_place && is_standard_stream(options->file))
		return usage_error("standard input cannot be changed in place: name a file");
	if (options->writing.backup && !output->in_place)
		return usage_error(
			"--backup needs --in-place: another file is written only where there is none, or kept by --force");
	if (options->writing.in_place_backup && !output->in_place && !output->force)
		return usage_error(
			"--write-in-place needs --in-place or --force: a file that is created needs no backup");
	if (to_standard_output(output) && options->talk.json)
		return usage_error("--json needs --output or --in-place: standard output has the key file");
	if (!output->path && !output->in_place && isatty(STDOUT_FILENO)) {
		message_error("refusing to write a key file to a terminal");
		message_hint("--output=FILE or --in-place name a place for it; -o - insists");
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

	if (!stat(output->path, &present)) {
		if (S_ISFIFO(present.st_mode))
			warn_unless_target_reads_pipes(output->path, &options->target);
		if (is_stream(&present)) {
			fault = trust_judge_path(NULL, output->path);
			return message_fault(fault, output->path);
		}
		if (file_is_same(&present, input)) {
			message_error("'%s' is the input as well", output->path);
			message_hint("--in-place replaces the key file itself");
			return STATUS_REFUSED;
		}
	}
	return open_new_store(&output->store, output->path, &options->writing, output->force);
}

enum status output_open(struct output *output, const struct options *options)
{
	struct stat input = { 0 };
	enum status status = check_options(output, options);
	struct fault fault;

	if (status)
		return status;
	if (output->in_place) {
		status = open_store(&output->store, options->file, &options->writing, options->writing.backup);
		if (status)
			return status;
		fault = secret_copy(&output->input, output->store.content.data, output->store.content.size);
		return message_fault(fault, options->file);
	}
	status = read_key_file(options->file, &options->host, &output->input, &input);
	if (!status && !to_standard_output(output))
		status = find_place(output, options, &input);
	return status;
}

static enum status write_stream(int descriptor, const char *name, const struct secret *raw)
{
	struct fault fault = file_write(descriptor, raw);

	return message_fault(fault, name);
}

/* A named pipe: opening it waits for its reader. */
static enum status write_pipe(const char *path, const struct secret *raw)
{
	int descriptor = -1;
	struct stat present;
	struct fault fault = trust_open(path, O_WRONLY, &descriptor);
	enum status status;

	if (fault.code)
		return message_fault(fault, path);
	if (fstat(descriptor, &present) || !is_stream(&present)) {
		status = message_fault(fault_of(FAULT_CHANGED), path);
	} else if (isatty(descriptor)) {
		message_error("refusing to write a key file to the terminal '%s'", path);
		message_hint("-o - insists");
		status = STATUS_REFUSED;
	} else {
		status = write_stream(descriptor, path, raw);
	}
	close(descriptor);
	return status;
}

/* What reads a stream may keep it waiting: nothing is created before. */
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
	return publish_files((struct replacement[]){ new_password_replacement(new_password_file) }, 1, NULL,
			     writing->dry_run);
}

enum status output_write(struct output *output, const struct options *options, const struct publication *publication)
{
	const char *path = output->in_place ? options->file : output->path;
	struct stat present;

	if (to_standard_output(output) || (!output->in_place && !stat(path, &present) && is_stream(&present)))
		return write_to_stream(output, path, &options->writing, publication);
	return publish(&output->store, path, &options->writing, publication);
}

void output_report(const struct output *output, const struct options *options, const char *done, const char *would)
{
	const char *path = output->in_place ? options->file : output->path;
	json_t *object;

	if (to_standard_output(output)) {
		if (options->writing.dry_run)
			message_note("%s '%s' to standard output", would, input_name(options->file));
		return;
	}
	message_note("%s '%s' to '%s'", options->writing.dry_run ? would : done, input_name(options->file), path);
	if (!options->talk.json)
		return;
	object = json_object();
	json_object_set_new(object, "file", json_text(input_name(options->file)));
	json_object_set_new(object, "output", json_text(path));
	json_object_set_new(object, "dry_run", json_boolean(options->writing.dry_run));
	print_json(object);
}

void output_close(struct output *output)
{
	store_close(&output->store);
	secret_free(&output->input);
}
