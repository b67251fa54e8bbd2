/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

#include <jansson.h>
#include <sys/types.h>

/* What decides about the connection: the request's members first, then the groups
 * [client], [client-server] and [client-mariadb] of the option files, as
 * my_print_defaults reads them. Other settings there, such as a directory for
 * plugins, a command to run at the start, or no TLS, are ignored. */
struct parameters {
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
 * ret_parameters belong to request or to ret_lines, which is to be freed on errors too.
 * NULL, or why not: in static memory. */
const char *parameters_read(json_t *request, struct parameters *ret_parameters, struct secret *ret_lines);
