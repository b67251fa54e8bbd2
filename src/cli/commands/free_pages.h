/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/live/tables.h"
#include "core/keyset.h"

/* Tables whose free pages need a key. ALTER TABLE ... FORCE writes new files without those
 * pages. It works even if the old key is missing (10.11.19, 11.8.9). */
struct free_pages {
	const struct keyset *keys; /* the keys in question */
	struct tables tables;	   /* each table once; table.id is not set */
};

#define FREE_PAGES __attribute__((cleanup(free_pages_free)))
void free_pages_free(struct free_pages *free_pages);

/* Finds the tables. False: no memory. */
MUST_CHECK bool free_pages_find(struct free_pages *free_pages, const struct data_needs *needs);

/* Prints a hint with the first statements. The JSON object gets all of them. */
void free_pages_say(struct free_pages *free_pages);
