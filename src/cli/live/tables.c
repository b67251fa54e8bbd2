/* SPDX-License-Identifier: MIT */
#include "cli/live/tables.h"

#include "cli/options/options.h"
#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many names one statement decodes. */
#define DECODED_AT_ONCE 50

/* Where the .frm file of a table says whether it is a sequence, and how (MariaDB 10.11:
 * build_frm_image in sql/unireg.cc; HA_CHOICE_YES). */
#define FRM_CHOICES 39
#define FRM_SEQUENCE_MASK 0x30
#define FRM_SEQUENCE 0x20

/* In the name of the hidden table of a vector index (MariaDB 11.8: HLINDEX_TEMPLATE in
 * sql/handler.h). */
#define VECTOR_MARK "#i#"

/* Appends a table with copies of the names. */
static bool add_table(struct tables *tables, uint32_t id, const char *schema, const char *name, bool encoded)
{
	struct table table = { .id = id, .schema = strdup(schema), .name = strdup(name), .encoded = encoded };

	if (table.schema && table.name)
		return tables_append(tables, table);
	table_free(&table);
	return false;
}

/* "schema/table", "schema/table#P#p0", "schema/table#P#p0#SP#s1", or "schema/table#i#01" of a vector
 * index. A # in the name of the table itself is encoded in the file name. False: a table that
 * ALTER TABLE has left, or not a table. Cuts name in place. */
static bool cut_name(char *name, char **ret_schema, char **ret_table, bool *ret_is_index)
{
	char *slash = strrchr(name, '/');
	char *mark;

	if (!slash || slash == name || slash[1] == '#' || strpbrk(name, "'\\") || !is_visible(name))
		return false;
	*slash = '\0';
	*ret_schema = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	*ret_table = slash + 1;
	mark = strchr(*ret_table, '#');
	*ret_is_index = mark && !strncmp(mark, VECTOR_MARK, strlen(VECTOR_MARK));
	if (mark)
		*mark = '\0';
	return true;
}

static void set_index(struct table *table, uint32_t index_id, bool only_index)
{
	table->index_id = index_id;
	table->only_index = only_index;
}

/* key_id: the key ID of the file. */
static bool add_by_file_name(struct tables *tables, uint32_t id, uint32_t key_id, const char *path)
{
	HEAP char *copy = strdup(path);
	char *schema;
	char *name;
	bool is_index;

	if (copy && cut_name(copy, &schema, &name, &is_index)) {
		if (!add_table(tables, id, schema, name, true))
			return false;
		set_index(&tables->items[tables->count - 1], is_index ? key_id : 0, is_index);
		return true;
	}
	tables->unnamed++;
	return copy;
}

/* ---- a server ---- */

static char *decoding_query(const struct tables *tables, size_t first, size_t end)
{
	char *sql = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&sql, &size);

	if (!stream)
		return NULL;
	for (size_t i = first; i < end; i++)
		fprintf(stream, "%sSELECT CONVERT(_filename'%s' USING utf8mb4), CONVERT(_filename'%s' USING utf8mb4)",
			i > first ? " UNION ALL " : "", tables->items[i].schema, tables->items[i].name);
	if (fclose(stream)) {
		free(sql);
		return NULL;
	}
	return sql;
}

static bool take_decoded(struct tables *decoded, const struct table *encoded, const json_t *row)
{
	if (!row_text(row, 0) || !row_text(row, 1) ||
	    !add_table(decoded, encoded->id, row_text(row, 0), row_text(row, 1), false))
		return false;
	set_index(&decoded->items[decoded->count - 1], encoded->index_id, encoded->only_index);
	return true;
}

/* Only the server can decode its file names. */
static enum status decode(struct server_link *link, const struct tables *encoded, struct tables *decoded)
{
	enum status status = STATUS_DONE;

	for (size_t first = 0; !status && first < encoded->count; first += DECODED_AT_ONCE) {
		size_t end = first + DECODED_AT_ONCE < encoded->count ? first + DECODED_AT_ONCE : encoded->count;
		HEAP char *sql = decoding_query(encoded, first, end);
		json_auto_t *rows = NULL;

		status = sql ? server_query(link, sql, &rows) : out_of_memory();
		for (size_t i = first; !status && i < end; i++)
			if (!take_decoded(decoded, &encoded->items[i], json_array_get(rows, i - first)))
				status = out_of_memory();
	}
	decoded->unnamed = encoded->unnamed;
	return status;
}

/* Finds tables by their tablespaces: open or not, encrypted yet or not. */
static enum status find_by_tablespace(struct server_link *link, const struct key_ids *ids, struct tables *tables)
{
	TABLES struct tables encoded = { 0 };
	json_auto_t *rows = NULL;
	const json_t *row;
	size_t i;
	enum status status =
		server_query(link, "SELECT CURRENT_KEY_ID, NAME FROM information_schema.INNODB_TABLESPACES_ENCRYPTION",
			     &rows);

	json_array_foreach (rows, i, row) {
		uint32_t id = (uint32_t)row_number(row, 0);

		if (key_ids_have(ids, row_number(row, 0)) && row_text(row, 1) &&
		    !add_by_file_name(&encoded, id, id, row_text(row, 1)))
			return out_of_memory();
	}
	tables_sort(&encoded);
	return status ? status : decode(link, &encoded, tables);
}

/* Finds tables by their options, including tables whose tablespace the server has not opened since
 * its start. */
static enum status find_by_option(struct server_link *link, const struct key_ids *ids, struct tables *tables)
{
	json_auto_t *rows = NULL;
	const json_t *row;
	size_t i;
	enum status status =
		server_query(link,
			     "SELECT REGEXP_REPLACE(CREATE_OPTIONS, '.*`encryption_key_id`=.?([0-9]+).*', '\\\\1'),"
			     " TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES"
			     " WHERE ENGINE = 'InnoDB' AND CREATE_OPTIONS RLIKE '`encryption_key_id`=.?[0-9]'",
			     &rows);

	json_array_foreach (rows, i, row) {
		if (key_ids_have(ids, row_number(row, 0)) && row_text(row, 1) && row_text(row, 2) &&
		    !add_table(tables, (uint32_t)row_number(row, 0), row_text(row, 1), row_text(row, 2), false))
			return out_of_memory();
	}
	return status;
}

static enum status find_sequences(struct server_link *link, struct tables *tables)
{
	json_auto_t *rows = NULL;
	const json_t *row;
	size_t i;
	enum status status = server_query(link,
					  "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES"
					  " WHERE TABLE_TYPE = 'SEQUENCE'",
					  &rows);

	json_array_foreach (rows, i, row) {
		const char *schema = row_text(row, 0);
		const char *name = row_text(row, 1);

		for (size_t j = 0; schema && name && j < tables->count; j++)
			if (!strcmp(tables->items[j].schema, schema) && !strcmp(tables->items[j].name, name))
				tables->items[j].sequence = true;
	}
	return status;
}

enum status tables_of_server(struct server_link *link, const struct key_ids *ids, struct tables *ret_tables)
{
	enum status status = find_by_tablespace(link, ids, ret_tables);

	if (!status)
		status = find_by_option(link, ids, ret_tables);
	tables_sort(ret_tables);
	return status ? status : find_sequences(link, ret_tables);
}

/* ---- data directories ---- */

/* By the .frm file next to the tablespace; without that file, it counts as a table. */
static bool is_sequence(const char *path)
{
	HEAP char *frm = format_text("%s.frm", path);
	STREAM FILE *stream = frm ? fopen(frm, "re") : NULL;
	unsigned char head[FRM_CHOICES + 1];

	return stream && fread(head, sizeof(head), 1, stream) == 1 &&
	       (head[FRM_CHOICES] & FRM_SEQUENCE_MASK) == FRM_SEQUENCE;
}

/* path without the suffix of a tablespace or of Aria's data; malloc(3)ed, NULL: no memory. */
static char *without_suffix(const char *path)
{
	const char *suffix = strrchr(path, '.');

	if (!suffix || (strcmp(suffix, ".ibd") && strcmp(suffix, ".MAD")))
		return strdup(path);
	return strndup(path, (size_t)(suffix - path));
}

bool tables_add_file(struct tables *tables, uint32_t id, const struct data_file *file)
{
	size_t count = tables->count;
	HEAP char *path = without_suffix(file->path);

	if (!path || !add_by_file_name(tables, id, file->declared_id, path))
		return false;
	if (tables->count > count)
		tables->items[count].sequence = is_sequence(path);
	return true;
}

enum status tables_of_datadirs(const struct datadirs *datadirs, bool quiet, const struct keyfile *keyfile,
			       const struct key_ids *ids, struct tables *ret_tables)
{
	DATA_AUDIT struct data_audit audit = { 0 };
	const struct data_needs *needs = &audit.needs;
	enum status status = datadirs_audit(datadirs, quiet, (struct survey_options){ .keyfile = keyfile }, &audit);

	if (!status)
		status = datadirs_check_kinds(datadirs, needs);
	if (status)
		return status;
	for (size_t i = 0; i < needs->file_count; i++) {
		const struct data_file *file = &needs->files[i];

		if (file->kind == DATA_INNODB && file->declared && key_ids_have(ids, file->declared_id) &&
		    !tables_add_file(ret_tables, file->declared_id, file))
			return out_of_memory();
	}
	tables_sort(ret_tables);
	if (needs->unsure || needs->live) {
		message_warning("some tables may be missing from this list: %s",
				needs->live ? "a server is running on the data" : "not every file shows its key");
		message_hint("use --server to ask a running server instead");
	}
	return STATUS_DONE;
}
