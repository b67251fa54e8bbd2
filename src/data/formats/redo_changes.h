/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the records of a redo log would do to tablespaces (MariaDB 10.5 and later:
 * storage/innobase/include/mtr0types.h, log/log0recv.cc). */

/* In the type of a record: it is about the page of the record before it, or, as the first
 * one of a mini-transaction, about a file. */
#define REDO_SAME_PAGE 0x80U

/* Bytes of page 0 that are kept: the header, and each place where a crypt block may be. */
#define REDO_PAGE0_KEPT 524U

struct redo_page0 {
	unsigned char bytes[REDO_PAGE0_KEPT];
	unsigned char known[(REDO_PAGE0_KEPT + 7) / 8]; /* a bit for each byte that a record sets */
};

struct redo_space {
	uint32_t id;
	bool created;		  /* its file is made */
	bool deleted;		  /* its file is removed, and not made again */
	bool changed;		  /* a page of it changes */
	bool made;		  /* page 0 is initialized: recovery does not need it from the disk */
	char *names[2];		  /* the path of its file, as the server writes it, and the one before; NULL: none */
	struct redo_page0 *page0; /* NULL: no record is about page 0 */
};

/* All tablespaces that have records: at most as many as the log has room for. */
struct redo_changes {
	struct redo_space *spaces; /* sorted by ID */
	size_t count;
	bool broken; /* a record makes no sense: the rest is not known */
};

void redo_changes_free(struct redo_changes *changes);

/* The tablespace with this ID; NULL: no record is about it. */
const struct redo_space *redo_changes_find(const struct redo_changes *changes, uint32_t id);

/* Where in a mini-transaction the records are. Begins as { 0 }. */
struct redo_position {
	bool page_known;
	uint32_t space;
	uint32_t page;
	uint32_t offset; /* in the page, where the last record ended */
};

/* Takes the next record: its type byte, and the size bytes after its length. What makes
 * no sense sets changes->broken. False: no memory. */
bool redo_changes_take(struct redo_changes *changes, struct redo_position *position, unsigned char type,
		       const unsigned char *payload, size_t size);

/* Makes of page 0, as it is on disk, what it is after recovery, as far as its header and
 * its crypt block go; its checksum does not fit afterwards. size: bytes of page. */
void redo_space_apply(const struct redo_space *space, unsigned char *page, size_t size);

/* Reads a number of 1 to 5 bytes; 0: it is not all there, or not one. */
size_t redo_read_number(const unsigned char *bytes, size_t size, uint64_t *ret_value);

/* Bytes of the IDs of tablespace and page before the body of a page's record; SIZE_MAX: that
 * is no such record. */
size_t redo_read_page_id(const unsigned char *payload, size_t size, uint32_t *ret_space, uint32_t *ret_page);
