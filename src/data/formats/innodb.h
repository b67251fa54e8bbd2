/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/innodb_page.h"

/* InnoDB tablespaces (MariaDB 10.11: storage/innobase/include/fsp0types.h,
 * fil0crypt.h, fil/fil0crypt.cc, buf/buf0buf.cc). */

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

/* Makes paged of space, once that is known; paged.source, paged.first_page and is_undo
 * are set. Finds where the double-write areas of the system tablespace are. file must
 * stay where it is. */
void innodb_open(struct scan *scan, struct innodb_file *file);
