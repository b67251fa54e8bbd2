/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/data_file.h"

/* Which keys data directories need, and for what. */

/* One pair of key ID and version that at least one file names. */
struct data_need {
	uint32_t id;
	uint32_t version;		     /* 0: the file is said to be encrypted with this ID, but has no page yet */
	uint64_t files;			     /* that need it; 0: it is residual, on free pages that nothing needs */
	uint64_t free_files;		     /* those of them that need it for free pages only */
	uint64_t kinds[DATA_KIND_COUNT];     /* the same by kind */
	uint64_t pages;			     /* that need it, */
	uint64_t free_pages;		     /* and those of them that are free */
	uint64_t residual;		     /* free pages that have it, and that nothing needs */
	uint64_t answers[DATA_ANSWER_COUNT]; /* the files that need it, by what they say of this key */
	uint64_t proven_files;		     /* in which a page proves the key, and nothing speaks against it */
	/* a file: the first that needs it, for allocated pages if there is one, else the first that names it */
	size_t example;
};

/* One file of a system tablespace. */
struct system_file {
	struct system_part part;
	size_t file;
};

/* Small IDs, of which every server has the same: those of a directory tell whether another
 * one is of the same server. */
#define DATA_KNOWN_SPACES 32

/* What one of the directories has. */
struct data_directory {
	bool has_tablespace;
	bool has_system_tablespace; /* its first file */
	bool has_incomplete;	    /* a tablespace that a redo log may complete */
	bool has_redo_log;
	bool clean;				  /* a redo log says that there is nothing to recover, */
	bool unclean;				  /* and one that there is; */
	uint64_t newest_lsn;			  /* of all its tablespaces; 0: none */
	uint64_t log_end;			  /* where its redo log ends; 0: not known */
	struct file_id spaces[DATA_KNOWN_SPACES]; /* the files of these tablespace IDs; inode 0: none */
};

struct data_needs {
	struct data_file *files; /* of the survey; a number of a file is one among these */
	size_t file_count;
	struct data_need *needs; /* sorted by ID and version */
	size_t count;
	/* Files that may need more keys than they show: unreadable, of an unknown kind, damaged,
	 * waiting for a redo log to be applied, or of a system tablespace that has not all of its
	 * files. */
	uint64_t unsure;
	size_t unsure_example;	    /* a file: the first that waits, else the first */
	enum data_note unsure_note; /* of that file */
	uint64_t undecided;	    /* what other directories, or another redo log, would decide: files and redo logs */
	uint64_t pending;	    /* redo logs that a start would still apply, and that were read */
	size_t pending_example;	    /* the first of them */
	uint64_t blank_count;	    /* files that are zero to their end, and links to files that are not here */
	uint64_t leftover_count;    /* those of the files that data_parts_find has noted so: they need no key */
	size_t leftover_example;    /* the first of these */
	struct system_file *system_files; /* of system tablespaces, each part once; in the order of the files */
	size_t system_file_count;
	bool live;			    /* a server is at work there: the answer is one of this moment */
	struct data_directory *directories; /* by number, as far as they have files */
	size_t directory_count;
};

#define DATA_NEEDS __attribute__((cleanup(data_needs_free)))

/* What the files of a survey name, before anything is decided; live: a server is at work
 * there. files and all in them have to outlive needs. FAULT_MEMORY. */
MUST_CHECK struct fault data_needs_collect(struct data_file *files, size_t count, bool live,
					   struct data_needs *ret_needs);

/* Decides, once, about each file by what all of them say: its answer and its note. A
 * single page that a key does not open is damaged where other files prove the key. Errs
 * on the side of need: a pair that only free pages of the system and undo tablespaces
 * have has files = 0. */
void data_needs_settle(struct data_needs *needs);

/* The path of the file with this number. */
const char *data_needs_path(const struct data_needs *needs, size_t file);

/* The need of this key, or NULL: nothing names it. */
const struct data_need *data_needs_find(const struct data_needs *needs, uint32_t id, uint32_t version);

/* The path of a file that needs the key. */
const char *data_need_example(const struct data_needs *needs, const struct data_need *need);

/* The redo log of what is in a directory. */
enum data_redo_log {
	DATA_REDO_LOG_FOUND,
	DATA_REDO_LOG_NONE,
	DATA_REDO_LOG_OLD,     /* all that may be end before the newest page: none is its redo log */
	DATA_REDO_LOG_SEVERAL, /* more than one directory has one that may be */
};

/* Its own where that ends after the newest page; else that of another directory, which
 * does, and is not of another server: both have not a system tablespace, or another file for
 * the same tablespace ID. While a server runs, its log grows: any may be. */
enum data_redo_log data_needs_find_redo_log(const struct data_needs *needs, size_t directory);

/* Whether a server would still bring in what the files of this directory lack. */
enum data_recovery data_needs_recovery(const struct data_needs *needs, size_t directory);

void data_needs_free(struct data_needs *needs);
