/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/audit.h"

/* data_audit with a progress line on standard error: bytes, rate, time left. The line appears
 * after a second, only on a terminal, and not if quiet. options must not set progress. */
MUST_CHECK struct fault progress_audit(const struct survey_options *options, bool quiet, struct data_audit *ret_audit,
				       const char **ret_failed);
