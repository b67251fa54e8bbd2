/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* A set of names. The set has copies of them. */
struct name_set {
	void *tree; /* tsearch(3) */
};

/* Adds a copy of name. Returns false if memory runs out. */
bool name_set_add(struct name_set *set, const char *name);
bool name_set_has(const struct name_set *set, const char *name);
void name_set_free(struct name_set *set);
