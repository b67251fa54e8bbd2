/* SPDX-License-Identifier: MIT */
#include "core/cleanup.h"
#include "vault/task.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "4294967295;4294967294;", 64 digits and a newline. */
#define LINE_MAX_SIZE 96
/* As many keys as 16 key files can have. */
#define TEXT_MAX (16u << 20)

static void count_notice(struct notice *notice, uint32_t id, uint32_t version, uint32_t number)
{
	if (!notice->count++) {
		notice->id = id;
		notice->version = version;
		notice->number = number;
	}
}

static bool make_room(struct kv *kv, struct secret *text)
{
	struct secret larger = { 0 };

	if (text->size > TEXT_MAX)
		return problem_set(kv->problem, "the mount has more than %u bytes of keys", TEXT_MAX);
	if (text->capacity - text->size >= LINE_MAX_SIZE)
		return true;
	if (secret_allocate(&larger, 2 * text->capacity + LINE_MAX_SIZE).code)
		return problem_set(kv->problem, "out of memory");
	secret_append(&larger, text->data, text->size);
	secret_free(text);
	*text = secret_take(&larger);
	return true;
}

static bool refuse_content(struct kv *kv, uint32_t id, uint32_t version)
{
	problem_set(kv->problem,
		    "version %" PRIu32 " of the secret '%s/%" PRIu32
		    "' is not a key of 32, 48 or 64 hex digits in the field 'data'",
		    version, kv->mount, id);
	return problem_hint(kv->problem, "list the key IDs to read, so that other secrets are skipped");
}

static bool read_version(struct kv *kv, uint32_t id, uint32_t version, struct notices *notices, struct secret *text)
{
	char prefix[32];
	int length = snprintf(prefix, sizeof(prefix), "%" PRIu32 ";%" PRIu32 ";", id, version);
	enum kv_content content;

	if (!make_room(kv, text))
		return false;
	secret_append(text, prefix, (size_t)length);
	if (!kv_read(kv, id, version, &content, text))
		return false;
	if (content == KV_KEY) {
		secret_append(text, "\n", 1);
		return true;
	}
	text->size -= (size_t)length;
	if (content == KV_OTHER)
		return refuse_content(kv, id, version);
	if (content == KV_NOTHING)
		count_notice(&notices->version_destroyed, id, version, 0);
	return true;
}

/* Vault deletes by number: as many below the newest as it does not keep. oldest: that is live. */
static void judge(const struct kv_secret *secret, uint32_t oldest, bool expires, struct notices *notices)
{
	if (oldest && (uint64_t)secret->current - oldest + 1 + TASK_ROOM > secret->max_versions)
		count_notice(&notices->max_versions, secret->id, 0, secret->max_versions);
	if (secret->expires || expires)
		count_notice(&notices->delete_after, secret->id, 0, 0);
}

static bool read_secret(struct kv *kv, uint32_t id, uint32_t version, struct notices *notices, struct secret *text)
{
	__attribute__((cleanup(kv_secret_free))) struct kv_secret secret = { 0 };
	uint32_t oldest = 0;
	bool expires = false;

	if (!kv_describe(kv, id, &secret))
		return false;
	for (uint32_t i = version ? version : 1; i <= (version ? version : secret.current); i++) {
		bool expires_too;
		enum kv_state state = kv_state(&secret, i, &expires_too);

		expires = expires || expires_too;
		if (state == KV_LIVE && !oldest)
			oldest = i;
		if (state == KV_LIVE && !read_version(kv, id, i, notices, text))
			return false;
		if (state != KV_LIVE && i <= secret.current)
			count_notice(&notices->version_destroyed, id, i, 0);
	}
	judge(&secret, oldest, expires, notices);
	return true;
}

bool task_read(struct kv *kv, const uint32_t *ids, size_t count, uint32_t version, struct notices *notices,
	       struct secret *ret_text)
{
	SECRET struct secret text = { 0 };
	HEAP uint32_t *listed = NULL;

	notices->can_write = kv_can_write(kv);
	if (kv->problem->is_set || (!ids && !kv_list(kv, &listed, &count)))
		return false;
	if (secret_allocate(&text, LINE_MAX_SIZE).code)
		return problem_set(kv->problem, "out of memory");
	for (size_t i = 0; i < count; i++)
		if (!read_secret(kv, ids ? ids[i] : listed[i], version, notices, &text))
			return false;
	*ret_text = secret_take(&text);
	return true;
}
