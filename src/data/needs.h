/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/data_file.h"

/* Which keys data directories need, and what for. */

/* A key ID and version that at least one file uses. */
struct data_need {
	uint32_t id;
	uint32_t version;		 /* 0: a file is declared to be encrypted with this ID, but has no page yet */
	uint64_t files;			 /* files that need it; 0: it is residual, on free pages that nothing needs */
	uint64_t free_files;		 /* of these, files that need it only for free pages */
	uint64_t kinds[DATA_KIND_COUNT]; /* files that need it, by kind */
	uint64_t pages;			 /* pages that need it */
	uint64_t free_pages;		 /* of these, free pages */
	uint64_t residual;		 /* free pages that use it and that nothing needs */
	uint64_t answers[DATA_ANSWER_COUNT]; /* files that need it, by their answer about this key */
	uint64_t proven_files;		     /* files in which a page proves the key and nothing contradicts that */
	/* index of a file: the first that needs it for allocated pages, else the first
	 * that uses it */
	size_t example;
};

/* One file of a system tablespace. */
struct system_file {
	struct system_part part;
	size_t file;
};

/* Small tablespace IDs, which every server uses. They tell whether two directories belong
 * to the same server. */
#define DATA_KNOWN_SPACES 32

/* What one of the directories has. */
struct data_directory {
	bool has_tablespace;
	bool has_system_tablespace; /* the first file */
	bool has_incomplete;	    /* a tablespace that a redo log may complete */
	bool has_redo_log;
	bool clean;				  /* a redo log has nothing to recover */
	bool unclean;				  /* a redo log has changes to recover */
	uint64_t newest_lsn;			  /* of all its tablespaces; 0: none */
	uint64_t log_end;			  /* where its redo log ends; 0: unknown */
	struct file_id spaces[DATA_KNOWN_SPACES]; /* the files with these tablespace IDs; inode 0: none */
};

struct data_needs {
	struct data_file *files; /* of the survey; a file's number is its index here */
	size_t file_count;
	struct data_need *needs; /* sorted by ID and version */
	size_t count;
	/* Files that may need more keys than they show: unreadable, unknown, damaged,
	 * waiting for a redo log to be applied, or part of a system tablespace that lacks
	 * files. */
	uint64_t unsure;
	size_t unsure_example;	    /* index of a file: the first that waits for a redo log, else the first */
	enum data_note unsure_note; /* of that file */
	uint64_t undecided;	    /* files and redo logs that depend on another directory or another redo log */
	uint64_t pending;	    /* redo logs that were read and that a server start would still apply */
	size_t pending_example;	    /* index of the first of them */
	uint64_t blank_count;	    /* files that are all zero, and link files whose target is missing */
	uint64_t leftover_count; /* of these files, those that data_parts_find noted as leftovers: they need no key */
	size_t leftover_example; /* index of the first of these */
	struct system_file *system_files; /* of system tablespaces; each part once, in file order */
	size_t system_file_count;
	bool live;			    /* a server is running there: the answer holds for this moment only */
	struct data_directory *directories; /* by index, as far as they have files */
	size_t directory_count;
};

#define DATA_NEEDS __attribute__((cleanup(data_needs_free)))

/* Collects what the files of a survey use, before anything is decided. live: a server is
 * running there. files and everything in them must outlive needs. Faults: FAULT_MEMORY. */
MUST_CHECK struct fault data_needs_collect(struct data_file *files, size_t count, bool live,
					   struct data_needs *ret_needs);

/* Sets the answer and note of each file from the evidence of all files. Call once. If a
 * key fails to decrypt a single page, the page counts as damaged when other files prove
 * the key. Errs on the side of need. A key that only free pages of the system and undo
 * tablespaces use gets files = 0. */
void data_needs_settle(struct data_needs *needs);

/* Returns the path of the file with this index. */
const char *data_needs_path(const struct data_needs *needs, size_t file);

/* Returns the need for this key, or NULL if nothing uses it. */
const struct data_need *data_needs_find(const struct data_needs *needs, uint32_t id, uint32_t version);

/* Returns the path of a file that needs the key. */
const char *data_need_example(const struct data_needs *needs, const struct data_need *need);

/* Which redo log belongs to a directory. */
enum data_redo_log {
	DATA_REDO_LOG_FOUND,
	DATA_REDO_LOG_NONE,
	DATA_REDO_LOG_OLD,     /* every candidate ends before the newest page, so none is its redo log */
	DATA_REDO_LOG_SEVERAL, /* more than one directory has a candidate */
};

/* Finds the redo log of a directory. This is the directory's own log if that ends after
 * the newest page. Otherwise it is the log of another directory that ends after the
 * newest page, unless that directory belongs to another server: both have a system
 * tablespace, or they have different files with the same tablespace ID. While a server
 * runs, its log grows, so any log may be the one. */
enum data_redo_log data_needs_find_redo_log(const struct data_needs *needs, size_t directory);

/* Returns whether a server will still supply what the files of this directory lack. */
enum data_recovery data_needs_recovery(const struct data_needs *needs, size_t directory);

void data_needs_free(struct data_needs *needs);
