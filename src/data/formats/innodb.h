/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/innodb_page.h"

/* InnoDB tablespaces (MariaDB 10.11: storage/innobase/include/fsp0types.h,
 * fil0crypt.h, fil/fil0crypt.cc, buf/buf0buf.cc). */

enum innodb_head {
	INNODB_HEAD_FITS,
	INNODB_HEAD_EMPTY, /* all zero: a new tablespace that is still only in the redo log */
	INNODB_HEAD_ALIEN, /* not page 0 of a tablespace */
};

/* Reads page 0. size is the bytes available, at most SCAN_PAGE_MAX. */
enum innodb_head innodb_read_head(const unsigned char *page, size_t size, struct innodb_space *ret_space);

/* Returns whether these are the first INNODB_SYSTEM_HEAD bytes of the first file of a
 * system tablespace. size is the bytes available. */
#define INNODB_SYSTEM_HEAD 42U
bool innodb_is_system_head(const unsigned char *head, size_t size);

/* The space ID of the temporary tablespace, which the server creates again at each start. */
#define INNODB_TEMPORARY_SPACE 0xfffffffeU

/* Initializes paged from space; paged.source, paged.first_page and is_undo must be set.
 * Finds the doublewrite areas of the system tablespace. file must not move afterwards. */
void innodb_open(struct scan *scan, struct innodb_file *file);

/* Adds the pages of a temporary tablespace from index up to, but not including, end. Its pages have
 * no key version, and nobody but the running server could decrypt them: an encrypted page is one
 * that does not contain the tablespace's ID (buf/buf0flu.cc, buf_tmp_page_encrypt; 10.5, 10.11, 11.8). */
void innodb_cover_temporary(struct scan *scan, const struct innodb_file *file, uint64_t index, uint64_t end,
			    struct coverage *coverage);
