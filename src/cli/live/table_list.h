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
};

struct tables {
	struct table *items; /* sorted, none twice, once complete */
	size_t count;
	uint64_t unnamed; /* tablespaces that belong to no table by their names */
};

#define TABLES __attribute__((cleanup(tables_free)))

/* Appends one and takes over its names, on failure as well. False: no memory. */
bool tables_append(struct tables *tables, struct table table);

/* Sorts by ID, schema and name, and drops what stands twice. */
void tables_sort(struct tables *tables);

void table_free(struct table *table);
void tables_free(struct tables *tables);
