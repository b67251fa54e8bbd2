/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/needs.h"
#include "data/parts.h"
#include "data/survey.h"

/* What data directories show about the keys: the files with their evidence (survey), what
 * the evidence means for each file and key (needs), and which parts are missing (parts). */
struct data_audit {
	struct data_needs needs; /* settled; its files are those of the survey */
	struct data_parts parts; /* missing parts */
	struct survey_result survey;
};

#define DATA_AUDIT __attribute__((cleanup(data_audit_free)))

/* Audits all directories. options->redo_logs is ignored. If a server starts during the
 * first pass, a second pass follows, so that what the server changes counts as running
 * and not as damaged. Faults: those of survey; ret_failed is then the directory that
 * caused the fault, or NULL. */
MUST_CHECK struct fault data_audit(const struct survey_options *options, struct data_audit *ret_audit,
				   const char **ret_failed);
void data_audit_free(struct data_audit *audit);
