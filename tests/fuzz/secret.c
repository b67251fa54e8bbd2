/* SPDX-License-Identifier: MIT */
/* Replaces core/secret.c with secrets of exactly the requested size on the heap.
 * AddressSanitizer then detects every access beyond the end, which whole pages of mmap(2)
 * hide, and runs are several times as fast. */
#include "core/secret.h"

#include <stdlib.h>
#include <string.h>

struct fault secret_allocate(struct secret *secret, size_t capacity)
{
	void *data = malloc(capacity ? capacity : 1);

	if (!data)
		return fault_of(FAULT_MEMORY);
	*secret = (struct secret){ .data = data, .capacity = capacity };
	return fault_none();
}

struct fault secret_copy(struct secret *secret, const void *data, size_t size)
{
	struct fault fault = secret_allocate(secret, size);

	if (!fault.code)
		secret_append(secret, data, size);
	return fault;
}

struct fault secret_copy_text(struct secret *secret, const void *data, size_t size)
{
	struct fault fault = secret_allocate(secret, size + 1);

	if (!fault.code) {
		secret_append(secret, data, size);
		secret->data[size] = '\0';
	}
	return fault;
}

void secret_free(struct secret *secret)
{
	free(secret->data);
	*secret = (struct secret){ 0 };
}

struct secret secret_take(struct secret *secret)
{
	struct secret taken = *secret;

	*secret = (struct secret){ 0 };
	return taken;
}

void secret_append(struct secret *secret, const void *data, size_t size)
{
	if (size > secret->capacity - secret->size)
		abort();
	if (size)
		memcpy(secret->data + secret->size, data, size);
	secret->size += size;
}

bool secret_equals(const struct secret *one, const struct secret *other)
{
	return one->size == other->size && (!one->size || !memcmp(one->data, other->data, one->size));
}
