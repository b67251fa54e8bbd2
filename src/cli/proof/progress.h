/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/audit.h"

/* As data_audit, and shows on standard error how far it is: bytes, rate, time left. The
 * line comes after a second, only on a terminal, and not when quiet. options has no
 * progress of its own. */
MUST_CHECK struct fault audit_with_progress(const struct survey_options *options, bool quiet,
					    struct data_audit *ret_audit, const char **ret_failed);
