/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/live/tables.h"
#include "core/keyset.h"

/* Tables that need a key for free pages, which ALTER TABLE ... FORCE leaves behind: it
 * writes new files, without the old key as well (10.11.19, 11.8.9). */
struct free_pages {
	const struct keyset *keys; /* that the tables may need */
	struct tables tables;	   /* table.id is not set: no table twice */
};

#define FREE_PAGES __attribute__((cleanup(free_pages_free)))
void free_pages_free(struct free_pages *free_pages);

/* Finds the tables. False: no memory. */
MUST_CHECK bool free_pages_find(struct free_pages *free_pages, const struct data_needs *needs);

/* Hints at the statements, of which a JSON object gets all, and the screen not too many. */
void free_pages_say(struct free_pages *free_pages);
