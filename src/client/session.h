/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLIENT_SESSION_H
#define MKEYFILE_CLIENT_SESSION_H

#include <jansson.h>

/* One connection to a server, over MariaDB Connector/C. It lives in a process of
 * its own (mkeyfile-client), which never sees a key. */

/* What decides about the connection: the request's members first, then the groups
 * [client], [client-server] and [client-mariadb] of the option files, as
 * my_print_defaults reads them. Other settings there, such as a directory for
 * plugins or a command to run at the start, are not heeded. */
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
	int over_tcp;
	int plain; /* TCP without TLS was asked for */
};

/* Reads request, a JSON object with any of "server", "user", "defaults" (an array of
 * options for my_print_defaults), "timeout" and "plain". Strings in ret_settings
 * belong to request or to *ret_lines, which free(3) takes. NULL, or why not: in
 * static memory. */
const char *settings_read(json_t *request, struct settings *ret_settings, char **ret_lines);

struct session;

/* Connects. TCP is encrypted, and the server's certificate and name are verified,
 * unless plain. NULL: *ret_error is an object with "code" and "message". */
struct session *session_open(const struct settings *settings, json_t **ret_error);

/* {"rows": [[string or null, ...], ...]} or {"error": {"code": ..., "message": ...}}. */
json_t *session_query(struct session *session, const char *sql);

void session_close(struct session *session);

#endif
