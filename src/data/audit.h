/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/needs.h"
#include "data/parts.h"
#include "data/survey.h"

/* What data directories say of keys: the files with their evidence (survey), what that
 * means for each of them and for each key (needs), and what is not there (parts). */
struct data_audit {
	struct data_needs needs; /* settled; its files are those of the survey */
	struct data_parts parts; /* that are missing */
	struct survey_result survey;
};

#define DATA_AUDIT __attribute__((cleanup(data_audit_free)))

/* Looks at all directories; options names no redo logs. Looks again when a server started during the first look: what
 * it changes then counts as running, not as damaged. Faults as survey; ret_failed is then
 * the directory that is to blame, or NULL. */
MUST_CHECK struct fault data_audit(const struct survey_options *options, struct data_audit *ret_audit,
				   const char **ret_failed);
void data_audit_free(struct data_audit *audit);
