/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/live/tables.h"

#include <stdio.h>

/* The SQL that moves InnoDB tables from one key ID to its successor: for the
 * mariadb client, comments and all. With tables there is a statement for each
 * that uses id; without (NULL) a query that prints them. Measured on 10.11:
 * INFORMATION_SCHEMA.TABLES has the ID of every table that names one or was
 * created under a default other than 1. malloc(3)ed, NULL when there is no
 * memory. The query is by the tablespaces that the server has open as well, and finds
 * sequences and vector indexes. What it prints, and what all of this prints, is SQL. */
char *successor_sql(uint32_t id, uint32_t successor, const struct tables *tables);

/* Writes the statement, a line of ASCII for names of files, that makes change, which has
 * no quotes. Sequences are copied, and so are tables with index_id: their vector index is
 * made again, and its hidden table is under that key then; 0: it stays. False: no memory. */
MUST_CHECK bool write_alter_table(FILE *stream, const struct table *table, const char *change, uint32_t index_id);
