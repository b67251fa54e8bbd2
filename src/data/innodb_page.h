/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_DATA_INNODB_PAGE_H
#define MKEYFILE_DATA_INNODB_PAGE_H

#include "data/innodb.h"

/* One page of a tablespace. */

#define INNODB_HEADER 38U /* bytes */

/* A page as it is on disk, or as much of it as is known. */
struct innodb_page {
	const struct innodb_space *space;
	const unsigned char *bytes;
	uint32_t number;
	uint32_t type;
	uint32_t version; /* of the key; 0: not encrypted */
	uint64_t lsn;
};

/* Reads the header of page number, of which INNODB_HEADER bytes are there. */
struct innodb_page innodb_page_header(const struct innodb_space *space, const unsigned char *bytes, uint32_t number);

enum innodb_integrity {
	INNODB_INTACT,	/* a checksum of what is on disk fits */
	INNODB_BROKEN,	/* does not */
	INNODB_UNKNOWN, /* there is no such checksum */
};

/* Of an encrypted page, without a key. */
enum innodb_integrity innodb_check(const struct innodb_page *page);

/* Decrypts with the key that is set; page is a struct innodb_page. */
prove_function innodb_prove;

#endif
