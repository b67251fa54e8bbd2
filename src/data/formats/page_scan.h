/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/scan.h"

/* Files whose pages have one size and are encrypted one by one: InnoDB's and Aria's. */

/* A page as it is on disk, as far as it is known. */
struct page {
	const void *space; /* the file's space, in the type that its format uses */
	const unsigned char *bytes;
	uint32_t number;
	uint32_t version; /* of the key; 0: not encrypted */
	uint32_t type;
	uint32_t head; /* Aria: bytes at the start that are never encrypted */
	uint64_t lsn;
};

enum page_integrity {
	PAGE_INTACT,	/* a checksum over all bytes on disk matches */
	PAGE_PLAUSIBLE, /* the checksum is missing or does not cover every byte, but the bytes are plausible */
	PAGE_BROKEN,	/* the checksum does not match, or the bytes are not plausible */
};

struct page_format {
	size_t header_size; /* bytes that header() needs */
	/* Reads the header of page number. */
	struct page (*header)(const void *space, const unsigned char *bytes, uint32_t number);
	/* Returns true if the page does not contain data of this file. NULL: no such pages. */
	bool (*is_foreign)(const void *space, uint32_t number);
	/* Adds the bytes of such a page, all page_size of them, to coverage. */
	void (*cover_foreign)(const void *space, const unsigned char *bytes, struct coverage *coverage);
	/* Returns whether an unencrypted page contains data, judging by its header. */
	bool (*holds_data)(const struct page *page);
	/* Returns whether such a page may be empty anyway, which is_empty tells from the whole page. NULL: no. */
	bool (*may_be_empty)(const struct page *page);
	bool (*is_empty)(const struct page *page);
	/* Returns whether an encrypted page may be shorter than its place in the file (NULL: each may), and
	 * the bytes after its end that do not only fill the place, from the whole page. NULL: none. */
	bool (*may_be_short)(const struct page *page);
	uint32_t (*count_rest)(const struct page *page);
	/* Returns true if the page is free. NULL: unknown. */
	bool (*is_free)(struct scan *scan, const struct page *page);
	bool has_lsn;	  /* of the redo log: no page is newer than the end of the log */
	bool writes_free; /* a freed page is written completely: it is damaged if the key decrypts others but not it */
	/* Checks an encrypted page without a key. */
	enum page_integrity (*check)(const struct page *page);
	/* Returns false if an unencrypted page is damaged. */
	bool (*plain_fits)(const struct page *page);
	/* Returns false if an intact unencrypted page belongs elsewhere. NULL: unknown. */
	bool (*belongs)(const struct page *page);
	prove_function *prove; /* takes a struct page */
};

struct paged_file {
	const struct page_format *format;
	const void *space; /* for format */
	struct source source;
	uint32_t page_size;  /* bytes */
	uint32_t first_page; /* number of the page at offset 0 */
	uint32_t skipped;    /* pages at the start of the file that are not in this format */
	bool encrypted;	     /* false: no page is encrypted */
	bool has_versions;   /* false: no page looks as if it had a version */
	bool reads_free;     /* the server reads free pages, too: see struct free_use */
	uint32_t id;
	unsigned char salt[CIPHER_BLOCK];
};

/* Scans the pages of the file from index up to, but not including, end, or up to the end
 * of the file, and adds the result to evidence. Faults: FAULT_READ, FAULT_MEMORY. */
MUST_CHECK struct fault page_scan(struct scan *scan, const struct paged_file *file, uint64_t index, uint64_t end,
				  struct evidence *evidence);
