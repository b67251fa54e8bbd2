/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/page_scan.h"

/* One page of a tablespace, and what is needed to read it: the functions of struct
 * page_format. Their space is a struct innodb_file. */

/* Offsets in the header of a page (storage/innobase/include/fil0fil.h, FIL_PAGE_...). */
#define PAGE_NUMBER 4U
#define PAGE_PREVIOUS 8U
#define PAGE_LSN 16U
#define PAGE_TYPE 24U
#define PAGE_KEY_VERSION 26U /* not in full_crc32, which has it in the first 4 bytes */
#define PAGE_CRYPT_CHECKSUM 30U
#define PAGE_SPACE_ID 34U

/* What page 0 says about a tablespace. */
struct innodb_space {
	uint32_t space_id;
	bool full_crc32;	  /* false: the older format */
	bool zipped;		  /* ROW_FORMAT=COMPRESSED */
	unsigned int codec;	  /* with full_crc32: of page-compressed pages */
	uint32_t page_size;	  /* bytes on disk */
	uint32_t pages;		  /* in all its files */
	uint32_t free_limit;	  /* first page that was never used */
	uint32_t logical_size;	  /* bytes of an uncompressed page */
	uint32_t extent;	  /* pages */
	uint32_t descriptor;	  /* bytes of an extent's descriptor */
	uint32_t double_write[2]; /* system tablespace: first pages of the two areas; 0: none */

	bool has_crypt; /* the members below were found */
	bool encrypted; /* scheme 1; false: the tablespace was decrypted, or is not encrypted yet */
	unsigned char salt[CIPHER_BLOCK];
	uint32_t key_id;
	bool never; /* ENCRYPTED=NO: the key ID means nothing */
};

/* A file of a tablespace. */
struct innodb_file {
	struct innodb_space space;
	struct paged_file paged;
	struct source head_source; /* the first of several system tablespace files; closed if this is that file */
	bool is_undo;		   /* judged by its name; a written page shows it, too */
};

#define INNODB_HEADER 38U /* bytes */

struct page innodb_header(const void *space, const unsigned char *bytes, uint32_t number);
enum page_integrity innodb_check(const struct page *page);
bool innodb_plain_fits(const struct page *page);
bool innodb_belongs(const struct page *page);
bool innodb_holds_data(const struct page *page);
bool innodb_may_be_empty(const struct page *page);
bool innodb_is_empty(const struct page *page);
bool innodb_may_be_short(const struct page *page);
uint32_t innodb_count_rest(const struct page *page);
void innodb_cover_copy(const void *space, const unsigned char *bytes, struct coverage *coverage);

/* Returns whether a page with any number belongs to this file's tablespace, as far as its
 * checksum and its unencrypted bytes tell. */
bool innodb_is_page_of(const struct innodb_file *file, const unsigned char *bytes);
prove_function innodb_prove;

/* Writes an uncompressed page to plain (room for page_size bytes), and decrypts it if
 * necessary. Returns false if the page is damaged or no key decrypts it. */
MUST_CHECK bool innodb_decrypt(struct scan *scan, const struct innodb_file *file, const unsigned char *bytes,
			       uint32_t number, unsigned char *plain);
