/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tables, and the key ID that each of them uses. */
struct table {
	uint32_t id;
	char *schema;
	char *name;
	bool encoded; /* the names are those of files, which need decoding by a server */
	bool sequence;
	/* The table of its vector index, "NAME#i#01", which only the server sees: that is under this key; 0: none
	 * is known. */
	uint32_t index_id;
	bool only_index; /* id is the key of that table, and not known to be that of this one */
};

struct tables {
	struct table *items; /* sorted, none twice, once complete */
	size_t count;
	uint64_t unnamed; /* tablespaces that belong to no table by their names */
};

#define TABLES __attribute__((cleanup(tables_free)))

/* Appends one and takes over its names, on failure as well. False: no memory. */
bool tables_append(struct tables *tables, struct table table);

/* Sorts by ID, schema and name, and makes one of those that are the same. */
void tables_sort(struct tables *tables);

void table_free(struct table *table);
void tables_free(struct tables *tables);
