/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_DATA_INNODB_H
#define MKEYFILE_DATA_INNODB_H

#include "data/scan.h"

/* InnoDB tablespaces (MariaDB 10.11: storage/innobase/include/fsp0types.h,
 * fil0crypt.h, fil/fil0crypt.cc, buf/buf0buf.cc). */

/* What page 0 says of a tablespace. */
struct innodb_space {
	uint32_t space_id;
	bool full_crc32;	  /* else the older format */
	bool zipped;		  /* ROW_FORMAT=COMPRESSED */
	unsigned int codec;	  /* full_crc32: of page-compressed pages */
	uint32_t page_size;	  /* bytes on disk */
	uint32_t logical_size;	  /* bytes of an uncompressed page */
	uint32_t extent;	  /* pages */
	uint32_t descriptor;	  /* bytes of an extent's descriptor */
	uint32_t double_write[2]; /* system tablespace: first pages of the two areas; 0: none */

	bool has_crypt; /* the following were found */
	bool encrypted; /* scheme 1; else the tablespace was decrypted, or is not yet encrypted */
	unsigned char salt[CIPHER_BLOCK];
	uint32_t min_version;
	uint32_t key_id;
	bool never; /* ENCRYPTED=NO: the key ID means nothing */
};

enum innodb_head {
	INNODB_HEAD_FITS,
	INNODB_HEAD_EMPTY, /* all zero: a new tablespace that is only in the redo log yet */
	INNODB_HEAD_ALIEN, /* no page 0 of a tablespace */
};

/* Reads page 0: size bytes, as many as there are, SCAN_PAGE_MAX at most. */
enum innodb_head innodb_read_head(const unsigned char *page, size_t size, struct innodb_space *ret_space);

/* The checksum of a page that is not encrypted fits, as far as it has one. */
bool innodb_plain_page_fits(const struct innodb_space *space, const unsigned char *page);

/* A file of a tablespace. */
struct innodb_file {
	struct innodb_space space;
	struct source source;
	struct source head_source; /* the first file of a system tablespace of several; closed where it is this one */
	uint32_t first_page;	   /* number of the page at offset 0 */
};

/* Finds where the double-write areas of the system tablespace are, and notes it in
 * the space; their pages are copies of any others. */
void innodb_find_double_write(struct scan *scan, struct innodb_file *file);

/* Looks at the pages from index before end (of the file, not the tablespace),
 * and adds what they say to evidence. The end of the file may come first.
 * FAULT_READ, FAULT_MEMORY. */
MUST_CHECK struct fault innodb_scan(struct scan *scan, const struct innodb_file *file, uint64_t index, uint64_t end,
				    struct evidence *evidence);

#endif
