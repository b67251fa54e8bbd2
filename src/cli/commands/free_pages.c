/* SPDX-License-Identifier: MIT */
#include "cli/commands/free_pages.h"

#include "cli/commands/successor_sql.h"
#include "cli/words/message.h"
#include "core/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number of statements to print; the rest are only counted. */
#define PRINTED_MAX 20

/* FTS_<table ID>_<index ID>_INDEX_1 and FTS_<table ID>_CONFIG, in 16 hex digits each. */
#define FTS_PREFIX "FTS_"
#define FTS_DIGITS 16

void free_pages_free(struct free_pages *free_pages)
{
	tables_free(&free_pages->tables);
}

static bool is_among(const struct keyset *keys, const struct key_use *use)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->members[i].id == use->id && keys->members[i].version == use->version)
			return true;
	return false;
}

static bool needs_for_free_pages(const struct free_pages *free_pages, const struct data_file *file)
{
	for (size_t i = 0; i < file->evidence.use_count; i++) {
		const struct key_use *use = &file->evidence.uses[i];

		if (use->free.pages > use->free.broken && key_use_is_needed(use) && is_among(free_pages->keys, use))
			return true;
	}
	return false;
}

/* For Aria's index pages, it is not known whether they are free. */
static bool has_free_pages(const struct data_file *file)
{
	return file->kind == DATA_INNODB || file->kind == DATA_ARIA_DATA;
}

bool free_pages_find(struct free_pages *free_pages, const struct data_needs *needs)
{
	bool done = true;

	for (size_t i = 0; done && i < needs->file_count; i++) {
		const struct data_file *file = &needs->files[i];

		if (has_free_pages(file) && needs_for_free_pages(free_pages, file))
			done = tables_add_file(&free_pages->tables, 0, file);
	}
	return done;
}

/* Whether the tablespace belongs to a full-text index. */
static bool is_fulltext(const struct table *table)
{
	const char *id = table->name + strlen(FTS_PREFIX);

	return !strncmp(table->name, FTS_PREFIX, strlen(FTS_PREFIX)) && strspn(id, "0123456789abcdef") == FTS_DIGITS &&
	       id[FTS_DIGITS] == '_';
}

/* Only the server knows the name of the table. The statement rewrites the whole table. */
static void write_fulltext(FILE *stream, const struct table *table)
{
	fprintf(stream,
		"SET @name = (SELECT CAST(NAME AS BINARY) FROM information_schema.INNODB_SYS_TABLES WHERE TABLE_ID = "
		"0x%.*s); "
		"EXECUTE IMMEDIATE CONCAT('ALTER TABLE `', REPLACE(CONVERT(CAST(SUBSTRING_INDEX(@name, '/', 1) AS CHAR "
		"CHARACTER SET filename) USING utf8mb4), '`', '``'), '`.`', REPLACE(CONVERT(CAST(SUBSTRING_INDEX(@name, "
		"'/', -1) AS CHAR CHARACTER SET filename) USING utf8mb4), '`', '``'), '` FORCE');\n",
		FTS_DIGITS, table->name + strlen(FTS_PREFIX));
}

/* Whether both are full-text indexes of one table, which are rewritten together. */
static bool is_same_fulltext(const struct table *one, const struct table *other)
{
	return is_fulltext(one) && is_fulltext(other) && !strcmp(one->schema, other->schema) &&
	       !strncmp(one->name, other->name, strlen(FTS_PREFIX) + FTS_DIGITS);
}

/* malloc(3)ed, without a newline; NULL: no memory. */
static char *statement_of(const struct table *table)
{
	HEAP char *sql = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&sql, &size);
	bool done = true;

	if (!stream)
		return NULL;
	if (is_fulltext(table))
		write_fulltext(stream, table);
	else
		done = write_alter_table(stream, table, "FORCE", table->index_id);
	if (fclose(stream) || !done)
		return NULL;
	return strndup(sql, strcspn(sql, "\n"));
}

void free_pages_say(struct free_pages *free_pages)
{
	const struct tables *tables = &free_pages->tables;
	uint64_t count = 0;

	tables_sort(&free_pages->tables);
	message_hint("start the server, run these statements to rewrite the tables, and shut the server down cleanly; "
		     "--free-pages overrides this check");
	for (size_t i = 0; i < tables->count; i++) {
		char *sql;

		if (i && is_same_fulltext(&tables->items[i - 1], &tables->items[i]))
			continue;
		sql = statement_of(&tables->items[i]);
		if (sql)
			message_sql(sql, count++ < PRINTED_MAX);
		free(sql);
	}
	if (count > PRINTED_MAX)
		message_note("  and %ju more; --json lists them all", (uintmax_t)(count - PRINTED_MAX));
	if (tables->unnamed)
		message_note("  %ju tablespace%s cannot be matched to a table by name", (uintmax_t)tables->unnamed,
			     tables->unnamed == 1 ? "" : "s");
}
