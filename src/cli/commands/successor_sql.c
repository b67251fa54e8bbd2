/* SPDX-License-Identifier: MIT */
#include "cli/commands/successor_sql.h"

#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_identifier(FILE *stream, const char *name)
{
	putc('`', stream);
	for (; *name; name++) {
		if (*name == '`')
			putc('`', stream);
		putc(*name, stream);
	}
	putc('`', stream);
}

/* Only these characters are not encoded in file names. */
static bool is_plain(const char *name)
{
	return strspn(name, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz") == strlen(name);
}

/* Lets the server decode the file names and double the quotes. */
static void write_encoded(FILE *stream, const struct table *table, const char *change)
{
	fprintf(stream,
		"EXECUTE IMMEDIATE CONCAT('ALTER TABLE `', REPLACE(CONVERT(_filename'%s' USING utf8mb4), '`', '``'), "
		"'`.`', REPLACE(CONVERT(_filename'%s' USING utf8mb4), '`', '``'), '` %s');\n",
		table->schema, table->name, change);
}

static void write_statement(FILE *stream, const struct table *table, const char *change)
{
	fputs("ALTER TABLE ", stream);
	write_identifier(stream, table->schema);
	putc('.', stream);
	write_identifier(stream, table->name);
	fprintf(stream, " %s", change);
}

static char *statement(const struct table *table, const char *change)
{
	char *sql = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&sql, &size);

	if (!stream)
		return NULL;
	write_statement(stream, table, change);
	if (!fclose(stream))
		return sql;
	free(sql);
	return NULL;
}

/* Hex is the only safe way to print and paste a name with a line end or a control character.
 * A comment shows the statement. False: no memory. */
static bool write_hidden(FILE *stream, const struct table *table, const char *change)
{
	HEAP char *sql = statement(table, change);

	if (!sql)
		return false;
	fputs("-- ", stream);
	print_visibly(stream, sql);
	fputs(":\nEXECUTE IMMEDIATE CONVERT(X'", stream);
	for (const char *at = sql; *at; at++)
		fprintf(stream, "%02x", (unsigned char)*at);
	fputs("' USING utf8mb4);\n", stream);
	return true;
}

/* ALTER TABLE changes only the definition of a sequence, not its tablespace, unless it copies
 * (10.5.23, 10.11.19, 11.8.9). The same applies to the hidden table of a vector index, whose
 * copy takes its key from the session, not from its table (11.8.9). */
#define COPY ", ALGORITHM=COPY"

static bool write_change(FILE *stream, const struct table *table, const char *change)
{
	if (table->encoded && !(is_plain(table->schema) && is_plain(table->name))) {
		write_encoded(stream, table, change);
		return true;
	}
	if (!is_visible(table->schema) || !is_visible(table->name))
		return write_hidden(stream, table, change);
	write_statement(stream, table, change);
	fputs(";\n", stream);
	return true;
}

bool write_alter_table(FILE *stream, const struct table *table, const char *change, uint32_t index_id)
{
	HEAP char *whole = format_text("%s%s", change, table->sequence || index_id ? COPY : "");

	if (!whole)
		return false;
	if (index_id)
		fprintf(stream, "SET STATEMENT innodb_default_encryption_key_id=%u FOR ", index_id);
	return write_change(stream, table, whole);
}

static bool write_table(FILE *stream, const struct table *table, uint32_t successor)
{
	HEAP char *move = format_text("ENCRYPTION_KEY_ID=%u", successor);

	return move &&
	       write_alter_table(stream, table, table->only_index ? "FORCE" : move, table->index_id ? successor : 0);
}

static bool write_tables(FILE *stream, uint32_t id, uint32_t successor, const struct tables *tables)
{
	size_t count = 0;
	bool done = true;

	for (size_t i = 0; i < tables->count; i++)
		count += tables->items[i].id == id;
	fprintf(stream, "SET NAMES utf8mb4;\n-- %zu table%s key %u:\n", count, count == 1 ? " uses" : "s use", id);
	for (size_t i = 0; done && i < tables->count; i++)
		if (tables->items[i].id == id)
			done = write_table(stream, &tables->items[i], successor);
	return done;
}

/* An explicit limit overrides sql_select_limit, which the option --safe-updates of mariadb sets to 1000. */
#define ALL_ROWS "LIMIT 18446744073709551615"

/* Prints the remaining tablespaces as comments, so that the whole output can be run as SQL. */
#define WRITE_LEFT(quote)                                                                                              \
	"SELECT CONCAT(" quote "-- still uses key %1$u: " quote ", NAME) FROM "                                        \
	"INFORMATION_SCHEMA.INNODB_TABLESPACES_ENCRYPTION WHERE CURRENT_KEY_ID = %1$u " ALL_ROWS ";"

/* The name of a table's file, without its extension. */
#define FILE_NAME                                                                                                      \
	"CONCAT(CAST(CONVERT(TABLE_SCHEMA USING filename) AS BINARY), '/',\n"                                          \
	"                      CAST(CONVERT(TABLE_NAME USING filename) AS BINARY))"
#define UNDER_KEY "                  FROM INFORMATION_SCHEMA.INNODB_TABLESPACES_ENCRYPTION WHERE CURRENT_KEY_ID = %1$u"

/* Finds tables by their open tablespaces and, if not open yet, by their options. */
static void write_template(FILE *stream, uint32_t id, uint32_t successor)
{
	fprintf(stream,
		"-- This prints a statement for each table to move, and one that shows what is left. Save everything as move.sql,\n"
		"-- and run it and the statements it prints:\n"
		"--   mariadb --skip-column-names --raw <move.sql | mariadb --skip-column-names\n"
		"SET NAMES utf8mb4;\n"
		"SELECT 'SET NAMES utf8mb4;';\n"
		"SELECT CONCAT(IF(HAS_INDEX, 'SET STATEMENT innodb_default_encryption_key_id=%2$u FOR ', ''),\n"
		"              'ALTER TABLE `', REPLACE(TABLE_SCHEMA, '`', '``'), '`.`', REPLACE(TABLE_NAME, '`', '``'),\n"
		"              '` ENCRYPTION_KEY_ID=%2$u', IF(TABLE_TYPE = 'SEQUENCE' OR HAS_INDEX, '%3$s', ''), ';')\n"
		"  FROM (SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, " FILE_NAME " IN\n"
		"               (SELECT CAST(SUBSTRING_INDEX(NAME, '#i#', 1) AS BINARY)\n" UNDER_KEY "\n"
		"                   AND NAME LIKE '%%#i#%%') AS HAS_INDEX\n"
		"          FROM INFORMATION_SCHEMA.TABLES\n"
		"         WHERE ENGINE = 'InnoDB' AND (CREATE_OPTIONS RLIKE '`encryption_key_id`=.?%1$u([^0-9]|$)'\n"
		"            OR " FILE_NAME " IN\n"
		"               (SELECT CAST(SUBSTRING_INDEX(NAME, '#', 1) AS BINARY)\n" UNDER_KEY "))) AS MOVED\n"
		" " ALL_ROWS ";\n"
		"SELECT '" WRITE_LEFT("''") "';\n",
		id, successor, COPY);
}

char *successor_sql(uint32_t id, uint32_t successor, const struct tables *tables)
{
	char *sql = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&sql, &size);
	bool done = true;

	if (!stream)
		return NULL;
	fprintf(stream,
		"-- Move tables from key ID %1$u to %2$u. Run this after every server has been restarted with the new key file.\n"
		"-- New tables without an explicit key ID use the successor (set it in the option file, too):\n"
		"SET GLOBAL innodb_default_encryption_key_id =\n"
		"  IF(@@GLOBAL.innodb_default_encryption_key_id = %1$u, %2$u, @@GLOBAL.innodb_default_encryption_key_id);\n",
		id, successor);
	if (tables)
		done = write_tables(stream, id, successor, tables);
	else
		write_template(stream, id, successor);
	if (tables)
		fprintf(stream, "-- Tables that still use key %1$u; none when all are moved:\n" WRITE_LEFT("'") "\n",
			id);
	if (fclose(stream) || !done) {
		free(sql);
		return NULL;
	}
	return sql;
}
