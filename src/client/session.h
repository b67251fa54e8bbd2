/* SPDX-License-Identifier: MIT */
#pragma once

#include "client/parameters.h"

#include <stdbool.h>
#include <stdio.h>

/* One connection to a server, over MariaDB Connector/C. It lives in a process of
 * its own (mkeyfile-client), which never sees a key. */

struct session;

/* The "code" of an error that is neither the server's nor Connector/C's; another one is
 * CODE_SOCKET_OWNER (client/socket.h). */
#define CODE_OWN 0

/* Connects. TCP is encrypted, and the server's certificate and name are verified,
 * unless plain; a socket has to belong to root, this user or server_uid. The password
 * leaves this process in clear text, for an account whose plugin asks for it, only over
 * TLS. NULL: *ret_error is an object with "code" and "message". */
struct session *session_open(const struct parameters *parameters, json_t **ret_error);

/* What the answer to one statement may have; any server at hand has far less. */
#define ANSWER_ROWS_MAX 1000000
#define ANSWER_SIZE_MAX (32u << 20)

/* Writes a line to stream: {"rows":[[string or null, ...], ...]}, and after the rows
 * "error":{"code": ..., "message": ...} when the statement failed. Values that are not
 * UTF-8 text are null. Only one row is in memory. False: nothing more can be asked. */
bool session_query(struct session *session, const char *sql, FILE *stream);

void session_close(struct session *session);
