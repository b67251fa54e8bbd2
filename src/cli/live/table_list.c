/* SPDX-License-Identifier: MIT */
#include "cli/live/table_list.h"

#include "core/array.h"

#include <stdlib.h>
#include <string.h>

void table_free(struct table *table)
{
	free(table->schema);
	free(table->name);
}

void tables_free(struct tables *tables)
{
	for (size_t i = 0; i < tables->count; i++)
		table_free(&tables->items[i]);
	free(tables->items);
	*tables = (struct tables){ 0 };
}

bool tables_append(struct tables *tables, struct table table)
{
	struct table *added = array_add(&tables->items, &tables->count, sizeof(*added));

	if (!added) {
		table_free(&table);
		return false;
	}
	*added = table;
	return true;
}

static int compare(const void *one, const void *other)
{
	const struct table *a = one;
	const struct table *b = other;
	int order = a->id < b->id ? -1 : a->id > b->id;

	if (!order)
		order = strcmp(a->schema, b->schema);
	return order ? order : strcmp(a->name, b->name);
}

static void merge(struct table *kept, struct table *other)
{
	if (!kept->index_id)
		kept->index_id = other->index_id;
	kept->only_index = kept->only_index && other->only_index;
	table_free(other);
}

void tables_sort(struct tables *tables)
{
	size_t kept = 0;

	if (tables->count)
		qsort(tables->items, tables->count, sizeof(*tables->items), compare);
	for (size_t i = 0; i < tables->count; i++) {
		if (kept && !compare(&tables->items[kept - 1], &tables->items[i])) {
			merge(&tables->items[kept - 1], &tables->items[i]);
		} else {
			tables->items[kept++] = tables->items[i];
		}
	}
	tables->count = kept;
}
