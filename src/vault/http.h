/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"
#include "vault/address.h"

#include <jansson.h>

/* Requests to the HTTP API of one Vault server, one after another over one connection. TLS with
 * a verified certificate, no redirects, no more memory and time than is bounded here. */

struct http;

/* The largest answer; a list of 100,000 names has about a tenth of it. */
#define HTTP_ANSWER_MAX (16u << 20)

/* Seconds that a server that is too busy is waited for with one request. */
#define HTTP_WAIT_MAX 120

/* token: without line ends; kept in wiped memory until http_close. timeout: seconds for each
 * answer. Takes VAULT_CACERT and VAULT_NAMESPACE from the environment.
 * NULL: problem says why. */
struct http *http_open(const struct address *address, const struct secret *token, unsigned int timeout,
		       struct problem *problem);

/* Asks for path, below /v1/, with GET, or with POST when there is a body. Returns the status of
 * the answer, after waiting with 429, 503 and 412 as long as the server asks for; 0: no answer,
 * and problem says why. *ret_json: the object that it consists of, to be released, or NULL. */
long http_ask(struct http *http, const char *path, const struct secret *body, json_t **ret_json);

/* Says what an unexpected status for path means. capability: what a policy must grant for path,
 * such as "read". Returns false. */
bool http_refuse(struct http *http, long status, const char *path, const char *capability, const json_t *json);

/* The same of an answer with a good status, but with content that Vault does not send. */
bool http_refuse_content(struct http *http, const char *path);

void http_close(struct http *http);
