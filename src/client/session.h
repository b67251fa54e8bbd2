/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLIENT_SESSION_H
#define MKEYFILE_CLIENT_SESSION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* One connection to a server, over MariaDB Connector/C. It lives in a process of
 * its own (mkeyfile-client), which never sees a key. */

/* What decides about the connection: the request's members first, then the groups
 * [client], [client-server] and [client-mariadb] of the option files, as
 * my_print_defaults reads them. Other settings there, such as a directory for
 * plugins, a command to run at the start, or no TLS, are ignored. */
struct settings {
	const char *user;
	const char *password;
	const char *host;
	const char *socket;
	const char *ssl_ca;
	const char *ssl_capath;
	const char *ssl_cert;
	const char *ssl_key;
	const char *ssl_cipher;
	const char *ssl_crl;
	const char *ssl_crlpath;
	const char *tls_version;
	unsigned int port;
	unsigned int timeout; /* seconds, for each step */
	uid_t server_uid;     /* that the server runs as: a socket of its own is trusted */
	int over_tcp;
	int plain; /* TCP without TLS was asked for */
};

/* Seconds that the server has for each step. */
unsigned int request_timeout(const json_t *request);

/* Reads request, a JSON object with any of "server", "user", "defaults" (an array of
 * options for my_print_defaults), "server_uid", "timeout" and "plain". Strings in
 * ret_settings belong to request or to *ret_lines, which free(3) takes. NULL, or why
 * not: in static memory. */
const char *settings_read(json_t *request, struct settings *ret_settings, char **ret_lines);

struct session;

/* The "code" of an error that is neither the server's nor Connector/C's. */
#define CODE_OWN 0
#define CODE_SOCKET_OWNER (-1)

/* Connects. TCP is encrypted, and the server's certificate and name are verified,
 * unless plain; a socket has to belong to root, this user or server_uid. The password
 * leaves this process in clear text, for an account whose plugin asks for it, only over
 * TLS. NULL: *ret_error is an object with "code" and "message". */
struct session *session_open(const struct settings *settings, json_t **ret_error);

/* What the answer to one statement may have; any server at hand has far less. */
#define ANSWER_ROWS_MAX 1000000
#define ANSWER_SIZE_MAX (32u << 20)

/* Writes a line to stream: {"rows":[[string or null, ...], ...]}, and after the rows
 * "error":{"code": ..., "message": ...} when the statement failed. Values that are not
 * UTF-8 text are null. Only one row is in memory. False: nothing more can be asked. */
bool session_query(struct session *session, const char *sql, FILE *stream);

void session_close(struct session *session);

#endif
