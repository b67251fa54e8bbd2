/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/keyfile.h"
#include "data/data_file.h"
#include "data/formats/prover.h"

/* A look through whole data directories: of a server that is stopped, of one that
 * runs, or a backup. Nothing is written, no lock is taken. Memory grows with the number
 * of files (about 500 bytes each), not with their size. */

struct survey_progress {
	uint64_t bytes;	       /* looked at */
	uint64_t files;	       /* done */
	uint64_t milliseconds; /* since the start */
};

struct survey_options {
	const char *const *directories;
	size_t directory_count;
	const struct keyfile *keyfile; /* NULL: what is needed is found out, nothing is proven */
	struct redo_logs *redo_logs;   /* of the directories */
	bool full;		       /* prove every page, not a sample */
	uint32_t ciphers;	       /* a bit for each enum data_cipher that may be meant; 0: all */
	/* about five times a second, from the thread that called; NULL: never */
	void (*progress)(void *context, const struct survey_progress *progress);
	void *progress_context;
};

struct survey_result {
	/* in the order of the walk (each directory sorted by name, in batches where it is
	 * huge), with the evidence of each; what it means for the keys is not decided */
	struct data_file *files;
	size_t file_count;
	bool live;	    /* a server has one of the directories in use */
	bool started;	    /* that server started during the survey, which took it for stopped */
	const char *failed; /* with a fault: the directory that could not be read, one of options' */
};

/* FAULT_OPEN and FAULT_READ (of a named directory itself; what is below it and
 * cannot be read is reported as a file), FAULT_MEMORY, FAULT_ALGORITHM. ret_result is
 * set on faults as well, without a file. */
MUST_CHECK struct fault survey(const struct survey_options *options, struct survey_result *ret_result);

void survey_result_free(struct survey_result *result);
