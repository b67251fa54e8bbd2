/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/scan.h"

/* Files of pages of one size, each encrypted by itself: InnoDB's and Aria's. */

/* A page as it is on disk, or as much of it as is known. */
struct page {
	const void *space; /* of the file, as its format knows it */
	const unsigned char *bytes;
	uint32_t number;
	uint32_t version; /* of the key; 0: not encrypted */
	uint32_t type;
	uint32_t head; /* Aria: bytes that are never encrypted */
	uint64_t lsn;
};

enum page_integrity {
	PAGE_INTACT,	/* a checksum over all of what is on disk fits */
	PAGE_PLAUSIBLE, /* there is none, or one that leaves some bytes out; they make sense */
	PAGE_BROKEN,	/* it does not fit, or they make no sense */
};

struct page_format {
	size_t header_size; /* bytes that header needs */
	/* Reads the header of page number. */
	struct page (*header)(const void *space, const unsigned char *bytes, uint32_t number);
	/* True: the page holds nothing of this file's own. NULL: there is no such. */
	bool (*is_foreign)(const void *space, uint32_t number);
	/* True: the page is free. NULL: nothing tells. */
	bool (*is_free)(struct scan *scan, const struct page *page);
	bool has_lsn;	  /* of the redo log: none is newer than the end of the log */
	bool writes_free; /* a page that is freed is written as a whole: damaged where the key opens others */
	/* Of an encrypted page, without a key. */
	enum page_integrity (*check)(const struct page *page);
	/* False: a page that is not encrypted is damaged. */
	bool (*plain_fits)(const struct page *page);
	/* False: a page that is not encrypted, and intact, is one of another place. NULL: nothing
	 * tells. */
	bool (*belongs)(const struct page *page);
	prove_function *prove; /* of a struct page */
};

struct paged_file {
	const struct page_format *format;
	const void *space; /* for format */
	struct source source;
	uint32_t page_size;  /* bytes */
	uint32_t first_page; /* number of the page at offset 0 */
	uint32_t skipped;    /* pages at the start of the file that are none of the format */
	bool encrypted;	     /* else no page is, */
	bool has_versions;   /* and none looks as if it had a version */
	bool reads_free;     /* the server reads free pages, too: see struct free_use */
	uint32_t id;
	unsigned char salt[CIPHER_BLOCK];
};

/* Looks at the pages from index before end (of the file), and adds what they say
 * to evidence. The end of the file may come first. FAULT_READ, FAULT_MEMORY. */
MUST_CHECK struct fault page_scan(struct scan *scan, const struct paged_file *file, uint64_t index, uint64_t end,
				  struct evidence *evidence);
