/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <stddef.h>

/* Arrays of malloc(3)ed memory that grow one item at a time. Only the functions below may
 * grow them, because the memory has room for the next power of two items. "array" is the
 * address of the pointer to the first item, which is NULL while *count is 0; "size" is
 * the size of one item. */

/* Inserts a zeroed item at index place (0 to *count), increments *count and returns the
 * item. Returns NULL if memory runs out; the array is then unchanged. */
MUST_CHECK void *array_insert(void *array, size_t *count, size_t size, size_t place);

/* Appends a zeroed item, as array_insert does at *count. */
MUST_CHECK void *array_add(void *array, size_t *count, size_t size);

/* Compares two items, as for qsort(3). */
typedef int array_compare(const void *one, const void *other);

/* Returns the item of a sorted array that compares equal to item, or NULL. */
MUST_CHECK void *array_find(const void *items, size_t count, size_t size, const void *item, array_compare *compare);

/* Like array_find, but inserts a copy of item if the array has no equal one. Returns NULL
 * if memory runs out. */
MUST_CHECK void *array_find_or_insert(void *array, size_t *count, size_t size, const void *item,
				      array_compare *compare);
