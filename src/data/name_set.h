/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* A set of names, which are copied. */
struct name_set {
	void *tree; /* tsearch(3) */
};

/* False: no memory. */
bool name_set_add(struct name_set *set, const char *name);
bool name_set_has(const struct name_set *set, const char *name);
void name_set_free(struct name_set *set);
