/* SPDX-License-Identifier: MIT */
#include "vault/kv.h"

#include "core/cleanup.h"
#include "core/format.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEY_ID_MAX 4294967295U
#define BODY_MAX 512
#define FILLER_FIELD "mkeyfile"
#define FILLER_VALUE "no key has this version"

/* The object of an answer that has one. */
static const json_t *data_of(const json_t *json)
{
	return json_object_get(json, "data");
}

static uint32_t number_of(const json_t *object, const char *name)
{
	json_int_t number = json_integer_value(json_object_get(object, name));

	return number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* ---- the mount ---- */

/* A duration as Go prints it, "0s" or "720h0m0s". */
static int duration_sign(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text || !strcmp(text, "0s"))
		return 0;
	return *text == '-' ? -1 : 1;
}

static bool refuse_mount(struct kv *kv)
{
	problem_set(kv->problem, "the mount '%s' has no KV version 2 secrets engine", kv->mount);
	return problem_hint(kv->problem, "run 'vault secrets enable -path=%s -version=2 kv' to create one", kv->mount);
}

/* The server's plugin asks the same at its start. */
static bool check_version(struct kv *kv)
{
	HEAP char *path = format_text("sys/mounts/%s/tune", kv->mount);
	json_auto_t *json = NULL;
	long status = path ? http_ask(kv->http, path, NULL, &json) : 0;
	const json_t *options = json_object_get(data_of(json) ? data_of(json) : json, "options");
	const char *version = json_string_value(json_object_get(options, "version"));

	if (status == 400 || status == 404 || (status == 200 && json && (!version || strcmp(version, "2"))))
		return refuse_mount(kv);
	/* what follows tells as much */
	if (status == 403)
		return true;
	if (status == 200)
		return json ? true : http_refuse_content(kv->http, path);
	return path ? http_refuse(kv->http, status, path, "read", json) : problem_set(kv->problem, "out of memory");
}

static bool read_settings(struct kv *kv)
{
	HEAP char *path = format_text("%s/config", kv->mount);
	json_auto_t *json = NULL;
	long status = path ? http_ask(kv->http, path, NULL, &json) : 0;

	if (status == 403)
		return true;
	/* every mount with this engine has settings, and sys/mounts may have been denied */
	if (status == 404)
		return refuse_mount(kv);
	if (status != 200)
		return path ? http_refuse(kv->http, status, path, "read", json)
			    : problem_set(kv->problem, "out of memory");
	kv->mount_max_versions = number_of(data_of(json), "max_versions");
	kv->mount_expires = duration_sign(data_of(json), "delete_version_after") > 0;
	kv->mount_keeps = duration_sign(data_of(json), "delete_version_after") < 0;
	return true;
}

bool kv_open(struct http *http, const char *mount, struct problem *problem, struct kv *ret_kv)
{
	*ret_kv = (struct kv){ .http = http, .mount = mount, .problem = problem };
	return check_version(ret_kv) && read_settings(ret_kv);
}

/* ---- lists ---- */

/* 0: not the number of a key ID as the server writes it. */
static uint32_t key_id_of(const char *name)
{
	unsigned long long number;

	if (!name || *name < '1' || *name > '9' || strlen(name) > 10 || name[strspn(name, "0123456789")])
		return 0;
	number = strtoull(name, NULL, 10);
	return number <= KEY_ID_MAX ? (uint32_t)number : 0;
}

static int compare_ids(const void *one, const void *other)
{
	const uint32_t a = *(const uint32_t *)one;
	const uint32_t b = *(const uint32_t *)other;

	return a < b ? -1 : a > b;
}

static bool take_names(struct kv *kv, const json_t *names, uint32_t **ret_ids, size_t *ret_count)
{
	uint32_t *ids = calloc(json_array_size(names) + 1, sizeof(*ids));
	size_t count = 0;

	if (!ids)
		return problem_set(kv->problem, "out of memory");
	for (size_t i = 0; i < json_array_size(names); i++) {
		uint32_t id = key_id_of(json_string_value(json_array_get(names, i)));

		if (id)
			ids[count++] = id;
	}
	qsort(ids, count, sizeof(*ids), compare_ids);
	*ret_ids = ids;
	*ret_count = count;
	return true;
}

bool kv_list(struct kv *kv, uint32_t **ret_ids, size_t *ret_count)
{
	HEAP char *path = format_text("%s/metadata/", kv->mount);
	HEAP char *query = format_text("%s/metadata/?list=true", kv->mount);
	json_auto_t *json = NULL;
	const json_t *names;
	long status;

	if (!path || !query)
		return problem_set(kv->problem, "out of memory");
	status = http_ask(kv->http, query, NULL, &json);
	if (status != 200 && status != 404)
		return http_refuse(kv->http, status, path, "list", json);
	names = json_object_get(data_of(json), "keys");
	/* an empty mount is not found */
	if (!json || (status == 200 && !json_is_array(names)))
		return http_refuse_content(kv->http, path);
	return take_names(kv, names, ret_ids, ret_count);
}

/* ---- one secret ---- */

static void take_settings(const struct kv *kv, const json_t *data, struct kv_secret *secret)
{
	uint32_t most = number_of(data, "max_versions");

	if (most < kv->mount_max_versions)
		most = kv->mount_max_versions;
	secret->max_versions = most ? most : KV_MAX_VERSIONS_DEFAULT;
	secret->expires = !kv->mount_keeps && (kv->mount_expires || duration_sign(data, "delete_version_after") > 0);
}

bool kv_describe(struct kv *kv, uint32_t id, struct kv_secret *ret_secret)
{
	HEAP char *path = format_text("%s/metadata/%" PRIu32, kv->mount, id);
	json_auto_t *json = NULL;
	struct kv_secret secret = { .id = id };
	const json_t *current;
	json_t *versions;
	long status;

	if (!path)
		return problem_set(kv->problem, "out of memory");
	status = http_ask(kv->http, path, NULL, &json);
	if (status != 200 && status != 404)
		return http_refuse(kv->http, status, path, "read", json);
	versions = json_object_get(data_of(json), "versions");
	current = json_object_get(data_of(json), "current_version");
	if (!json || (status == 200 && (!json_is_object(versions) || json_integer_value(current) < 0 ||
					json_integer_value(current) > UINT32_MAX ||
					(!json_integer_value(current) && json_object_size(versions)))))
		return http_refuse_content(kv->http, path);
	secret.exists = status == 200;
	take_settings(kv, data_of(json), &secret);
	secret.current = number_of(data_of(json), "current_version");
	if (secret.current > KV_VERSIONS_MAX)
		return problem_set(kv->problem, "the secret '%s/%" PRIu32 "' has more than %d versions", kv->mount, id,
				   KV_VERSIONS_MAX);
	secret.versions = json_incref(versions);
	*ret_secret = secret;
	return true;
}

void kv_secret_free(struct kv_secret *secret)
{
	json_decref(secret->versions);
	secret->versions = NULL;
}

/* Whether a time, as RFC 3339 has it, is over. */
static bool is_over(const char *text)
{
	struct tm parts = { 0 };

	return strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) && timegm(&parts) <= time(NULL);
}

enum kv_state kv_state(const struct kv_secret *secret, uint32_t version, bool *ret_expires)
{
	char name[16];
	const json_t *entry;
	const char *deletion;

	snprintf(name, sizeof(name), "%" PRIu32, version);
	entry = json_object_get(secret->versions, name);
	deletion = json_string_value(json_object_get(entry, "deletion_time"));
	*ret_expires = false;
	if (!entry)
		return KV_ABSENT;
	if (json_is_true(json_object_get(entry, "destroyed")))
		return KV_DESTROYED;
	if (!deletion || !*deletion)
		return KV_LIVE;
	*ret_expires = !is_over(deletion);
	return *ret_expires ? KV_LIVE : KV_DELETED;
}

/* ---- one version ---- */

static bool is_key(const char *text)
{
	size_t length = strspn(text, "0123456789abcdefABCDEF");

	return !text[length] && (length == 32 || length == 48 || length == 64);
}

static enum kv_content content_of(const json_t *fields, struct secret *ret_hex)
{
	const char *text = json_string_value(json_object_get(fields, "data"));
	const char *filler = json_string_value(json_object_get(fields, FILLER_FIELD));

	if (!text && filler && !strcmp(filler, FILLER_VALUE))
		return KV_FILLER;
	if (!text || !is_key(text))
		return KV_OTHER;
	for (; *text; text++) {
		unsigned char digit = (unsigned char)tolower((unsigned char)*text);

		secret_append(ret_hex, &digit, 1);
	}
	return KV_KEY;
}

bool kv_read(struct kv *kv, uint32_t id, uint32_t version, enum kv_content *ret_content, struct secret *ret_hex)
{
	HEAP char *path = format_text("%s/data/%" PRIu32 "?version=%" PRIu32, kv->mount, id, version);
	json_auto_t *json = NULL;
	const json_t *data;
	long status;

	if (!path)
		return problem_set(kv->problem, "out of memory");
	status = http_ask(kv->http, path, NULL, &json);
	if (status != 200 && status != 404) {
		*strrchr(path, '?') = '\0';
		return http_refuse(kv->http, status, path, "read", json);
	}
	data = data_of(json);
	if (status == 404) {
		*ret_content = KV_NOTHING;
		return json ? true : http_refuse_content(kv->http, path);
	}
	if (number_of(json_object_get(data, "metadata"), "version") != version)
		return http_refuse_content(kv->http, path);
	*ret_content = content_of(json_object_get(data, "data"), ret_hex);
	return true;
}

/* ---- changes ---- */

static bool refuse_race(struct kv *kv, uint32_t id)
{
	problem_set(kv->problem, "key ID %" PRIu32 " was changed by another client while this command ran", id);
	return problem_hint(kv->problem, "run the same command again");
}

/* Posts body. capability: see http_refuse. *ret_status is set for an answer that is none of
 * success. */
static bool post(struct kv *kv, const char *path, const struct secret *body, const char *capability, json_t **ret_json,
		 long *ret_status)
{
	*ret_status = http_ask(kv->http, path, body, ret_json);
	if (*ret_status == 200 || *ret_status == 204)
		return true;
	return *ret_status == 400 ? false : http_refuse(kv->http, *ret_status, path, capability, *ret_json);
}

static bool is_race(const json_t *json)
{
	const char *words = json_string_value(json_array_get(json_object_get(json, "errors"), 0));

	return words && strstr(words, "check-and-set");
}

/* Whether a version is what was to be written: libcurl repeats a request over a new connection
 * when an old one closed without an answer, and the first one may have had its effect. */
static bool is_written(struct kv *kv, uint32_t id, uint32_t version, const unsigned char *hex, size_t digits)
{
	SECRET struct secret wanted = { 0 };
	SECRET struct secret found = { 0 };
	enum kv_content content;

	if (secret_copy(&wanted, hex, digits).code || secret_allocate(&found, KV_DIGITS_MAX).code)
		return problem_set(kv->problem, "out of memory");
	if (!kv_read(kv, id, version, &content, &found))
		return false;
	if ((content == KV_KEY || (content == KV_FILLER && !digits)) && secret_equals(&wanted, &found))
		return true;
	return refuse_race(kv, id);
}

/* The object "data" of the secret is before, middle, which is a key or empty, and after. */
static bool write_version(struct kv *kv, uint32_t id, uint32_t version, const char *before, const unsigned char *middle,
			  size_t middle_size, const char *after)
{
	HEAP char *path = format_text("%s/data/%" PRIu32, kv->mount, id);
	HEAP char *head = format_text("{\"options\":{\"cas\":%" PRIu32 "},\"data\":%s", version - 1, before);
	SECRET struct secret body = { 0 };
	json_auto_t *json = NULL;
	long status;

	if (!path || !head || secret_allocate(&body, BODY_MAX).code)
		return problem_set(kv->problem, "out of memory");
	secret_append(&body, head, strlen(head));
	secret_append(&body, middle, middle_size);
	secret_append(&body, after, strlen(after));
	if (post(kv, path, &body, "create and update", &json, &status))
		return number_of(data_of(json), "version") == version || http_refuse_content(kv->http, path);
	if (status != 400)
		return false;
	return is_race(json) ? is_written(kv, id, version, middle, middle_size)
			     : http_refuse(kv->http, status, path, "update", json);
}

bool kv_write(struct kv *kv, uint32_t id, uint32_t version, const unsigned char *hex, size_t digits)
{
	return write_version(kv, id, version, "{\"data\":\"", hex, digits, "\"}}");
}

bool kv_write_filler(struct kv *kv, uint32_t id, uint32_t version)
{
	const char *fields = "{\"" FILLER_FIELD "\":\"" FILLER_VALUE "\"";

	return write_version(kv, id, version, fields, (const unsigned char *)"", 0, "}}");
}

/* Posts text to MOUNT/WHERE/ID. */
static bool post_text(struct kv *kv, const char *where, uint32_t id, const char *capability, const char *text)
{
	HEAP char *path = format_text("%s/%s/%" PRIu32, kv->mount, where, id);
	SECRET struct secret body = { 0 };
	json_auto_t *json = NULL;
	long status;

	if (!path || !text || secret_copy(&body, text, strlen(text)).code)
		return problem_set(kv->problem, "out of memory");
	return post(kv, path, &body, capability, &json, &status) ||
	       http_refuse(kv->http, status, path, capability, json);
}

bool kv_destroy(struct kv *kv, uint32_t id, uint32_t version)
{
	HEAP char *text = format_text("{\"versions\":[%" PRIu32 "]}", version);

	return post_text(kv, "destroy", id, "update", text);
}

bool kv_set_max_versions(struct kv *kv, uint32_t id, uint32_t max_versions)
{
	HEAP char *text = format_text("{\"max_versions\":%" PRIu32 "}", max_versions);

	return post_text(kv, "metadata", id, "create and update", text);
}

static bool changes(const char *capability)
{
	static const char *const names[] = { "create", "update", "patch", "delete", "sudo", "root" };

	for (size_t i = 0; capability && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], capability))
			return true;
	return false;
}

enum capability { CAPABILITY_UNKNOWN, CAPABILITY_READ, CAPABILITY_WRITE };

/* What the token may do with a secret, as far as the server says. */
static enum capability capability_of(struct kv *kv, uint32_t id)
{
	HEAP char *text = format_text("{\"paths\":[\"%s/data/%" PRIu32 "\"]}", kv->mount, id);
	SECRET struct secret body = { 0 };
	json_auto_t *json = NULL;
	const json_t *list;

	if (!text || secret_copy(&body, text, strlen(text)).code ||
	    http_ask(kv->http, "sys/capabilities-self", &body, &json) != 200)
		return CAPABILITY_UNKNOWN;
	list = json_object_get(data_of(json) ? data_of(json) : json, "capabilities");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (changes(json_string_value(json_array_get(list, i))))
			return CAPABILITY_WRITE;
	return json_array_size(list) ? CAPABILITY_READ : CAPABILITY_UNKNOWN;
}

bool kv_can_write(struct kv *kv)
{
	return capability_of(kv, 1) == CAPABILITY_WRITE;
}

bool kv_require_write(struct kv *kv, uint32_t id)
{
	HEAP char *path = format_text("%s/data/%" PRIu32, kv->mount, id);

	if (!path)
		return problem_set(kv->problem, "out of memory");
	return capability_of(kv, id) == CAPABILITY_READ ? http_refuse(kv->http, 403, path, "create and update", NULL)
							: !kv->problem->is_set;
}
