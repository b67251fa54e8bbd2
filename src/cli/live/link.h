/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"

#include <jansson.h>

/* Talks SQL to a running server, through mkeyfile-client in a process of its own. */

struct server_options {
	bool named;		/* --server was given, with or without a place; the first member, for --server */
	const char *place;	/* "/socket", "HOST[:PORT]"; NULL: what the option files say */
	const char *user;	/* NULL: what the option files say */
	const char *extra_file; /* read after the usual option files */
	bool plain;		/* TCP without TLS */
	uint32_t timeout;	/* seconds, for each step */
};

#define SERVER_TIMEOUT_DEFAULT 10

/* Their values go to a struct server_options, zeroed before. */
extern const struct option_table server_table;

struct server_link;

#define SERVER_LINK __attribute__((cleanup(server_link_close)))

/* Connects, and says what goes wrong, with a hint: no client program, an unknown
 * user, a certificate that is not trusted, a server that is away or hangs. */
MUST_CHECK enum status server_link_open(const struct server_options *server_options, const struct accounts *accounts,
					const struct host *host, struct server_link **ret_link);

/* Runs a statement and says what goes wrong. ret_rows: an array of arrays of strings
 * and nulls, to be released. */
MUST_CHECK enum status server_query(struct server_link *link, const char *sql, json_t **ret_rows);

/* The same for a statement that this server may not know: on an error of the server
 * nothing is said and *ret_rows is NULL. Only a lost connection is a failure. */
MUST_CHECK enum status server_try(struct server_link *link, const char *sql, json_t **ret_rows);

/* Columns of a row; NULL and 0 for a null or what is no such thing. */
const char *row_text(const json_t *row, size_t column);
uint64_t row_number(const json_t *row, size_t column);

void server_link_close(struct server_link **link);
