/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/evidence.h"
#include "data/formats/source.h"
#include "data/redo_logs.h"

/* A file of a data directory, and what it says about the keys. */

enum data_kind {
	DATA_INNODB,
	DATA_ARIA_INDEX,
	DATA_ARIA_DATA,
	DATA_BINARY_LOG, /* and relay logs */
	DATA_REDO_LOG,
	DATA_TEMPORARY, /* gone at the next start of a server; nothing to prove */
	DATA_PLAIN,	/* a kind that servers never encrypt */
	DATA_UNKNOWN,
};
#define DATA_KIND_COUNT 8

enum data_answer {
	DATA_PROVEN,
	DATA_NOT_ENCRYPTED,
	DATA_NOT_PROVABLE, /* encrypted or said to be, but holds nothing to know a key by; see the note */
	DATA_UNKNOWN_KIND,
	DATA_UNREADABLE, /* see the fault */
	DATA_DAMAGED,
	DATA_WRONG_KEY,
	DATA_MISSING_KEY,
};
#define DATA_ANSWER_COUNT 8

/* What else there is to say of a file. */
enum data_note {
	DATA_NOTE_NONE,
	DATA_NOTE_EMPTY,	 /* a tablespace whose page 0 only the redo log knows yet */
	DATA_NOTE_LOST,		 /* a tablespace that the redo log changes, without a file */
	DATA_NOTE_DROPPED,	 /* a tablespace that the redo log removes */
	DATA_NOTE_ZERO,		 /* a tablespace whose page 0 is zero, and no redo log makes it */
	DATA_NOTE_LEFTOVER,	 /* the same, zero to its end, of no table: left by an interrupted statement */
	DATA_NOTE_NO_TARGET,	 /* a link file that names a file that is not here */
	DATA_NOTE_LEFTOVER_LINK, /* the same, of no table: left by a statement */
	DATA_NOTE_CUT_OFF,	 /* a tablespace that is shorter than its page 0 says */
	DATA_NOTE_NO_HEAD,	 /* page 0 or the header is not one */
	DATA_NOTE_NO_FIRST_FILE, /* a file of a system tablespace without the first, which tells how it is encrypted */
	DATA_NOTE_NO_REST,     /* the first file of a system tablespace whose other files are not there, or not whole */
	DATA_NOTE_NO_INDEX,    /* an Aria data file without its index file, which has the salt */
	DATA_NOTE_NO_CODEC,    /* the library that decompresses its pages is missing, here or where this was built */
	DATA_NOTE_NO_PAGE,     /* has no encrypted page yet */
	DATA_NOTE_NO_PROOF,    /* its pages hold nothing by which a key could be known */
	DATA_NOTE_NO_SUPPORT,  /* an old or new format that is not known here */
	DATA_NOTE_INCREMENTAL, /* part of an incremental backup: it is no tablespace until it is applied */
	DATA_NOTE_PACKED,      /* a backup that is compressed or encrypted as a whole */
	DATA_NOTE_UNCLEAN,     /* a redo log that a start would still apply */
	DATA_NOTE_UNREAD,      /* the same, and not all of its changes can be read */
	DATA_NOTE_GONE,	       /* removed or renamed by a running server while it was read */
	DATA_NOTE_CLEAR_TEXT,  /* holds rows that are encrypted elsewhere */
};

/* The pages of a system tablespace in one of its files; none: no pages. */
struct system_part {
	struct file_id tablespace; /* its first file */
	uint64_t first_page;
	uint64_t pages;
	bool written; /* else it is zero */
	/* Said by the first file alone: pages of all files, and of those that were certainly used. */
	uint64_t pages_in_all;
	uint64_t pages_in_use;
};

struct data_file {
	const char *path; /* malloc(3)ed where data_file_free is due */
	enum data_kind kind;
	enum data_answer answer;
	enum data_note note;
	struct fault fault;	  /* of DATA_UNREADABLE */
	uint64_t size;		  /* bytes */
	bool declared;		  /* the file says that it is encrypted, */
	uint32_t declared_id;	  /* with this key ID, which the server wants to have even if no page needs it yet */
	bool declared_missing;	  /* there is a key file, and it has no key of this ID */
	uint32_t directory;	  /* among the survey's: where it was found */
	enum redo_word redo_says; /* of a tablespace that lacks something */
	bool blank;    /* of DATA_NOTE_ZERO: zero to its end, and no redo log that can be read says anything of it */
	bool unlisted; /* of a blank one: no list of tables is there that would tell whether it is one's */
	char *target;  /* of DATA_NOTE_NO_TARGET: the path in it, malloc(3)ed as path is */
	struct system_part system;
	uint32_t space_id;    /* of a tablespace that says it on the disk, */
	struct file_id space; /* and its file */
	struct evidence evidence;
};

/* Its path, its target and its evidence; *file is as if zeroed. */
void data_file_free(struct data_file *file);

/* Whether a server would still bring in what the files lack: one is at work, or the
 * redo log waits for it. Unknown: there is no redo log, it is another server's, or it
 * cannot be read. */
enum data_recovery { DATA_RECOVERY_UNKNOWN, DATA_RECOVERY_NONE, DATA_RECOVERY_DUE, DATA_RECOVERY_LIVE };

/* Decides file->answer (and, where that says more, the note) by the evidence, once.
 * known: whether the key (id, version) is proven by some other file; it tells a
 * single damaged page from a wrong key where the file alone cannot. NULL: no. */
typedef bool data_key_known(const void *context, uint32_t id, uint32_t version);
void data_file_decide(struct data_file *file, data_key_known *known, const void *context, enum data_recovery recovery);

/* Its head is there, but not as it was written: what it says of keys is not sure. */
bool data_file_head_is_damaged(const struct data_file *file);

/* A tablespace that lacks something, and the redo log says nothing that would bring it
 * in. */
bool data_file_is_incomplete(const struct data_file *file);

/* The same, and it cannot be known whether a redo log would: there is none that could be
 * read, or a server is writing it. Nor can it of a blank file that may be of no table. */
bool data_file_is_undecided(const struct data_file *file, enum data_recovery recovery);

/* What decides about one use. */
enum data_answer key_use_answer(const struct key_use *use, bool known_elsewhere);

/* A file may need this key: its pages say so, and not only one that another version's
 * key opens. */
bool key_use_is_needed(const struct key_use *use);

/* The same by its allocated pages: else only free pages need the key. */
bool key_use_is_needed_by_allocated(const struct key_use *use);
