/* SPDX-License-Identifier: MIT */
#include "core/cleanup.h"
#include "vault/task.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Lines of one key ID. */
struct group {
	const struct key_line *lines;
	size_t count;
	struct kv_secret secret;
};

#define GROUP __attribute__((cleanup(group_free)))

static void group_free(struct group *group)
{
	kv_secret_free(&group->secret);
}

static bool next_group(struct kv *kv, const struct key_lines *lines, size_t *position, struct group *ret_group)
{
	const struct key_line *first = &lines->list[*position];
	struct group group = { .lines = first };

	while (*position < lines->count && lines->list[*position].id == first->id) {
		group.count++;
		++*position;
	}
	if (!kv_describe(kv, first->id, &group.secret))
		return false;
	*ret_group = group;
	return true;
}

static const struct key_line *find_line(const struct group *group, uint32_t version)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->lines[i].version == version)
			return &group->lines[i];
	return NULL;
}

/* ---- what is there ---- */

static bool same_key(const struct key_line *line, const struct secret *hex)
{
	SECRET struct secret copy = { 0 };

	return !secret_copy(&copy, line->hex, line->digits).code && secret_equals(&copy, hex);
}

/* *ret_same: Vault has this key. */
static bool compare(struct kv *kv, const struct key_line *line, bool *ret_same)
{
	SECRET struct secret hex = { 0 };
	enum kv_content content;

	if (secret_allocate(&hex, KV_DIGITS_MAX).code)
		return problem_set(kv->problem, "out of memory");
	if (!kv_read(kv, line->id, line->version, &content, &hex))
		return false;
	*ret_same = content == KV_KEY && same_key(line, &hex);
	return true;
}

static bool refuse_different(struct kv *kv, const struct key_line *line)
{
	problem_refuse(kv->problem, "key ID %" PRIu32 " version %" PRIu32 " has a different key in Vault", line->id,
		       line->version);
	return problem_hint(kv->problem, "check which of the two keys your data uses; Vault cannot replace a version");
}

static bool refuse_gone(struct kv *kv, const struct key_line *line, enum kv_state state)
{
	if (state == KV_DELETED) {
		problem_refuse(kv->problem, "key ID %" PRIu32 " version %" PRIu32 " is deleted in Vault", line->id,
			       line->version);
		return problem_hint(kv->problem, "run 'vault kv undelete -mount=%s -versions=%" PRIu32 " %" PRIu32 "'",
				    kv->mount, line->version, line->id);
	}
	problem_refuse(kv->problem,
		       "key ID %" PRIu32 " version %" PRIu32 " is destroyed in Vault, which cannot write it again",
		       line->id, line->version);
	return problem_hint(kv->problem, "use another mount, or export newer versions only");
}

static bool check_line(struct kv *kv, const struct group *group, const struct key_line *line)
{
	bool expires;
	bool same = true;
	enum kv_state state = kv_state(&group->secret, line->version, &expires);

	if (state == KV_LIVE && !compare(kv, line, &same))
		return false;
	if (!same)
		return refuse_different(kv, line);
	return state == KV_LIVE || line->version > group->secret.current || refuse_gone(kv, line, state);
}

/* Versions that are to be written because Vault has no other way to the next one. */
static size_t count_fillers(const struct group *group)
{
	uint32_t current = group->secret.current;
	uint32_t highest = group->lines[group->count - 1].version;
	size_t fillers = highest > current ? highest - current : 0;

	for (size_t i = 0; i < group->count; i++)
		if (group->lines[i].version > current)
			fillers--;
	return fillers;
}

/* A placeholder would take the version's only place. */
static bool check_kept(struct kv *kv, const struct key_lines *lines, const struct group *group)
{
	uint32_t highest = group->lines[group->count - 1].version;

	for (size_t i = 0; i < lines->kept_count; i++) {
		uint32_t version = lines->kept[i];

		if (version <= group->secret.current || version >= highest || find_line(group, version))
			continue;
		problem_refuse(kv->problem,
			       "key ID %" PRIu32 " version %" PRIu32 " must be written before version %" PRIu32
			       ", because Vault counts versions from 1",
			       group->secret.id, version, highest);
		return problem_hint(kv->problem, "export version %" PRIu32 " first, or omit --key-version", version);
	}
	return true;
}

static bool check_gaps(struct kv *kv, const struct key_lines *lines, const struct group *group)
{
	size_t fillers = count_fillers(group);

	if (fillers <= TASK_FILLERS_MAX)
		return check_kept(kv, lines, group);
	problem_refuse(kv->problem,
		       "key ID %" PRIu32 " would need %zu placeholder versions, because Vault counts versions from 1",
		       group->secret.id, fillers);
	return problem_hint(kv->problem, "move the data to a new key ID, which starts at version 1");
}

static bool check_group(struct kv *kv, const struct key_lines *lines, const struct group *group)
{
	for (size_t i = 0; i < group->count; i++)
		if (!check_line(kv, group, &group->lines[i]))
			return false;
	if (!group->secret.expires)
		return check_gaps(kv, lines, group);
	problem_refuse(kv->problem,
		       "Vault deletes versions of key ID %" PRIu32 " after some time (delete_version_after)",
		       group->secret.id);
	return problem_hint(kv->problem, "run 'vault write %s/config delete_version_after=-1s' first", kv->mount);
}

bool task_check(struct kv *kv, const struct key_lines *lines)
{
	for (size_t i = 0; i < lines->count;) {
		GROUP struct group group = { 0 };

		if (!next_group(kv, lines, &i, &group) || !check_group(kv, lines, &group))
			return false;
	}
	return true;
}

/* ---- changes ---- */

/* Twice as many as there are leaves room for as many rotations again. */
static bool raise_max_versions(struct kv *kv, const struct group *group)
{
	uint32_t highest = group->lines[group->count - 1].version;
	uint32_t wanted = highest < UINT32_MAX / 2 ? 2 * highest : UINT32_MAX;

	if (wanted < TASK_MAX_VERSIONS)
		wanted = TASK_MAX_VERSIONS;
	return highest <= group->secret.current || group->secret.max_versions >= wanted ||
	       kv_set_max_versions(kv, group->secret.id, wanted);
}

/* A filler that an interrupted run has left is destroyed now. */
static bool destroy_left_filler(struct kv *kv, const struct group *group, uint32_t version)
{
	SECRET struct secret hex = { 0 };
	enum kv_content content;
	bool expires;

	if (kv_state(&group->secret, version, &expires) != KV_LIVE)
		return true;
	if (secret_allocate(&hex, KV_DIGITS_MAX).code)
		return problem_set(kv->problem, "out of memory");
	if (!kv_read(kv, group->secret.id, version, &content, &hex))
		return false;
	return content != KV_FILLER || kv_destroy(kv, group->secret.id, version);
}

static bool write_one(struct kv *kv, const struct group *group, uint32_t version, size_t *written)
{
	const struct key_line *line = find_line(group, version);

	if (line && !kv_write(kv, line->id, version, line->hex, line->digits))
		return false;
	if (line)
		++*written;
	return line || (kv_write_filler(kv, group->secret.id, version) && kv_destroy(kv, group->secret.id, version));
}

static bool write_group(struct kv *kv, const struct group *group, size_t *written)
{
	uint32_t highest = group->lines[group->count - 1].version;
	uint32_t current = group->secret.current;

	if (!raise_max_versions(kv, group))
		return false;
	for (uint32_t i = 1; i < highest && i <= current; i++)
		if (!find_line(group, i) && !destroy_left_filler(kv, group, i))
			return false;
	for (uint32_t i = current + 1; i <= highest && i > current; i++)
		if (!write_one(kv, group, i, written))
			return false;
	return true;
}

static bool check_written(struct kv *kv, const struct key_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		bool same = false;

		if (!compare(kv, &lines->list[i], &same))
			return false;
		if (!same)
			return problem_set(kv->problem,
					   "key ID %" PRIu32 " version %" PRIu32
					   " does not read back as it was written",
					   lines->list[i].id, lines->list[i].version);
	}
	return true;
}

bool task_write(struct kv *kv, const struct key_lines *lines, size_t *ret_written)
{
	*ret_written = 0;
	if (!task_check(kv, lines))
		return false;
	for (size_t i = 0; i < lines->count;) {
		GROUP struct group group = { 0 };

		if (!next_group(kv, lines, &i, &group) || !write_group(kv, &group, ret_written))
			return false;
	}
	return check_written(kv, lines);
}
