/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/data_file.h"
#include "data/formats/scan.h"
#include "data/redo_logs.h"
#include "data/system_files.h"

/* A file of a data directory, opened by the reader for its kind. Several threads can scan
 * parts of its pages at the same time. */
struct reader;

/* What the readers of all files in one survey share. */
struct reader_shared {
	struct system_files system_files;
	struct redo_logs *redo_logs;
};

/* Determines what kind of file file->path is. If the pages need not be scanned (plain,
 * unknown, unreadable), sets the answer in file and sets *ret_reader to NULL. Otherwise
 * free the reader with reader_close, which accepts NULL. An unreadable file is an answer,
 * not a fault. Faults: FAULT_MEMORY. */
MUST_CHECK struct fault reader_open(struct scan *scan, struct reader_shared *shared, struct data_file *file,
				    struct reader **ret_reader);

/* Sets in file what its page 0 says, for a page 0 that is not on disk yet. page has size
 * bytes. keyfile may be NULL. */
void reader_take_head(const struct keyfile *keyfile, const unsigned char *page, size_t size, struct data_file *file);

/* Returns the number of parts. */
uint64_t reader_parts(const struct reader *reader);

/* Scans one part, counted from 0, and adds the result to evidence. Sets *note if the part
 * requires one. Faults: FAULT_READ, FAULT_MEMORY. */
MUST_CHECK struct fault reader_scan(struct scan *scan, const struct reader *reader, uint64_t part,
				    struct evidence *evidence, enum data_note *note);

void reader_close(struct reader *reader);
