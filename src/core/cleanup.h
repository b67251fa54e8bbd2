/* SPDX-License-Identifier: MIT */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A variable declared with one of these macros owns its resource until the end of its
 * block: HEAP owns memory from malloc(3), DESCRIPTOR an open file (negative: none),
 * STREAM and LISTING what fopen(3) and opendir(3) return (NULL: none). Initialize the
 * variable where it is declared. Never use HEAP for memory that held a key: see
 * core/secret.h. */

#define HEAP __attribute__((cleanup(cleanup_heap)))
#define DESCRIPTOR __attribute__((cleanup(cleanup_descriptor)))
#define STREAM __attribute__((cleanup(cleanup_stream)))
#define LISTING __attribute__((cleanup(cleanup_listing)))

/* pointer is the address of a pointer of any type. */
static inline void cleanup_heap(void *pointer)
{
	void *memory;

	memcpy(&memory, pointer, sizeof(memory));
	free(memory);
}

static inline void cleanup_descriptor(const int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
}

static inline void cleanup_stream(FILE *const *stream)
{
	if (*stream)
		fclose(*stream);
}

static inline void cleanup_listing(DIR *const *listing)
{
	if (*listing)
		closedir(*listing);
}
