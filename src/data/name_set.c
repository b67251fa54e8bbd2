/* SPDX-License-Identifier: MIT */
#include "data/name_set.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *one, const void *other)
{
	return strcmp(one, other);
}

bool name_set_add(struct name_set *set, const char *name)
{
	char *copy = strdup(name);
	char **place = copy ? tsearch(copy, &set->tree, compare) : NULL;

	if (!place || *place != copy)
		free(copy);
	return place != NULL;
}

bool name_set_has(const struct name_set *set, const char *name)
{
	return tfind(name, &set->tree, compare) != NULL;
}

void name_set_free(struct name_set *set)
{
	tdestroy(set->tree, free);
	set->tree = NULL;
}
