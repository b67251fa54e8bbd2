/* SPDX-License-Identifier: MIT */
#include "data/audit.h"

#include "data/redo_logs.h"

static struct fault look(const struct survey_options *options, struct survey_result *ret_survey)
{
	struct fault fault = survey(options, ret_survey);

	if (fault.code || !ret_survey->started)
		return fault;
	survey_result_free(ret_survey);
	redo_logs_free(options->redo_logs);
	redo_logs_init(options->redo_logs, options->directories, options->directory_count);
	return survey(options, ret_survey);
}

static struct fault judge(const struct survey_options *options, struct data_audit *audit)
{
	const struct parts_search search = {
		.directories = options->directories,
		.directory_count = options->directory_count,
		.keyfile = options->keyfile,
		.redo_logs = options->redo_logs,
		.needs = &audit->needs,
	};
	struct fault fault =
		data_needs_collect(audit->survey.files, audit->survey.file_count, audit->survey.live, &audit->needs);

	if (!fault.code)
		fault = data_parts_find(&search, &audit->parts);
	if (!fault.code)
		data_needs_settle(&audit->needs);
	return fault;
}

struct fault data_audit(const struct survey_options *options, struct data_audit *ret_audit, const char **ret_failed)
{
	DATA_AUDIT struct data_audit audit = { 0 };
	struct survey_options survey_options = *options;
	struct redo_logs redo_logs;
	struct fault fault;

	redo_logs_init(&redo_logs, options->directories, options->directory_count);
	survey_options.redo_logs = &redo_logs;
	fault = look(&survey_options, &audit.survey);
	*ret_failed = audit.survey.failed;
	if (!fault.code)
		fault = judge(&survey_options, &audit);
	redo_logs_free(&redo_logs);
	if (fault.code)
		return fault;
	*ret_audit = audit;
	audit = (struct data_audit){ 0 };
	return fault;
}

void data_audit_free(struct data_audit *audit)
{
	data_needs_free(&audit->needs);
	data_parts_free(&audit->parts);
	survey_result_free(&audit->survey);
}
