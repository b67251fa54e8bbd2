/* SPDX-License-Identifier: MIT */
#include "core/array.h"

#include <stdlib.h>
#include <string.h>

void *array_insert(void *array, size_t *count, size_t size, size_t place)
{
	char *items;
	char *item;

	/* a pointer of another type, which must not be read as a char * */
	memcpy(&items, array, sizeof(items));
	if (!(*count & (*count - 1))) {
		item = reallocarray(items, *count ? 2 * *count : 1, size);
		if (!item)
			return NULL;
		items = item;
		memcpy(array, &items, sizeof(items));
	}
	item = items + place * size;
	memmove(item + size, item, (*count - place) * size);
	memset(item, 0, size);
	(*count)++;
	return item;
}

void *array_add(void *array, size_t *count, size_t size)
{
	return array_insert(array, count, size, *count);
}

/* Returns the index of the first item that does not sort before item. */
static size_t find_place(const char *items, size_t count, size_t size, const void *item, array_compare *compare)
{
	size_t first = 0;

	while (first < count) {
		size_t middle = first + (count - first) / 2;

		if (compare(items + middle * size, item) < 0)
			first = middle + 1;
		else
			count = middle;
	}
	return first;
}

void *array_find(const void *items, size_t count, size_t size, const void *item, array_compare *compare)
{
	size_t place = find_place(items, count, size, item, compare);
	char *found = place < count ? (char *)items + place * size : NULL;

	return found && !compare(found, item) ? found : NULL;
}

void *array_find_or_insert(void *array, size_t *count, size_t size, const void *item, array_compare *compare)
{
	const char *items;
	void *found;

	memcpy(&items, array, sizeof(items));
	found = array_find(items, *count, size, item, compare);
	if (found)
		return found;
	found = array_insert(array, count, size, find_place(items, *count, size, item, compare));
	return found ? memcpy(found, item, size) : NULL;
}
