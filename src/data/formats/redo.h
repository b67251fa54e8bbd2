/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/redo_changes.h"
#include "data/formats/scan.h"

/* InnoDB's redo log (MariaDB: storage/innobase/include/log0types.h, log0log.h,
 * log/log0crypt.cc, log/log0recv.cc). */

enum redo_format {
	REDO_PLAIN,	    /* up to 10.7, not encrypted */
	REDO_PLAIN_RECORDS, /* 10.8 and later, not encrypted */
	REDO_BLOCKS,	    /* up to 10.7: blocks of 512 bytes */
	REDO_RECORDS,	    /* 10.8: mini-transactions; the body of each record is encrypted separately */
	REDO_STREAM,	    /* 10.11 and later: all records of a mini-transaction are encrypted together */
	REDO_UNKNOWN,
};

struct redo_file {
	struct source source;
	enum redo_format format;
	bool damaged;	     /* the checksum of the header, or those of both checkpoints, do not match */
	bool no_checkpoint;  /* REDO_BLOCKS: only the checkpoint is missing, as in later files of a log */
	bool block_versions; /* REDO_BLOCKS: each block has its own key version */
	bool has_records;    /* REDO_BLOCKS and REDO_PLAIN: the log is of 10.5 or later, whose records can be read */
	bool makes_files;    /* its server can create a file if the log has page 0; others need page 0 on disk */
	bool of_backup;	     /* mariadb-backup wrote it */
	uint32_t id;
	uint32_t version;
	unsigned char salt[CIPHER_BLOCK];
	unsigned char nonce[4];	 /* REDO_BLOCKS */
	uint64_t first_lsn;	 /* LSN of the offset where the records start */
	uint64_t checkpoint_lsn; /* of the newest checkpoint */
	uint64_t end_lsn;	 /* where the newest checkpoint ends */
};

/* Reads the head of a log. size: bytes available, at most SCAN_PAGE_MAX. Does not change source. */
void redo_read_head(const unsigned char *head, size_t size, struct redo_file *file);

/* Copies the checkpoint of the first file of a log to a file with no_checkpoint. Returns false if
 * the files are not of the same log. */
MUST_CHECK bool redo_take_checkpoint(struct redo_file *file, const struct redo_file *first);

/* What a server would find in the log when it starts. */
struct redo_recovery {
	struct redo_changes changes; /* broken: not all of them could be read */
	uint64_t end_lsn;	     /* the end of the log; 0: not known */
	bool clean;		     /* there is certainly nothing to recover */
	bool makes_files;	     /* as in struct redo_file */
	bool of_backup;		     /* the same */
};

/* Reads all records from the newest checkpoint on. Records of MariaDB 10.2 to 10.4 cannot be
 * read: changes are then broken unless the log is clean. Adds what the log says about keys to
 * evidence, from older records if necessary. evidence: NULL if it is not needed. FAULT_MEMORY. */
MUST_CHECK struct fault redo_read(struct scan *scan, const struct redo_file *file, struct evidence *evidence,
				  struct redo_recovery *ret_recovery);
