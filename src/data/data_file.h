/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/evidence.h"
#include "data/formats/source.h"
#include "data/redo_logs.h"

/* A file of a data directory, and what the file shows about the keys. */

enum data_kind {
	DATA_INNODB,
	DATA_ARIA_INDEX,
	DATA_ARIA_DATA,
	DATA_BINARY_LOG, /* and relay logs */
	DATA_REDO_LOG,
	DATA_TEMPORARY, /* removed when the server starts again; nothing to prove */
	DATA_PLAIN,	/* a kind of file that servers never encrypt */
	DATA_UNKNOWN,
};
#define DATA_KIND_COUNT 8

enum data_answer {
	DATA_PROVEN,
	DATA_NOT_ENCRYPTED,
	DATA_NOT_PROVABLE, /* encrypted, or declared to be, but has nothing that identifies a key; see the note */
	DATA_UNKNOWN_KIND,
	DATA_UNREADABLE, /* see the fault */
	DATA_DAMAGED,
	DATA_WRONG_KEY,
	DATA_MISSING_KEY,
};
#define DATA_ANSWER_COUNT 8

/* Details about a file. */
enum data_note {
	DATA_NOTE_NONE,
	DATA_NOTE_EMPTY,	 /* a tablespace whose page 0 is still only in the redo log */
	DATA_NOTE_LOST,		 /* a tablespace that the redo log changes, but whose file is missing */
	DATA_NOTE_DROPPED,	 /* a tablespace that the redo log removes */
	DATA_NOTE_ZERO,		 /* a tablespace whose page 0 is zero and is not in a redo log */
	DATA_NOTE_LEFTOVER,	 /* the same, all zero and without a table: left by an interrupted statement */
	DATA_NOTE_NO_TARGET,	 /* a link file whose target is missing */
	DATA_NOTE_LEFTOVER_LINK, /* the same, without a table: left by a statement */
	DATA_NOTE_CUT_OFF,	 /* a tablespace that is shorter than its page 0 says */
	DATA_NOTE_NO_HEAD,	 /* page 0 or the header is invalid */
	DATA_NOTE_NO_FIRST_FILE, /* a file of a system tablespace without the first file, which tells the encryption */
	DATA_NOTE_NO_REST,	 /* the first file of a system tablespace whose other files are missing or incomplete */
	DATA_NOTE_NO_INDEX,	 /* an Aria data file whose index file, which contains the salt, is missing */
	DATA_NOTE_NO_CODEC,	 /* the library that decompresses its pages is missing, on this host or in this build */
	DATA_NOTE_NO_PAGE,	 /* has no encrypted page yet */
	DATA_NOTE_NO_PROOF,	 /* its pages contain nothing that identifies a key */
	DATA_NOTE_NO_SUPPORT,	 /* a format too old or too new for this program */
	DATA_NOTE_INCREMENTAL,	 /* part of an incremental backup: not a tablespace until it is applied */
	DATA_NOTE_PACKED,	 /* a backup that is compressed or encrypted as a whole */
	DATA_NOTE_UNCLEAN,	 /* a redo log with changes that a server start would still apply */
	DATA_NOTE_UNREAD,	 /* the same, but some of the changes cannot be read */
	DATA_NOTE_GONE,		 /* removed or renamed by a running server during the read */
	DATA_NOTE_CLEAR_TEXT,	 /* contains rows in clear text that are encrypted elsewhere */
};

/* The pages of a system tablespace in one of its files. pages is 0 if there are none. */
struct system_part {
	struct file_id tablespace; /* its first file */
	uint64_t first_page;
	uint64_t pages;
	bool written; /* false: all zero */
	/* From the first file only: pages of all files, and pages that were certainly used. */
	uint64_t pages_in_all;
	uint64_t pages_in_use;
};

struct data_file {
	const char *path; /* malloc(3)ed if data_file_free is to free it */
	enum data_kind kind;
	enum data_answer answer;
	enum data_note note;
	struct fault fault;	  /* if DATA_UNREADABLE */
	uint64_t size;		  /* bytes */
	bool relay;		  /* a relay log, not a binary log */
	bool declared;		  /* the file declares that it is encrypted */
	uint32_t declared_id;	  /* with this key ID, which the server requires even if no page uses it yet */
	bool declared_missing;	  /* there is a key file, and it lacks this ID */
	uint32_t directory;	  /* index of the survey's directory that contains it */
	enum redo_word redo_says; /* for an incomplete tablespace */
	bool blank;		  /* with DATA_NOTE_ZERO: all zero, and no readable redo log mentions it */
	bool unlisted;		  /* if blank: no list of tables is there to tell whether a table owns it */
	char *target;		  /* with DATA_NOTE_NO_TARGET: the path in the link file, malloc(3)ed as path is */
	struct system_part system;
	uint32_t space_id;    /* of a tablespace that stores its ID on disk */
	struct file_id space; /* and its file */
	struct evidence evidence;
};

/* Frees the path, target and evidence, and zeroes *file. */
void data_file_free(struct data_file *file);

/* Whether a server will still supply what the files lack: because one is running, or
 * because the redo log waits for recovery. Unknown: the redo log is missing, belongs to
 * another server, or cannot be read. */
enum data_recovery { DATA_RECOVERY_UNKNOWN, DATA_RECOVERY_NONE, DATA_RECOVERY_DUE, DATA_RECOVERY_LIVE };

/* Sets file->answer from the evidence, and file->note where that says more. Call once.
 * known returns whether another file proves the key (id, version), which distinguishes a
 * single damaged page from a wrong key where this file alone cannot. NULL: no. */
typedef bool data_key_known(const void *context, uint32_t id, uint32_t version);
void data_file_decide(struct data_file *file, data_key_known *known, const void *context, enum data_recovery recovery);

/* Returns whether the head exists but is damaged, so that what it says about keys is uncertain. */
bool data_file_head_is_damaged(const struct data_file *file);

/* Returns whether a tablespace lacks something that the redo log will not supply. */
bool data_file_is_incomplete(const struct data_file *file);

/* Returns whether it is unknown if a redo log would complete the tablespace: no redo log
 * could be read, or a running server is writing it. Also true for a blank file that may
 * not belong to a table. */
bool data_file_is_undecided(const struct data_file *file, enum data_recovery recovery);

/* Returns the answer for one use. */
enum data_answer key_use_answer(const struct key_use *use, bool known_elsewhere);

/* Returns whether a file may need this key: its pages name the key. False if only one
 * page does, and another version's key decrypts that page. */
bool key_use_is_needed(const struct key_use *use);

/* Like key_use_is_needed, for allocated pages. False: only free pages need the key. */
bool key_use_is_needed_by_allocated(const struct key_use *use);
