/* SPDX-License-Identifier: MIT */
#include "vault/http.h"

#include "core/cleanup.h"
#include "core/format.h"

#include <ctype.h>
#include <curl/curl.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOUNT_HINT "use the URL of a KV version 2 mount: https://HOST:8200/v1/MOUNT"

/* The first answer has room for a page of JSON; more is taken when it comes. */
#define ANSWER_FIRST 65536
#define WORDS_MAX 300
/* As many hex digits in a row may be a key. */
#define DIGITS_MAX 32

struct http {
	CURL *curl;
	struct curl_slist *headers;
	struct secret answer;
	struct secret token; /* with a NUL after it */
	struct problem *problem;
	const struct address *address;
	unsigned int timeout;
	bool is_too_large;
	char words[CURL_ERROR_SIZE];
};

/* ---- the connection ---- */

static bool grow(struct secret *answer, size_t size)
{
	struct secret larger = { 0 };

	if (secret_allocate(&larger, 2 * (answer->size + size)).code)
		return false;
	secret_append(&larger, answer->data, answer->size);
	secret_free(answer);
	*answer = secret_take(&larger);
	return true;
}

static size_t take_answer(char *data, size_t unit, size_t count, void *place)
{
	struct http *http = place;
	size_t size = unit * count;

	if (http->answer.size + size > HTTP_ANSWER_MAX) {
		http->is_too_large = true;
		return 0;
	}
	if (http->answer.capacity - http->answer.size < size && !grow(&http->answer, size))
		return 0;
	secret_append(&http->answer, data, size);
	return size;
}

static bool add_header(struct http *http, const char *name, const char *value)
{
	SECRET struct secret line = { 0 };
	size_t size = strlen(name) + strlen(value);
	struct curl_slist *longer;

	if (secret_allocate(&line, size + 1).code)
		return false;
	secret_append(&line, name, strlen(name));
	secret_append(&line, value, strlen(value) + 1);
	longer = curl_slist_append(http->headers, (char *)line.data);
	if (longer)
		http->headers = longer;
	return longer != NULL;
}

/* A line end would begin another header. */
static bool check_namespace(struct problem *problem)
{
	const char *namespace = getenv("VAULT_NAMESPACE");

	return !namespace || !namespace[strcspn(namespace, "\r\n")] ||
	       problem_set(problem, "VAULT_NAMESPACE contains a line break");
}

static bool add_headers(struct http *http)
{
	const char *namespace = getenv("VAULT_NAMESPACE");

	return add_header(http, "X-Vault-Token: ", (char *)http->token.data) &&
	       add_header(http, "X-Vault-Request: ", "true") &&
	       (!namespace || !*namespace || add_header(http, "X-Vault-Namespace: ", namespace)) &&
	       add_header(http, "Content-Type: ", "application/json") && add_header(http, "Expect:", "");
}

static void set_authorities(CURL *curl)
{
	const char *file = getenv("VAULT_CACERT");

	if (!file || !*file)
		return;
	curl_easy_setopt(curl, CURLOPT_CAINFO, file);
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
}

static void set_protocol(struct http *http)
{
	CURL *curl = http->curl;

#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, http->address->is_plain ? "http" : "https");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS, http->address->is_plain ? CURLPROTO_HTTP : CURLPROTO_HTTPS);
#endif
	/* a proxy would see what is not encrypted */
	if (http->address->is_plain)
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	/* a resumed session would have to be kept */
	curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	set_authorities(curl);
}

/* OpenSSL wipes what it has decrypted, keys among it. */
static CURLcode set_cleansing(CURL *curl, void *context, void *unused)
{
	(void)curl;
	(void)unused;
	SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
	return CURLE_OK;
}

static void set_options(struct http *http)
{
	CURL *curl = http->curl;
	const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;

	set_protocol(http);
	/* the context is another type in a libcurl that is built with another library */
	if (library && !strncmp(library, "OpenSSL/", 8))
		curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, set_cleansing);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)http->timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)http->timeout);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "mkeyfile");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->words);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
}

struct http *http_open(const struct address *address, const struct secret *token, unsigned int timeout,
		       struct problem *problem)
{
	struct http *http;

	if (!check_namespace(problem))
		return NULL;
	http = calloc(1, sizeof(*http));
	if (http) {
		http->address = address;
		http->problem = problem;
		http->timeout = timeout;
		http->curl = curl_easy_init();
	}
	if (!http || !http->curl || secret_copy_text(&http->token, token->data, token->size).code ||
	    secret_allocate(&http->answer, ANSWER_FIRST).code || !add_headers(http)) {
		problem_set(problem, "out of memory");
		http_close(http);
		return NULL;
	}
	set_options(http);
	return http;
}

void http_close(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	curl_slist_free_all(http->headers);
	secret_free(&http->token);
	secret_free(&http->answer);
	free(http);
}

/* ---- what the server says, for people ---- */

/* It may repeat what it was sent. */
static bool is_telling(const struct http *http, const char *words)
{
	size_t digits = 0;

	for (const char *c = words; *c; c++) {
		digits = isxdigit((unsigned char)*c) ? digits + 1 : 0;
		if (digits == DIGITS_MAX)
			return true;
	}
	return http->token.size && strstr(words, (char *)http->token.data);
}

/* ": words" of Vault's list of errors, or "". malloc(3)ed, or NULL. */
static char *server_words(const struct http *http, const json_t *json)
{
	const char *words = json_string_value(json_array_get(json_object_get(json, "errors"), 0));
	size_t length;

	if (!words || is_telling(http, words))
		return strdup("");
	length = strcspn(words, "\n");
	return format_text(": %.*s", (int)(length < WORDS_MAX ? length : WORDS_MAX), words);
}

static bool refuse_redirect(struct http *http)
{
	const char *url = NULL;

	curl_easy_getinfo(http->curl, CURLINFO_REDIRECT_URL, &url);
	if (!url || is_telling(http, url))
		problem_set(http->problem, "the server redirects to another address");
	else
		problem_set(http->problem, "the server redirects to '%.*s'", WORDS_MAX, url);
	return problem_hint(http->problem, "use the address of the active Vault server");
}

static bool refuse_denied(struct http *http, const char *path, const char *capability)
{
	problem_set(http->problem, "permission denied for '%s'", path);
	return problem_hint(http->problem, "set VAULT_TOKEN to a token that is valid and has a policy with %s on '%s'",
			    capability, path);
}

static bool refuse_busy(struct http *http, long status, const char *words)
{
	if (status == 429) {
		problem_set(http->problem, "the server rejects too many requests%s", words);
		return problem_hint(http->problem, "run the same command again later");
	}
	problem_set(http->problem, "the server is not available (status %ld)%s", status, words);
	return problem_hint(http->problem, "run 'vault status' to see whether Vault is sealed or on standby");
}

bool http_refuse(struct http *http, long status, const char *path, const char *capability, const json_t *json)
{
	HEAP char *words = server_words(http, json);

	if (!status || http->problem->is_set)
		return false;
	if (!words)
		return problem_set(http->problem, "out of memory");
	if (status >= 300 && status < 400)
		return refuse_redirect(http);
	if (status == 403)
		return refuse_denied(http, path, capability);
	if (status == 429 || status == 503 || status == 412)
		return refuse_busy(http, status, words);
	problem_set(http->problem, "the server answered with status %ld for '%s'%s", status, path, words);
	if (status >= 500)
		return problem_hint(http->problem, "read the log of the Vault server, then run the same command again");
	return problem_hint(http->problem, MOUNT_HINT);
}

bool http_refuse_content(struct http *http, const char *path)
{
	problem_set(http->problem, "the answer for '%s' is not from a Vault server", path);
	return problem_hint(http->problem, MOUNT_HINT);
}

static void refuse_certificate(struct http *http)
{
	problem_set(http->problem, "cannot verify the server: %.*s", WORDS_MAX,
		    *http->words ? http->words : "SSL peer certificate is not trusted");
	problem_hint(http->problem, "set VAULT_CACERT to the file with the CA certificate of the Vault server");
}

/* Words of libcurl's own have times and ports in them, which say nothing more. */
static void explain(struct http *http, CURLcode code)
{
	if (http->is_too_large)
		problem_set(http->problem, "the server's answer is larger than %u bytes", HTTP_ANSWER_MAX);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		problem_set(http->problem, "the server did not answer within %u seconds", http->timeout);
	else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
		refuse_certificate(http);
	else if (code == CURLE_PARTIAL_FILE || code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
		 code == CURLE_SEND_ERROR)
		problem_set(http->problem, "the server closed the connection before its answer was complete");
	else if (code == CURLE_OUT_OF_MEMORY || code == CURLE_WRITE_ERROR)
		problem_set(http->problem, "out of memory");
	else if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
		problem_set(http->problem, "cannot reach the server: %s", curl_easy_strerror(code));
	else
		problem_set(http->problem, "the server does not respond as Vault does: %s", curl_easy_strerror(code));
	problem_hint(http->problem, "run 'vault status' to see whether Vault runs and answers at this address");
}

/* ---- requests ---- */

/* 0: no answer. */
static long perform(struct http *http, const char *url, const struct secret *body)
{
	CURL *curl = http->curl;
	long status = 0;
	CURLcode code;

	explicit_bzero(http->answer.data, http->answer.size);
	http->answer.size = 0;
	*http->words = '\0';
	curl_easy_setopt(curl, CURLOPT_URL, url);
	if (body) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body->size);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (char *)body->data);
	} else {
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	}
	code = curl_easy_perform(curl);
	if (code)
		explain(http, code);
	else
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static bool is_busy(long status)
{
	return status == 429 || status == 503 || status == 412;
}

/* Seconds to wait before the request is made again; 0: do not. A server that does not say how
 * long is sealed, or needs a moment. */
static unsigned int wait_time(struct http *http, long status, unsigned int waited)
{
	curl_off_t asked = 0;

	if (!is_busy(status))
		return 0;
	curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &asked);
	if (asked <= 0 && status == 412)
		asked = 1;
	return asked > 0 && asked <= HTTP_WAIT_MAX - (curl_off_t)waited ? (unsigned int)asked : 0;
}

long http_ask(struct http *http, const char *path, const struct secret *body, json_t **ret_json)
{
	HEAP char *url = format_text("%s%s", http->address->api, path);
	unsigned int waited = 0;
	unsigned int wait;
	long status;

	*ret_json = NULL;
	if (!url) {
		problem_set(http->problem, "out of memory");
		return 0;
	}
	status = perform(http, url, body);
	while ((wait = wait_time(http, status, waited))) {
		sleep(wait);
		waited += wait;
		status = perform(http, url, body);
	}
	*ret_json = json_loadb((char *)http->answer.data, http->answer.size, 0, NULL);
	if (*ret_json && !json_is_object(*ret_json)) {
		json_decref(*ret_json);
		*ret_json = NULL;
	}
	return status;
}
