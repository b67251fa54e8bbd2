/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

#include <jansson.h>
#include <sys/types.h>

/* The settings of a connection. They come from the request's members first, then from the
 * groups [client], [client-server] and [client-mariadb] of the option files, as read by
 * my_print_defaults. Other settings there, such as a plugin directory, an initial command
 * or disabled TLS, are ignored. */
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
	uid_t server_uid;     /* the server's user account, whose socket is trusted */
	int over_tcp;
	int plain; /* TCP without TLS was requested */
};

/* Returns the timeout for each step, in seconds. */
unsigned int request_timeout(const json_t *request);

/* Reads request, a JSON object with any of the members "server", "user", "defaults" (an
 * array of options for my_print_defaults), "server_uid", "timeout" and "plain". The
 * strings in ret_parameters belong to request or to ret_lines; free ret_lines on errors
 * too. Returns NULL, or an error message in static memory. */
const char *parameters_read(json_t *request, struct parameters *ret_parameters, struct secret *ret_lines);
