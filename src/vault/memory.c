/* SPDX-License-Identifier: MIT */
#include "vault/memory.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Before each block; keeps the alignment of malloc(3). */
struct header {
	_Alignas(max_align_t) size_t size;
};

static void *wiped_malloc(size_t size)
{
	struct header *header = size <= SIZE_MAX - sizeof(*header) ? malloc(sizeof(*header) + size) : NULL;

	if (!header)
		return NULL;
	header->size = size;
	return header + 1;
}

static void wiped_free(void *memory)
{
	struct header *header = memory;

	if (!header)
		return;
	header--;
	explicit_bzero(memory, header->size);
	free(header);
}

static void *wiped_realloc(void *memory, size_t size)
{
	void *larger = wiped_malloc(size);
	size_t old = memory ? ((struct header *)memory - 1)->size : 0;

	if (!larger)
		return NULL;
	if (memory)
		memcpy(larger, memory, old < size ? old : size);
	wiped_free(memory);
	return larger;
}

static void *wiped_calloc(size_t count, size_t size)
{
	void *memory = size && count > SIZE_MAX / size ? NULL : wiped_malloc(count * size);

	return memory ? memset(memory, 0, count * size) : NULL;
}

static char *wiped_strdup(const char *text)
{
	char *copy = wiped_malloc(strlen(text) + 1);

	return copy ? strcpy(copy, text) : NULL;
}

bool memory_start(void)
{
	json_set_alloc_funcs(wiped_malloc, wiped_free);
	return !curl_global_init_mem(CURL_GLOBAL_DEFAULT, wiped_malloc, wiped_free, wiped_realloc, wiped_strdup,
				     wiped_calloc);
}
