/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_DATA_NEEDS_H
#define MKEYFILE_DATA_NEEDS_H

#include "data/name_set.h"
#include "data/survey.h"

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
	/* where the path stands in paths: of the first file that needs it, for allocated pages if there is one, else of
	 * the first that names it */
	size_t example;
};

/* One file of a system tablespace. */
struct system_file {
	struct system_part part;
	size_t path;  /* where it stands in paths */
	bool counted; /* among the unsure */
};

/* A file that is zero to its end: see data_parts_find. */
struct blank_file {
	size_t path; /* where it stands in paths */
	uint32_t directory;
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
	struct data_need *needs; /* sorted by ID and version */
	size_t count;
	/* Files that may need more keys than they show: unreadable, of an unknown kind,
	 * damaged, or waiting for a redo log to be applied. */
	uint64_t unsure; /* without system tablespaces and blank files: see data_needs_unsure */
	char *paths;	 /* one behind the other, each with its NUL */
	size_t paths_size;
	uint64_t pending;		  /* redo logs that a start would still apply, and that were read */
	size_t pending_example;		  /* where the path of the first is in paths */
	char *unsure_example;		  /* path of the first that waits, else of the first; NULL: there is none */
	enum data_note unsure_note;	  /* of that file */
	struct system_file *system_files; /* of system tablespaces, each part once */
	size_t system_file_count;
	struct blank_file *blanks;
	size_t blank_count;
	struct name_set leftovers; /* the paths of those that are of no table: they may need no key */
	size_t leftover_count;
	bool live;			    /* a server is at work there: the answer is one of this moment */
	struct data_directory *directories; /* by number, as far as they have files */
	size_t directory_count;
};

#define DATA_NEEDS __attribute__((cleanup(data_needs_free)))

/* Finds what the directories need, without any key: reads the head of every page
 * of every file, and the whole of a few. A pair that only free pages of the system and
 * undo tablespaces have has files = 0. Errs on the side of need. Faults as survey; *ret_failed is then the
 * directory that is to blame, or NULL. */
MUST_CHECK struct fault data_needs_read(const char *const *directories, size_t count, struct data_needs *ret_needs,
					const char **ret_failed);

/* How many files may need more keys than they show, and the first of them: a system
 * tablespace that has not all of its files is one, and a blank file until it is known to be a leftover. */
uint64_t data_needs_unsure(const struct data_needs *needs);
const char *data_needs_unsure_example(const struct data_needs *needs);

/* The first of the leftovers; NULL: there is none. */
const char *data_needs_leftover_example(const struct data_needs *needs);

/* The need of this key, or NULL: nothing names it. */
const struct data_need *data_needs_find(const struct data_needs *needs, uint32_t id, uint32_t version);

/* The path of a file that needs the key. */
const char *data_need_example(const struct data_needs *needs, const struct data_need *need);

/* Adds what one file of a survey says. FAULT_MEMORY. */
MUST_CHECK struct fault data_needs_add(struct data_needs *needs, const struct data_file *file);

/* Decides about a file once more, by what all files say: a single page that a key
 * does not open is damaged where other files prove the key. */
void data_needs_decide(const struct data_needs *needs, struct data_file *file);

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

/* The files at hand do not tell about this one, which is decided: its redo log does not
 * say whether it would complete it, files of its system tablespace are missing, or it
 * is part of a backup that has to be unpacked or applied first. */
bool data_needs_leave_open(const struct data_needs *needs, const struct data_file *file);

/* The same as data_needs_decide, and counts it among the answers of its keys. Once for
 * each file, when all are added. */
void data_needs_settle(struct data_needs *needs, struct data_file *file);

void data_needs_free(struct data_needs *needs);

#endif
