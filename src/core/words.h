/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <stddef.h>

/* Numbers of the errors of the server's own plugin (mysys_err.h). */
#define WORDS_READ 2
#define WORDS_NO_NAME 15
#define WORDS_NOT_FOUND 29
/* mkeyfile's plugin only: the server's own has no such error. */
#define WORDS_OWN 0

/* Some words of the server's own plugin are others from 11.8 on. Measured on 10.11.19 and
 * 11.8.9. */
enum words_release { WORDS_BEFORE_11_8, WORDS_FROM_11_8 };

/* The fault that words_of_plugin takes for a directory in place of a key file: before
 * 11.8, servers find it too large. */
struct fault words_fault_of_directory(enum words_release release);

/* Writes how mkeyfile's server plugin tells a fault of the file (or password file) at
 * path, so that a log filter made for the server's own plugin finds it: in the very
 * words of that one wherever it has the same condition. Cut to size bytes. Returns the
 * error's number, or WORDS_OWN. */
unsigned int words_of_plugin(struct fault fault, const char *path, enum words_release release, char *words,
			     size_t size);
