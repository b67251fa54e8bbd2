/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_PROGRESS_H
#define MKEYFILE_CLI_PROGRESS_H

#include "core/probe.h"
#include "data/audit.h"

/* As data_audit, and shows on standard error how far it is: bytes, rate, time left. The
 * line comes after a second, only on a terminal, and not when quiet. options has no
 * progress of its own. */
MUST_CHECK struct fault audit_with_progress(const struct survey_options *options, bool quiet,
					    struct data_audit *ret_audit, const char **ret_failed);

/* As probe_passwords; shows on standard error what is going on and how far it is, under
 * the same conditions. */
bool probe_with_progress(const struct secret *sealed, const struct secret *passwords, size_t count,
			 unsigned int iterations, bool quiet, struct kdf *ret_kdf, size_t *ret_password);

/* "1.4 GiB"; text of 16 bytes. */
#define BYTES_TEXT 16
char *bytes_text(uint64_t bytes, char text[static BYTES_TEXT]);

#endif
