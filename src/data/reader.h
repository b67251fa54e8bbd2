/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/data_file.h"
#include "data/formats/scan.h"
#include "data/redo_logs.h"
#include "data/system_files.h"

/* A file of a data directory, opened by the reader of its kind. Its pages can be
 * looked at in parts, by several threads at once. */
struct reader;

/* What the readers of all files of one look ask. */
struct reader_shared {
	struct system_files system_files;
	struct redo_logs *redo_logs;
};

/* Finds out what kind of file file->path is. Outcomes that need no look at pages
 * (plain, unknown, unreadable) are set in file at once, and *ret_reader is NULL.
 * Free with reader_close (NULL is fine). FAULT_MEMORY; a file that cannot be read
 * is an outcome, not a fault. */
MUST_CHECK struct fault reader_open(struct scan *scan, struct reader_shared *shared, struct data_file *file,
				    struct reader **ret_reader);

/* Says of file what its page 0 says, which is not on the disk yet: size bytes at page.
 * keyfile: NULL where there is none. */
void reader_take_head(const struct keyfile *keyfile, const unsigned char *page, size_t size, struct data_file *file);

/* Number of parts. */
uint64_t reader_parts(const struct reader *reader);

/* Looks at one part, counting from 0, and adds what it says to evidence. note is
 * set where the part has something to say. FAULT_READ, FAULT_MEMORY. */
MUST_CHECK struct fault reader_scan(struct scan *scan, const struct reader *reader, uint64_t part,
				    struct evidence *evidence, enum data_note *note);

void reader_close(struct reader *reader);
