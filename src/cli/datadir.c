/* SPDX-License-Identifier: MIT */
#include "cli/datadir.h"

#include "cli/message.h"
#include "cli/progress.h"
#include "data/file_names.h"

#include <string.h>

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
		refuse_usage(state, "the name of a directory is empty");
	if (datadirs->count == DATADIRS_MAX)
		refuse_usage(state, "--datadir can be given %d times", DATADIRS_MAX);
	else
		datadirs->paths[datadirs->count++] = value;
	return 0;
}

const struct argp datadir_argp = { .options = argp_options, .parser = parse };

/* One look through all directories. */
struct look {
	struct data_needs *needs;
	datadir_visit *visit;
	void *context;
	bool is_of_a_server[DATADIRS_MAX]; /* has a file of a kind that servers encrypt */
};

static struct fault take_file(void *context, struct data_file *file)
{
	struct look *look = context;
	struct fault fault = data_needs_add(look->needs, file);

	look->is_of_a_server[file->directory] |= file->kind == DATA_INNODB || file->kind == DATA_ARIA_INDEX ||
						 file->kind == DATA_BINARY_LOG || file->kind == DATA_REDO_LOG ||
						 !strcmp(base_name(file->path), "aria_log_control");
	if (!fault.code && look->visit)
		fault = look->visit(look->context, file);
	return fault;
}

/* Each directory has to be one of a server. */
static enum status check_of_a_server(const struct look *look, const struct datadirs *datadirs)
{
	for (size_t i = 0; i < datadirs->count; i++) {
		if (look->is_of_a_server[i])
			continue;
		message_error(
			"'%s' is no data directory: it has no file of InnoDB or Aria, no binary log and no redo log",
			datadirs->paths[i]);
		return STATUS_FAILED;
	}
	return STATUS_DONE;
}

enum status datadirs_read(const struct datadirs *datadirs, const struct options *options, datadir_visit *visit,
			  void *context, struct data_needs *ret_needs)
{
	DATA_NEEDS struct data_needs needs = { 0 };
	struct look look = { .needs = &needs, .visit = visit, .context = context };
	const struct survey_options survey_options = {
		.directories = datadirs->paths,
		.directory_count = datadirs->count,
		.report = take_file,
		.context = &look,
	};
	struct survey_result result;
	struct fault fault = survey_with_progress(&survey_options, options->quiet, &result);
	enum status status;

	if (fault.code)
		return message_fault(fault, result.failed ? result.failed : datadirs->paths[0]);
	status = check_of_a_server(&look, datadirs);
	if (status)
		return status;
	needs.live = result.live;
	*ret_needs = needs;
	needs = (struct data_needs){ 0 };
	return STATUS_DONE;
}
