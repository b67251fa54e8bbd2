/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"

#include <jansson.h>

/* SQL for a running server, through mkeyfile-client in a separate process. */

/* How often --server can be used. */
#define SERVERS_MAX 64

struct server_options {
	bool named;	   /* --server was given, with or without a value; the first member, for --server */
	const char *place; /* "/socket", "HOST[:PORT]"; NULL: from the option files */
	const char *places[SERVERS_MAX]; /* the same for each --server; place is the last one */
	size_t count;
	const char *user;	/* NULL: from the option files */
	const char *extra_file; /* read after the usual option files */
	bool plain;		/* TCP without TLS */
	uint32_t timeout;	/* seconds, for each step */
};

#define SERVER_TIMEOUT_DEFAULT 10

/* For a struct server_options that was zeroed before. */
extern const struct option_table server_table;

struct server_link;

#define SERVER_LINK __attribute__((cleanup(server_link_close)))

/* Connects, or prints an error with a hint: no client program, an unknown user, an untrusted
 * certificate, a server that is down or hangs. */
MUST_CHECK enum status server_link_open(const struct server_options *server_options, const struct accounts *accounts,
					const struct host *host, struct server_link **ret_link);

/* Runs a statement, or prints an error. ret_rows: an array of arrays of strings and nulls, to be
 * released. */
MUST_CHECK enum status server_query(struct server_link *link, const char *sql, json_t **ret_rows);

/* The same for a table of the information schema that this server may lack. If it does, nothing is
 * printed, and *ret_rows is NULL. */
MUST_CHECK enum status server_query_table(struct server_link *link, const char *sql, json_t **ret_rows);

/* A column of a row; NULL or 0 if it is null, missing, or of another type. */
const char *row_text(const json_t *row, size_t column);
uint64_t row_number(const json_t *row, size_t column);

/* Copies a value to place, malloc(3)ed, unless place has an earlier one. Reports that memory ran out. */
MUST_CHECK enum status server_take_text(char **place, const char *value);

void server_link_close(struct server_link **link);
