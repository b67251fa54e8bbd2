/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tables, and the key ID that each table uses. */
struct table {
	uint32_t id;
	char *schema;
	char *name;
	bool encoded; /* names as in file names, which only a server can decode */
	bool sequence;
	/* Key ID of the table of its vector index, "NAME#i#01", which only the server sees; 0: no such table is
	 * known. */
	uint32_t index_id;
	bool only_index; /* id is the key ID of that table; the key ID of this table is not known */
};

struct tables {
	struct table *items; /* sorted and without duplicates, once complete */
	size_t count;
	uint64_t unnamed; /* tablespaces whose names are not those of a table */
};

#define TABLES __attribute__((cleanup(tables_free)))

/* Appends a table and takes over its names, even on failure. False: no memory. */
bool tables_append(struct tables *tables, struct table table);

/* Sorts by ID, schema and name, and merges duplicates. */
void tables_sort(struct tables *tables);

void table_free(struct table *table);
void tables_free(struct tables *tables);
