/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/live/tables.h"

#include <stdio.h>

/* The SQL that moves InnoDB tables from one key ID to its successor, with comments, for the
 * mariadb client: malloc(3)ed, or NULL without memory. With tables, it has a statement for
 * each table that uses id. Without tables (NULL), it has a query that prints the statements.
 * The query finds tables by INFORMATION_SCHEMA.TABLES, which has the ID of every table with an
 * explicit one or created under a default other than 1 (measured on 10.11), and by the
 * tablespaces that the server has open. It finds sequences and vector indexes, too. All output
 * is SQL. */
char *successor_sql(uint32_t id, uint32_t successor, const struct tables *tables);

/* Writes an ALTER TABLE statement with change, which has no quotes: one line, in ASCII for
 * names of files. Sequences are copied, and so are tables with index_id, which rebuilds their
 * vector index under that key (0: no rebuild). False: no memory. */
MUST_CHECK bool write_alter_table(FILE *stream, const struct table *table, const char *change, uint32_t index_id);
