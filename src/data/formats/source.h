/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <stdint.h>

/* Identifies a file, independent of its path. */
struct file_id {
	uint64_t device;
	uint64_t inode;
};

static inline bool is_same_file(struct file_id one, struct file_id other)
{
	return one.device == other.device && one.inode == other.inode;
}

/* A file of the data directory, opened read-only. Its access time does not change where
 * the system allows that (O_NOATIME: for the owner and root). No locks are taken. */
struct source {
	int file; /* -1: closed */
	struct file_id id;
	uint64_t size; /* in bytes, when the file was opened */
	bool sparse;   /* it has fewer blocks than its size requires */
};

#define SOURCE_CLOSED ((struct source){ .file = -1 })

/* Opens name in directory (AT_FDCWD: the current one). Faults: FAULT_OPEN, FAULT_NOT_REGULAR. */
MUST_CHECK struct fault source_open(int directory, const char *name, struct source *ret_source);
void source_close(struct source *source);
#define SOURCE __attribute__((cleanup(source_close)))

/* Reads size bytes at offset. *ret_size is smaller only at the end of the file. Faults:
 * FAULT_READ. */
MUST_CHECK struct fault source_read(const struct source *source, uint64_t offset, void *buffer, size_t size,
				    size_t *ret_size);

/* Returns the current size in bytes; the file may have grown since it was opened. */
uint64_t source_size_now(const struct source *source);

/* Returns whether path still leads to the file, which was neither removed nor renamed. */
bool source_is_at(const struct source *source, const char *path);

/* Returns false if the byte at offset must be read from the disk. Returns true also if
 * the system does not tell (preadv2(2), RWF_NOWAIT). */
bool source_is_cached(const struct source *source, uint64_t offset);

/* Returns the offset of the first byte at or after offset that is not in a hole: offset
 * itself if the system does not tell, or the size of the file if the rest is a hole
 * (lseek(2), SEEK_DATA). */
uint64_t source_next_data(const struct source *source, uint64_t offset);

/* Returns whether an open file is on a file system that has no user data but shows kernel
 * state, as proc(5) does. Nothing on such a file system is read. */
bool is_kernel_view(int file);
