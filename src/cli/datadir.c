/* SPDX-License-Identifier: MIT */
#include "cli/datadir.h"

#include "cli/message.h"
#include "cli/progress.h"

enum long_option { OPTION_DATADIR = 640 };

static const struct argp_option argp_options[] = {
	{ "datadir", OPTION_DATADIR, "DIR", 0,
	  "Where data is that may need a key: a server's data directory or a backup; may be repeated", 2 },
	{ 0 },
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct datadirs *datadirs = state->input;

	if (key != OPTION_DATADIR)
		return ARGP_ERR_UNKNOWN;
	if (!*value)
		argp_error(state, "the name of a directory is empty");
	if (datadirs->count == DATADIRS_MAX)
		argp_error(state, "--datadir can be given %d times", DATADIRS_MAX);
	else
		datadirs->paths[datadirs->count++] = value;
	return 0;
}

const struct argp datadir_argp = { .options = argp_options, .parser = parse };

/* One look through one directory. */
struct look {
	const char *directory;
	struct data_needs *needs;
	struct progress *progress;
	datadir_visit *visit;
	void *context;
	uint64_t of_a_server; /* files of a kind that servers encrypt */
};

static struct fault take_file(void *context, struct data_file *file)
{
	struct look *look = context;
	struct fault fault = data_needs_add(look->needs, file);

	look->of_a_server += file->kind == DATA_INNODB || file->kind == DATA_ARIA_INDEX ||
			     file->kind == DATA_BINARY_LOG || file->kind == DATA_REDO_LOG;
	if (!fault.code && look->visit)
		fault = look->visit(look->context, look->directory, file);
	return fault;
}

static void take_progress(void *context, const struct survey_progress *progress)
{
	progress_show(((struct look *)context)->progress, progress);
}

/* Directory by directory: each has to be one. */
static enum status look_through(struct look *look, bool quiet)
{
	const struct survey_options options = {
		.directories = &look->directory,
		.directory_count = 1,
		.report = take_file,
		.progress = take_progress,
		.context = look,
	};
	struct survey_result result;
	struct fault fault;

	if (!quiet)
		look->progress = progress_start(&look->directory, 1);
	fault = survey(&options, &result);
	progress_end(look->progress);
	look->needs->live |= result.live;
	if (fault.code)
		return message_fault(fault, look->directory);
	if (look->of_a_server)
		return STATUS_DONE;
	message_error("'%s' is no data directory: it has no file of InnoDB or Aria, no binary log and no redo log",
		      look->directory);
	return STATUS_FAILED;
}

enum status datadirs_read(const struct datadirs *datadirs, const struct options *options, datadir_visit *visit,
			  void *context, struct data_needs *ret_needs)
{
	DATA_NEEDS struct data_needs needs = { 0 };
	enum status status = STATUS_DONE;

	for (size_t i = 0; !status && i < datadirs->count; i++) {
		struct look look = {
			.directory = datadirs->paths[i],
			.needs = &needs,
			.visit = visit,
			.context = context,
		};

		status = look_through(&look, options->quiet);
	}
	if (status)
		return status;
	*ret_needs = needs;
	needs = (struct data_needs){ 0 };
	return STATUS_DONE;
}
