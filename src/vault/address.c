/* SPDX-License-Identifier: MIT */
#include "vault/address.h"

#include "core/cleanup.h"
#include "core/format.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a mount may be called. Vault allows more; nothing else needs to be escaped here. */
#define MOUNT_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"

/* Something like 127.0.0.1.2 is a name for the resolver. */
static bool is_loopback(const char *host)
{
	struct in_addr address;

	return !strncmp(host, "127.", 4) ? inet_pton(AF_INET, host, &address) == 1
					 : !strcmp(host, "[::1]") || !strcasecmp(host, "localhost");
}

static char *get_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;

	return curl_url_get(url, part, &text, 0) ? NULL : text;
}

static bool refuse(struct problem *problem, const char *words)
{
	problem_set(problem, "%s", words);
	return problem_hint(problem, "use vault:https://HOST:8200/v1/MOUNT, or set VAULT_ADDR and use vault:MOUNT");
}

/* The URL has no more than scheme, host, port and path. */
static bool check_parts(CURLU *url, struct address *address, struct problem *problem)
{
	static const CURLUPart unwanted[] = { CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT };
	char *scheme = get_part(url, CURLUPART_SCHEME);
	char *host = get_part(url, CURLUPART_HOST);
	bool is_plain = scheme && !strcmp(scheme, "http");
	bool is_possible = scheme && (is_plain || !strcmp(scheme, "https"));
	bool is_safe = !is_plain || (host && is_loopback(host));

	curl_free(scheme);
	curl_free(host);
	address->is_plain = is_plain;
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
		char *part = get_part(url, unwanted[i]);

		curl_free(part);
		if (part)
			return refuse(problem, "the URL has more than a host, a port, and a path");
	}
	if (!is_possible)
		return refuse(problem, "the URL does not begin with https://");
	return is_safe ||
	       refuse(problem, "the URL begins with http://, which would send the keys over the network unencrypted");
}

static bool check_mount(const char *mount, struct problem *problem)
{
	size_t length = strlen(mount);

	if (!length)
		return refuse(problem, "the URL has no mount after /v1/");
	if (strspn(mount, MOUNT_CHARACTERS) == length && !strstr(mount, "//") && !strstr(mount, "..") && *mount != '/')
		return true;
	return refuse(problem, "the name of the mount has characters that are not supported");
}

static void cut_slashes(char *text)
{
	size_t length = strlen(text);

	while (length && text[length - 1] == '/')
		text[--length] = '\0';
}

/* text: a whole URL, cut in place. */
static bool split(char *text, struct address *address, struct problem *problem)
{
	char *scheme = strstr(text, "://");
	char *version = scheme ? strchr(scheme + 3, '/') : NULL;

	/* the server's plugin takes nothing in front of it either */
	if (!version || strncmp(version, "/v1/", 4))
		return refuse(problem, "the URL has no /v1/ before the mount");
	cut_slashes(version + 4);
	if (!check_mount(version + 4, problem))
		return false;
	address->mount = strdup(version + 4);
	version[4] = '\0';
	address->api = strdup(text);
	return (address->api && address->mount) || problem_set(problem, "out of memory");
}

static char *full_url(const char *place, struct problem *problem)
{
	const char *server = getenv("VAULT_ADDR");
	HEAP char *base = NULL;
	char *text;

	if (strstr(place, "://")) {
		text = strdup(place);
	} else if (!server || !*server) {
		refuse(problem, "VAULT_ADDR is not set");
		return NULL;
	} else {
		base = strdup(server);
		if (base)
			cut_slashes(base);
		text = base ? format_text("%s/v1/%s", base, place + strspn(place, "/")) : NULL;
	}
	if (!text)
		problem_set(problem, "out of memory");
	return text;
}

bool address_parse(const char *place, struct address *ret_address, struct problem *problem)
{
	struct address address = { 0 };
	HEAP char *text = full_url(place, problem);
	CURLU *url = text ? curl_url() : NULL;
	bool is_good = false;

	if (url && curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME))
		refuse(problem, "the URL is not valid");
	else if (url)
		is_good = check_parts(url, &address, problem) && split(text, &address, problem);
	curl_url_cleanup(url);
	if (is_good)
		*ret_address = address;
	else
		address_free(&address);
	return is_good;
}

void address_free(struct address *address)
{
	free(address->api);
	free(address->mount);
	*address = (struct address){ 0 };
}
