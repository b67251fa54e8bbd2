/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <stddef.h>

/* Memory for keys, passwords and everything that held one: pages of its own,
 * locked where the system allows it, left out of core dumps, zeros in a child
 * that forks, wiped by the only destructor. data is page-aligned; size of capacity bytes are in use. */
struct secret {
	unsigned char *data;
	size_t size;
	size_t capacity;
};

/* Declares a secret that is wiped when it goes out of scope:
 *	SECRET struct secret text = { 0 };
 */
#define SECRET __attribute__((cleanup(secret_free)))

/* Gives secret room for at least capacity bytes (0 is allowed), size 0.
 * secret must be zeroed or freed before. FAULT_MEMORY leaves it zeroed. */
MUST_CHECK struct fault secret_allocate(struct secret *secret, size_t capacity);

/* Makes secret a copy of size bytes. Same rules as secret_allocate. */
MUST_CHECK struct fault secret_copy(struct secret *secret, const void *data, size_t size);

/* The same, with a NUL behind it that size does not count. */
MUST_CHECK struct fault secret_copy_text(struct secret *secret, const void *data, size_t size);

/* Wipes and releases; secret is zeroed and may be used again. Zeroed is fine. */
void secret_free(struct secret *secret);

/* Moves what secret owns to the caller, leaving secret zeroed. */
struct secret secret_take(struct secret *secret);

/* Appends size bytes within the capacity, which the caller has reckoned:
 * going over it is a mistake of the program and aborts. */
void secret_append(struct secret *secret, const void *data, size_t size);

/* Same size and bytes, in time that does not depend on the bytes. */
bool secret_equals(const struct secret *one, const struct secret *other);

/* True when some secret of this process could not be locked (mlock(2) and
 * RLIMIT_MEMLOCK): it may then reach swap space. */
bool secret_lock_failed(void);

/* Wipes the stack below the caller, where the dynamic linker and the compiler
 * spill registers that have held a key, and then those registers. For the end of
 * the process. */
void secret_wipe_stack(void);

/* Keeps the process's memory from core dumps and from other processes of the
 * same user: RLIMIT_CORE 0 and PR_SET_DUMPABLE 0. */
void secret_protect_process(void);
