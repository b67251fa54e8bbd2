/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <stdint.h>

/* What the pages of one file say about the keys. "Page" stands for whatever is
 * encrypted in one piece: a page of InnoDB or Aria, an event of a binary log, a
 * mini-transaction of the redo log. The words, from the bytes to what is printed:
 *
 *   outcome   of one page: a key opens it, does not open it, it is damaged
 *   use       the outcomes of all pages of one file that name the same ID and version
 *   evidence  the uses of one file, and its pages that name no key
 *   answer    of one file: what its evidence means, once all files have been looked at
 *   need      of one ID and version: the files that need it, and their answers
 *
 * Outcomes are counted here, evidence is gathered by survey.h, needs.h settles answers
 * and needs. */

/* Most pairs of ID and version that one file is believed to use. More are only
 * met in a file that is no such file. */
#define EVIDENCE_MAX_USES 256

/* Pages that are free, but that the server reads even so: IMPORT TABLESPACE needs all of
 * them, and read-ahead calls corrupt those that it cannot decrypt; REPAIR and OPTIMIZE
 * TABLE fail to decrypt those of Aria (measured on 10.11.19 and 11.8.9). A page whose
 * checksum does not match says nothing of a key: it may never have been written completely
 * since it was freed. */
struct free_use {
	uint64_t pages;
	uint64_t proven;
	uint64_t refuted;  /* intact, and not of this key */
	uint64_t doubtful; /* the same, but their checksum leaves some bytes out: or damaged */
	uint64_t sound;	   /* intact, and there is no such key to try */
	uint64_t broken;   /* these say nothing */
};

/* One pair of key ID and version in one file. */
struct key_use {
	uint32_t id;
	uint32_t version;
	uint64_t pages;	      /* allocated pages that have it: the members below count these */
	struct free_use free; /* free pages that have it */
	uint64_t residual;    /* free pages that have it, and that nothing needs */
	uint64_t proven;
	uint64_t refuted;  /* intact as far as one can tell, and not of this key */
	uint64_t sound;	   /* intact beyond doubt, and there is no such key to try */
	uint64_t unproved; /* hold nothing by which a key could be known */
	uint64_t damaged;
	uint64_t busy;		 /* were changing under the read */
	uint64_t first_bad;	 /* number of the first page that is refuted or damaged */
	uint32_t other_version;	 /* whose key does open a page; 0: none */
	uint64_t other_proven;	 /* pages that it opens */
	uint64_t strict_refuted; /* those refuted that carry a checksum of what is on disk */
};

struct evidence {
	struct key_use *uses; /* sorted by ID and version */
	size_t use_count;
	uint64_t pages;		    /* looked at, all of them */
	uint64_t plain;		    /* not encrypted */
	uint64_t plain_damaged;	    /* the same, and their checksum does not fit */
	uint64_t unexplained;	    /* that name a version, in a file that is said not to be encrypted */
	uint64_t overflow;	    /* pages of further pairs than EVIDENCE_MAX_USES */
	uint64_t first_bad;	    /* among plain_damaged */
	uint64_t newest_lsn;	    /* InnoDB: of an intact page, or where a redo log ends; 0: none */
	bool clean;		    /* a redo log that a start of the server would not apply */
	unsigned int missing_codec; /* of pages that could not be decompressed here; 0: none */
	uint32_t proven_by_cipher;  /* a bit for each enum data_cipher that proved a page which can tell them apart */
};

void evidence_free(struct evidence *evidence);

/* The use with this ID and version, made when it is not there. NULL: no memory, or
 * there are too many. */
struct key_use *evidence_use(struct evidence *evidence, uint32_t id, uint32_t version);

/* Adds part to whole. */
MUST_CHECK struct fault evidence_add(struct evidence *whole, const struct evidence *part);

/* How one page turned out. */
enum page_outcome {
	PAGE_PROVEN,
	PAGE_REFUTED,	     /* no checksum of the bytes on disk: damage looks the same */
	PAGE_REFUTED_INTACT, /* the bytes on disk are as they were written */
	PAGE_SOUND,
	PAGE_UNPROVED,
	PAGE_DAMAGED,
	PAGE_BUSY,
};

void key_use_count(struct key_use *use, enum page_outcome outcome, uint64_t page);
