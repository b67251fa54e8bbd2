/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/page_scan.h"

/* Aria tables (MariaDB 10.11: storage/maria/ma_open.c, ma_crypt.c, ma_pagecrc.c). */

struct aria_table {
	bool paged; /* ROW_FORMAT=PAGE, the only format that can be encrypted */
	bool encrypted;
	bool transactional;
	bool temporary;
	uint32_t block_size; /* bytes */
	uint64_t key_start;  /* offset of the first index page */
	uint32_t space;	     /* part of every IV */
	unsigned char salt[CIPHER_BLOCK];
};

/* Reads the header of an index file (.MAI). size is the bytes available, at most
 * SCAN_PAGE_MAX. Returns false if this is not an index file, or the header is
 * inconsistent. */
bool aria_read_head(const unsigned char *head, size_t size, struct aria_table *ret_table);

/* An index or data file. */
struct aria_file {
	struct aria_table table;
	bool is_index;
	struct paged_file paged;
};

/* Initializes paged from table; paged.source must be set. The key ID is not stored in the
 * file, so keyfile decides between 1 and 2. file must not move afterwards. */
void aria_open(struct aria_file *file, const struct keyfile *keyfile);
