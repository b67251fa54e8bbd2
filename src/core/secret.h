/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <stddef.h>

/* Memory for keys, passwords and everything derived from them. It has pages of its own,
 * which are locked if the system allows it, excluded from core dumps, zeroed in forked
 * children, and wiped by secret_free. data is page-aligned; size bytes of capacity are in
 * use. */
struct secret {
	unsigned char *data;
	size_t size;
	size_t capacity;
};

/* Declares a secret that is wiped when it goes out of scope:
 *	SECRET struct secret text = { 0 };
 */
#define SECRET __attribute__((cleanup(secret_free)))

/* Allocates at least capacity bytes (0 is allowed) and sets size to 0. secret must be
 * zeroed or freed before. Faults: FAULT_MEMORY; secret is then unchanged. */
MUST_CHECK struct fault secret_allocate(struct secret *secret, size_t capacity);

/* Allocates secret as a copy of size bytes. The rules of secret_allocate apply. */
MUST_CHECK struct fault secret_copy(struct secret *secret, const void *data, size_t size);

/* Like secret_copy, with a NUL after the data; size does not count it. */
MUST_CHECK struct fault secret_copy_text(struct secret *secret, const void *data, size_t size);

/* Wipes and releases the memory and zeroes secret, which may then be used again. A zeroed
 * secret is allowed. */
void secret_free(struct secret *secret);

/* Moves ownership to the caller and zeroes secret. */
struct secret secret_take(struct secret *secret);

/* Appends size bytes. The caller ensures that they fit the capacity; exceeding it is a
 * bug and aborts. */
void secret_append(struct secret *secret, const void *data, size_t size);

/* Returns whether both have the same bytes, in time that depends on their size only. */
bool secret_equals(const struct secret *one, const struct secret *other);

/* Returns the number of newlines from offset position to the end. */
size_t secret_count_lines(const struct secret *secret, size_t position);

/* Returns whether mlock(2) failed for any secret of this process (RLIMIT_MEMLOCK).
 * Secrets may then be written to swap space. */
bool secret_lock_failed(void);

/* Wipes the stack below the caller, where the dynamic linker and the compiler save
 * registers that held a key, and then those registers. Call this before the process
 * exits. */
void secret_wipe_stack(void);

/* Excludes the process's memory from core dumps and protects it from other processes of
 * the same user: RLIMIT_CORE 0 and PR_SET_DUMPABLE 0. */
void secret_protect_process(void);
