/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/page_scan.h"

/* One page of a tablespace, and what has to be known of that to read it: what struct
 * page_format asks for. space is a struct innodb_file. */

/* Where in the header of a page (storage/innobase/include/fil0fil.h, FIL_PAGE_...). */
#define PAGE_NUMBER 4U
#define PAGE_PREVIOUS 8U
#define PAGE_LSN 16U
#define PAGE_TYPE 24U
#define PAGE_KEY_VERSION 26U /* not of full_crc32, which has it in the first 4 bytes */
#define PAGE_CRYPT_CHECKSUM 30U
#define PAGE_SPACE_ID 34U

/* What page 0 says of a tablespace. */
struct innodb_space {
	uint32_t space_id;
	bool full_crc32;	  /* else the older format */
	bool zipped;		  /* ROW_FORMAT=COMPRESSED */
	unsigned int codec;	  /* full_crc32: of page-compressed pages */
	uint32_t page_size;	  /* bytes on disk */
	uint32_t pages;		  /* of all its files */
	uint32_t free_limit;	  /* where the pages begin that were never used */
	uint32_t logical_size;	  /* bytes of an uncompressed page */
	uint32_t extent;	  /* pages */
	uint32_t descriptor;	  /* bytes of an extent's descriptor */
	uint32_t double_write[2]; /* system tablespace: first pages of the two areas; 0: none */

	bool has_crypt; /* the following were found */
	bool encrypted; /* scheme 1; else the tablespace was decrypted, or is not yet encrypted */
	unsigned char salt[CIPHER_BLOCK];
	uint32_t key_id;
	bool never; /* ENCRYPTED=NO: the key ID means nothing */
};

/* A file of a tablespace. */
struct innodb_file {
	struct innodb_space space;
	struct paged_file paged;
	struct source head_source; /* the first file of a system tablespace of several; closed where it is this one */
	bool is_undo;		   /* by its name; a page tells, too, once it is written */
};

#define INNODB_HEADER 38U /* bytes */

struct page innodb_header(const void *space, const unsigned char *bytes, uint32_t number);
enum page_integrity innodb_check(const struct page *page);
bool innodb_plain_fits(const struct page *page);
bool innodb_belongs(const struct page *page);

/* Whether a page of any number is one of this file's tablespace, as far as its
 * checksum and what is not encrypted tell. */
bool innodb_is_page_of(const struct innodb_file *file, const unsigned char *bytes);
prove_function innodb_prove;

/* Writes a page that is not compressed to plain (page_size bytes of room), decrypted where
 * it has to be. False: it is damaged, or no key opens it. */
MUST_CHECK bool innodb_decrypt(struct scan *scan, const struct innodb_file *file, const unsigned char *bytes,
			       uint32_t number, unsigned char *plain);
