/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <stdint.h>

/* What the pages of one file show about the keys. A "page" is anything that is encrypted
 * as one unit: a page of InnoDB or Aria, an event of a binary log, a mini-transaction of
 * the redo log. The terms, from the bytes to the output:
 *
 *   outcome   of one page: a key decrypts it, fails to decrypt it, it is damaged
 *   use       the outcomes of all pages in one file with the same ID and version
 *   evidence  the uses of one file, and its pages without a key
 *   answer    of one file: what its evidence means, once all files were scanned
 *   need      of one ID and version: the files that need it, and their answers
 *
 * Outcomes are counted here, survey.h gathers evidence, needs.h decides answers and
 * needs. */

/* The most pairs of ID and version that one file can plausibly use. A file with more is
 * not what it seems to be. */
#define EVIDENCE_MAX_USES 256

/* Free pages that the server reads anyway. IMPORT TABLESPACE needs all of them,
 * read-ahead reports those that it cannot decrypt as corrupt, and REPAIR and OPTIMIZE
 * TABLE fail to decrypt those of Aria (measured on 10.11.19 and 11.8.9). A page whose
 * checksum does not match proves nothing about a key: it may not have been written
 * completely since it was freed. */
struct free_use {
	uint64_t pages;
	uint64_t proven;
	uint64_t refuted;  /* intact, but the key does not decrypt them */
	uint64_t doubtful; /* the same, but their checksum does not cover every byte, so they may be damaged */
	uint64_t sound;	   /* intact, but there is no such key to try */
	uint64_t broken;   /* damaged: these prove nothing */
};

/* One pair of key ID and version in one file. */
struct key_use {
	uint32_t id;
	uint32_t version;
	uint64_t pages;	      /* allocated pages with this pair; the members below count these */
	struct free_use free; /* free pages with this pair */
	uint64_t residual;    /* free pages with this pair that nothing needs */
	uint64_t proven;
	uint64_t refuted;  /* apparently intact, but the key does not decrypt them */
	uint64_t sound;	   /* certainly intact, but there is no such key to try */
	uint64_t unproved; /* contain nothing that identifies a key */
	uint64_t damaged;
	uint64_t busy;		 /* changed during the read */
	uint64_t first_bad;	 /* number of the first page that is refuted or damaged */
	uint32_t other_version;	 /* version whose key does decrypt a page; 0: none */
	uint64_t other_proven;	 /* pages that this version decrypts */
	uint64_t strict_refuted; /* refuted pages that have a checksum over the bytes on disk */
};

/* Bytes of a file by whether reading what they contain requires a key. What contains no data
 * counts in none of them: pages that were never written, and the parts that a format never
 * encrypts and that only describe the file, such as page 0 of a tablespace. */
struct coverage {
	uint64_t encrypted;
	uint64_t clear;
	uint64_t unknown;
};

struct evidence {
	struct key_use *uses; /* sorted by ID and version */
	size_t use_count;
	uint64_t pages;		      /* all pages scanned */
	uint64_t plain;		      /* not encrypted */
	uint64_t plain_damaged;	      /* the same, with a checksum that does not match */
	uint64_t unexplained;	      /* pages with a version, in a file that declares it is not encrypted */
	uint64_t overflow;	      /* pages of pairs beyond EVIDENCE_MAX_USES */
	uint64_t first_bad;	      /* the first of plain_damaged */
	uint64_t newest_lsn;	      /* InnoDB: of an intact page, or the end of a redo log; 0: none */
	bool clean;		      /* a redo log that a server start would not apply */
	unsigned int missing_codec;   /* codec of pages that could not be decompressed here; 0: none */
	uint32_t proven_by_cipher;    /* a bit for each enum data_cipher that proved a page which distinguishes them */
	struct coverage coverage;     /* of the pages scanned; without those in double_write */
	struct coverage double_write; /* copies of pages in the doublewrite areas of a system tablespace */
};

void evidence_free(struct evidence *evidence);

/* Returns the use with this ID and version, and adds it if it is missing. Returns NULL if
 * memory runs out or there are too many uses. */
struct key_use *evidence_use(struct evidence *evidence, uint32_t id, uint32_t version);

void coverage_add(struct coverage *whole, const struct coverage *part);

/* Adds part to whole. Faults: FAULT_MEMORY. */
MUST_CHECK struct fault evidence_add(struct evidence *whole, const struct evidence *part);

/* The result for one page. */
enum page_outcome {
	PAGE_PROVEN,
	PAGE_REFUTED,	     /* without a checksum over the bytes on disk: damage looks the same */
	PAGE_REFUTED_INTACT, /* the bytes on disk are as they were written */
	PAGE_SOUND,
	PAGE_UNPROVED,
	PAGE_DAMAGED,
	PAGE_BUSY,
};

void key_use_count(struct key_use *use, enum page_outcome outcome, uint64_t page);
