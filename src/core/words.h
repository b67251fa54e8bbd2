/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CORE_WORDS_H
#define MKEYFILE_CORE_WORDS_H

#include "core/fault.h"

#include <stddef.h>

/* Formatted text, malloc(3)ed, or NULL without memory. */
__attribute__((format(printf, 1, 2))) char *words_of(const char *format, ...);

/* "Syntax error", "Invalid key id" …: what servers say of a place in a key file, NULL
 * for other faults. */
const char *words_at_a_place(enum fault_code code);

/* Writes how mkeyfile's server plugin tells a fault of the file (or password file)
 * at path, in the words of the server's own plugin where that has some: "Syntax
 * error at FILE line 1, column 2". Cut to size bytes. */
void words_of_plugin(struct fault fault, const char *path, char *words, size_t size);

#endif
