/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/redo_changes.h"
#include "data/formats/scan.h"

/* InnoDB's redo log (MariaDB: storage/innobase/include/log0types.h, log0log.h,
 * log/log0crypt.cc, log/log0recv.cc). */

enum redo_format {
	REDO_PLAIN,	    /* to 10.7, not encrypted */
	REDO_PLAIN_RECORDS, /* 10.8 and later, not encrypted */
	REDO_BLOCKS,	    /* to 10.7: blocks of 512 bytes */
	REDO_RECORDS,	    /* 10.8: mini-transactions, the body of each record encrypted by itself */
	REDO_STREAM,	    /* 10.11 and later: all records of a mini-transaction encrypted in one piece */
	REDO_UNKNOWN,
};

struct redo_file {
	struct source source;
	enum redo_format format;
	bool damaged;	     /* the checksum of the header, or of both checkpoints, does not fit */
	bool no_checkpoint;  /* REDO_BLOCKS: damaged only in that: later files of a log have none */
	bool block_versions; /* REDO_BLOCKS: each block has a key version */
	bool has_records;    /* REDO_BLOCKS and REDO_PLAIN: of 10.5 and later, which can be read */
	bool makes_files; /* its server makes a file again of which it has page 0; else it wants page 0 on the disk */
	bool of_backup;	  /* mariadb-backup wrote it */
	uint32_t id;
	uint32_t version;
	unsigned char salt[CIPHER_BLOCK];
	unsigned char nonce[4];	 /* REDO_BLOCKS */
	uint64_t first_lsn;	 /* of the offset where the records begin */
	uint64_t checkpoint_lsn; /* the newest */
	uint64_t end_lsn;	 /* where recovery begins to read */
};

/* Reads the head of a log: size bytes, as many as there are, SCAN_PAGE_MAX at
 * most. source is kept. */
void redo_read_head(const unsigned char *head, size_t size, struct redo_file *file);

/* Gives a file with no_checkpoint that of the first file of its log. False: the two
 * are not of one log. */
MUST_CHECK bool redo_take_checkpoint(struct redo_file *file, const struct redo_file *first);

/* What a start of the server would find in a log. */
struct redo_recovery {
	struct redo_changes changes; /* broken: they could not be read, or only some of them */
	uint64_t end_lsn;	     /* where the log ends; 0: not known */
	bool clean;		     /* certainly nothing to recover */
	bool makes_files;	     /* as in struct redo_file */
	bool of_backup;		     /* the same */
};

/* Reads all records from the newest checkpoint on. Those of MariaDB 10.2 to 10.4 cannot be
 * read: changes are then broken unless there are none. What the log says of the keys is
 * added to evidence, by older records where these do not suffice; NULL: nobody asks.
 * FAULT_MEMORY. */
MUST_CHECK struct fault redo_read(struct scan *scan, const struct redo_file *file, struct evidence *evidence,
				  struct redo_recovery *ret_recovery);
