/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/keyfile.h"
#include "data/data_file.h"
#include "data/formats/prover.h"

/* Reads whole data directories: of a stopped server, of a running server, or a backup.
 * Writes nothing and takes no locks. Memory use grows with the number of files (about 500
 * bytes each), not with their size. */

struct survey_progress {
	uint64_t bytes;	       /* read so far */
	uint64_t files;	       /* finished */
	uint64_t milliseconds; /* since the start */
};

struct survey_options {
	const char *const *directories;
	size_t directory_count;
	const struct keyfile *keyfile; /* NULL: find which keys are needed, prove nothing */
	struct redo_logs *redo_logs;   /* of the directories */
	bool full;		       /* prove every page, not just a sample */
	bool coverage;		       /* also find out which bytes are in clear text */
	/* Further files, which are never encrypted, and further directories, in which only the
	 * temporary tables of servers are read. Those that do not exist are skipped. */
	const char *const *plain_files;
	size_t plain_file_count;
	const char *const *temporary_directories;
	size_t temporary_directory_count;
	uint32_t ciphers; /* a bit for each enum data_cipher that is possible; 0: all */
	/* called about five times a second, in the caller's thread; NULL: never */
	void (*progress)(void *context, const struct survey_progress *progress);
	void *progress_context;
};

struct survey_result {
	/* In the order of the walk: each directory sorted by name, huge ones in batches.
	 * With the evidence of each file; what the evidence means for the keys is not
	 * decided. */
	struct data_file *files;
	size_t file_count;
	bool live;	    /* a server is running on one of the directories */
	bool started;	    /* that server started during the survey, so some results assume it was stopped */
	const char *failed; /* on faults: the directory that could not be read, one of options' */
};

/* Runs a survey. Sets ret_result on faults as well, without files. Something unreadable
 * below a directory is reported as a file, not a fault. Faults: FAULT_OPEN and FAULT_READ
 * (for a given directory itself), FAULT_MEMORY, FAULT_ALGORITHM. */
MUST_CHECK struct fault survey(const struct survey_options *options, struct survey_result *ret_result);

void survey_result_free(struct survey_result *result);
