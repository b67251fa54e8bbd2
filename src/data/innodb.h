/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_DATA_INNODB_H
#define MKEYFILE_DATA_INNODB_H

#include "data/page_scan.h"

/* InnoDB tablespaces (MariaDB 10.11: storage/innobase/include/fsp0types.h,
 * fil0crypt.h, fil/fil0crypt.cc, buf/buf0buf.cc). */

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

enum innodb_head {
	INNODB_HEAD_FITS,
	INNODB_HEAD_EMPTY, /* all zero: a new tablespace that is only in the redo log yet */
	INNODB_HEAD_ALIEN, /* no page 0 of a tablespace */
};

/* Reads page 0: size bytes, as many as there are, SCAN_PAGE_MAX at most. */
enum innodb_head innodb_read_head(const unsigned char *page, size_t size, struct innodb_space *ret_space);

/* Whether these are the first INNODB_SYSTEM_HEAD bytes of the first file of a system
 * tablespace; size: as many as there are. */
#define INNODB_SYSTEM_HEAD 42U
bool innodb_is_system_head(const unsigned char *head, size_t size);

/* The space ID of what goes at the next start of a server. */
#define INNODB_TEMPORARY_SPACE 0xfffffffeU

/* A file of a tablespace. */
struct innodb_file {
	struct innodb_space space;
	struct paged_file paged;
	struct source head_source; /* the first file of a system tablespace of several; closed where it is this one */
	bool is_undo;		   /* by its name; a page tells, too, once it is written */
};

/* Makes paged of space, once that is known; paged.source, paged.first_page and is_undo
 * are set. Finds where the double-write areas of the system tablespace are. file must
 * stay where it is. */
void innodb_open(struct scan *scan, struct innodb_file *file);

#endif
