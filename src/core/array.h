/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <stddef.h>

/* Arrays of malloc(3)ed memory that grow by one item at a time, and only by the functions
 * below: their memory has room for the next power of two. "array" is the address of the
 * pointer to the first item, which is NULL as long as *count is 0; size is an item's. */

/* Counts another item, makes room for it at place (0 to *count) and returns it, zeroed.
 * NULL without memory: nothing is changed. */
MUST_CHECK void *array_insert(void *array, size_t *count, size_t size, size_t place);

/* The same after the last item. */
MUST_CHECK void *array_add(void *array, size_t *count, size_t size);

/* Compares two items as qsort(3) does. */
typedef int array_compare(const void *one, const void *other);

/* The item of a sorted array that is equal to the one given, or NULL. */
MUST_CHECK void *array_find(const void *items, size_t count, size_t size, const void *item, array_compare *compare);

/* The same; inserts a copy of item where there is none. NULL without memory. */
MUST_CHECK void *array_find_or_insert(void *array, size_t *count, size_t size, const void *item,
				      array_compare *compare);
