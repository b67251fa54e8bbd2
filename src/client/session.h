/* SPDX-License-Identifier: MIT */
#pragma once

#include "client/parameters.h"

#include <stdbool.h>
#include <stdio.h>

/* A connection to a server through MariaDB Connector/C. It runs in a separate process
 * (mkeyfile-client), which never sees a key. */

struct session;

/* The "code" of errors that come neither from the server nor from Connector/C. The other
 * such code is CODE_SOCKET_OWNER (client/socket.h). */
#define CODE_OWN 0

/* Connects. A TCP connection is encrypted, and the server's certificate and host name are
 * verified, unless plain is set. A socket must belong to root, this user or server_uid.
 * If the account's authentication plugin requests the password in clear text, the
 * password is sent over TLS only. Returns NULL on errors; *ret_error is then an object
 * with "code" and "message". */
struct session *session_open(const struct parameters *parameters, json_t **ret_error);

/* Limits for the answer to one statement; real servers stay far below them. */
#define ANSWER_ROWS_MAX 1000000
#define ANSWER_SIZE_MAX (32u << 20)

/* Runs a statement and writes one line to stream: {"rows":[[string or null, ...], ...]},
 * with "error":{"code": ..., "message": ...} after the rows if the statement failed.
 * Values that are not UTF-8 text become null. Only one row at a time is in memory.
 * Returns false if the session cannot be used again. */
bool session_query(struct session *session, const char *sql, FILE *stream);

void session_close(struct session *session);
