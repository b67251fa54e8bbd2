/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <stdint.h>

/* What a file is by, whatever its path. */
struct file_id {
	uint64_t device;
	uint64_t inode;
};

static inline bool is_same_file(struct file_id one, struct file_id other)
{
	return one.device == other.device && one.inode == other.inode;
}

/* A file of the data directory, read-only. Its access time stays as it is where
 * the system allows that (O_NOATIME: for the owner and for root). No lock is
 * taken. */
struct source {
	int file; /* -1: closed */
	struct file_id id;
	uint64_t size; /* bytes, when it was opened */
	bool sparse;   /* it has not as many blocks */
};

#define SOURCE_CLOSED ((struct source){ .file = -1 })

/* name is in directory (AT_FDCWD: in the current one). FAULT_OPEN,
 * FAULT_NOT_REGULAR. */
MUST_CHECK struct fault source_open(int directory, const char *name, struct source *ret_source);
void source_close(struct source *source);
#define SOURCE __attribute__((cleanup(source_close)))

/* Reads size bytes at offset; *ret_size is less only at the end of the file.
 * FAULT_READ. */
MUST_CHECK struct fault source_read(const struct source *source, uint64_t offset, void *buffer, size_t size,
				    size_t *ret_size);

/* Bytes: it may have grown since. */
uint64_t source_size_now(const struct source *source);

/* path still names it: it was neither removed nor renamed. */
bool source_is_at(const struct source *source, const char *path);

/* False: the byte at offset has to come from the disk. True also where the system
 * does not tell. preadv2(2), RWF_NOWAIT. */
bool source_is_cached(const struct source *source, uint64_t offset);

/* Where the first byte at or behind offset is that is not in a hole: offset itself
 * also where the system does not tell, and the size of the file where all that
 * follows is one. lseek(2), SEEK_DATA. */
uint64_t source_next_data(const struct source *source, uint64_t offset);

/* Whether a file system has no files of anyone, but shows what the kernel knows, as
 * proc(5) does: nothing on it is looked at. file: open, on it. */
bool is_kernel_view(int file);
