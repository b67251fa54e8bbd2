/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The changes that the records of a redo log make to tablespaces (MariaDB 10.5 and later:
 * storage/innobase/include/mtr0types.h, log/log0recv.cc). */

/* In the type of a record: the record is about the same page as the one before it. In the first
 * record of a mini-transaction: the record is about a file. */
#define REDO_SAME_PAGE 0x80U

/* Bytes of page 0 that are kept: the header, and every possible place of a crypt block. */
#define REDO_PAGE0_KEPT 524U

struct redo_page0 {
	unsigned char bytes[REDO_PAGE0_KEPT];
	unsigned char known[(REDO_PAGE0_KEPT + 7) / 8]; /* a bit for each byte that a record sets */
};

struct redo_space {
	uint32_t id;
	bool created;		  /* its file is created */
	bool deleted;		  /* its file is deleted and not created again */
	bool changed;		  /* one of its pages changes */
	bool made;		  /* page 0 is initialized: recovery does not need page 0 on disk */
	char *names[2];		  /* the path of its file, as the server writes it, and the path before; NULL: none */
	struct redo_page0 *page0; /* NULL: no record is about page 0 */
};

/* All tablespaces that have records. The size of the log limits their number. */
struct redo_changes {
	struct redo_space *spaces; /* sorted by ID */
	size_t count;
	bool broken; /* a record makes no sense: the rest is not known */
};

void redo_changes_free(struct redo_changes *changes);

/* Returns the tablespace with this ID, or NULL if no record is about it. */
const struct redo_space *redo_changes_find(const struct redo_changes *changes, uint32_t id);

/* The position among the records of a mini-transaction. Initialize it with { 0 }. */
struct redo_position {
	bool page_known;
	uint32_t space;
	uint32_t page;
	uint32_t offset; /* in the page, at the end of the last record */
};

/* Applies the next record: its type byte, and the size bytes after its length. A record that
 * makes no sense sets changes->broken. Returns false if memory runs out. */
bool redo_changes_take(struct redo_changes *changes, struct redo_position *position, unsigned char type,
		       const unsigned char *payload, size_t size);

/* Changes page 0 from its state on disk to its state after recovery, for its header and its crypt
 * block. Its checksum does not match afterwards. size: bytes of page. */
void redo_space_apply(const struct redo_space *space, unsigned char *page, size_t size);

/* Reads a number of 1 to 5 bytes. Returns its length, or 0 if the number is incomplete or not
 * valid. */
size_t redo_read_number(const unsigned char *bytes, size_t size, uint64_t *ret_value);

/* Reads the IDs of tablespace and page before the body of a page's record. Returns their length,
 * or SIZE_MAX if they are not valid. */
size_t redo_read_page_id(const unsigned char *payload, size_t size, uint32_t *ret_space, uint32_t *ret_page);
