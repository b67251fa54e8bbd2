/* SPDX-License-Identifier: MIT */
#include "server/inspect.h"

#include <stdlib.h>
#include <string.h>

static const char *const finding_names[] = {
	[FINDING_DUPLICATE_ID] = "duplicate-id",
	[FINDING_TEXT_AFTER_NUL] = "text-after-nul",
	[FINDING_IGNORED_TEXT] = "ignored-text",
	[FINDING_UNIFORM_KEY] = "uniform-key",
	[FINDING_REPEATED_KEY] = "repeated-key",
	[FINDING_PUBLISHED_KEY] = "published-key",
	[FINDING_MIXED_VERSIONS] = "mixed-versions",
	[FINDING_KEY_FILE_EXPOSED] = "key-file-exposed",
	[FINDING_PASSWORD_FILE_EXPOSED] = "password-file-exposed",
	[FINDING_BLANK_PASSWORD] = "blank-password",
	[FINDING_SHORT_PASSWORD] = "short-password",
	[FINDING_PASSWORD_LINE_BREAK] = "password-line-break",
	[FINDING_PASSWORD_CARRIAGE_RETURN] = "password-carriage-return",
	[FINDING_PASSWORD_NUL] = "password-nul",
};

const char *finding_name(enum finding_kind kind)
{
	return finding_names[kind];
}

static struct fault found(struct findings *findings, struct finding finding)
{
	if (findings->count == findings->capacity) {
		size_t capacity = findings->capacity ? 2 * findings->capacity : 16;
		struct finding *items = reallocarray(findings->items, capacity, sizeof(*items));

		if (!items)
			return fault_of(FAULT_MEMORY);
		findings->items = items;
		findings->capacity = capacity;
	}
	findings->items[findings->count++] = finding;
	return fault_none();
}

static struct fault found_entry(struct findings *findings, enum finding_kind kind, const struct entry *entry,
				const struct entry *other)
{
	return found(findings, (struct finding){ .kind = kind, .line = entry->line, .entry = entry, .other = other });
}

static struct fault inspect_duplicates(const struct keyfile *keyfile, struct findings *findings)
{
	const struct entry *winner;
	const struct entry *entry = NULL;
	struct fault fault = fault_none();

	while (!fault.code && (entry = keyfile_next_duplicate(keyfile, entry, &winner)))
		fault = found_entry(findings, FINDING_DUPLICATE_ID, entry, winner);
	return fault;
}

static struct fault inspect_lines(const struct keyfile *keyfile, struct findings *findings)
{
	bool mixed = false;
	struct fault fault = fault_none();

	for (size_t i = 0; i < keyfile->count && !fault.code; i++) {
		const struct entry *entry = &keyfile->entries[i];

		if (entry->ignored)
			fault = found_entry(findings, FINDING_IGNORED_TEXT, entry, NULL);
		if (!fault.code && !mixed && keyfile->has_versions && !entry->versioned) {
			mixed = true;
			fault = found_entry(findings, FINDING_MIXED_VERSIONS, entry, NULL);
		}
	}
	if (!fault.code && keyfile->read_size < keyfile->text.size)
		fault = found(findings, (struct finding){ .kind = FINDING_TEXT_AFTER_NUL, .line = keyfile->lines });
	return fault;
}

struct fingerprinted {
	const struct entry *entry;
	const struct fingerprint *fingerprint;
};

static int compare_fingerprints(const void *one, const void *other)
{
	const struct fingerprinted *a = one;
	const struct fingerprinted *b = other;
	int order = strcmp(a->fingerprint->text, b->fingerprint->text);

	return order ? order : (a->entry > b->entry) - (a->entry < b->entry);
}

/* Every entry whose key an earlier line has as well. */
static struct fault inspect_repeated(const struct keyfile *keyfile, const struct fingerprint *fingerprints,
				     struct findings *findings)
{
	struct fingerprinted *sorted = calloc(keyfile->count + 1, sizeof(*sorted));
	size_t first = 0;
	struct fault fault = fault_none();

	if (!sorted)
		return fault_of(FAULT_MEMORY);
	for (size_t i = 0; i < keyfile->count; i++)
		sorted[i] = (struct fingerprinted){ &keyfile->entries[i], &fingerprints[i] };
	qsort(sorted, keyfile->count, sizeof(*sorted), compare_fingerprints);
	for (size_t i = 1; i < keyfile->count && !fault.code; i++) {
		if (strcmp(sorted[first].fingerprint->text, sorted[i].fingerprint->text))
			first = i;
		else if (sorted[i].entry->id != sorted[first].entry->id ||
			 sorted[i].entry->version != sorted[first].entry->version)
			fault = found_entry(findings, FINDING_REPEATED_KEY, sorted[i].entry, sorted[first].entry);
	}
	free(sorted);
	return fault;
}

static struct fault inspect_keys(const struct keyfile *keyfile, const struct fingerprint *fingerprints,
				 struct findings *findings)
{
	SECRET struct secret key = { 0 };
	struct fault fault = secret_allocate(&key, KEY_MAX_SIZE);

	for (size_t i = 0; i < keyfile->count && !fault.code; i++) {
		const struct entry *entry = &keyfile->entries[i];

		keyfile_key(keyfile, entry, key.data);
		if (key_is_uniform(key.data, entry->key_size))
			fault = found_entry(findings, FINDING_UNIFORM_KEY, entry, NULL);
		else if (key_is_published(&fingerprints[i]))
			fault = found_entry(findings, FINDING_PUBLISHED_KEY, entry, NULL);
	}
	return fault;
}

struct fault inspect_keyfile(const struct keyfile *keyfile, struct findings *findings)
{
	struct fingerprint *fingerprints = NULL;
	struct fault fault = keyfile_fingerprints(keyfile, &fingerprints);

	if (!fault.code)
		fault = inspect_duplicates(keyfile, findings);
	if (!fault.code)
		fault = inspect_lines(keyfile, findings);
	if (!fault.code)
		fault = inspect_keys(keyfile, fingerprints, findings);
	if (!fault.code)
		fault = inspect_repeated(keyfile, fingerprints, findings);
	free(fingerprints);
	return fault;
}

struct fault inspect_password(const struct password *password, struct findings *findings)
{
	struct fault fault = fault_none();

	if (!password->secret.size)
		return found(findings, (struct finding){ .kind = FINDING_BLANK_PASSWORD });
	if (password->secret.size < PASSWORD_SHORT_SIZE)
		fault = found(findings, (struct finding){ .kind = FINDING_SHORT_PASSWORD });
	if (!fault.code && password->has_line_break)
		fault = found(findings, (struct finding){ .kind = FINDING_PASSWORD_LINE_BREAK });
	if (!fault.code && password->had_carriage_return)
		fault = found(findings, (struct finding){ .kind = FINDING_PASSWORD_CARRIAGE_RETURN });
	if (!fault.code && password->cut_at_nul)
		fault = found(findings, (struct finding){ .kind = FINDING_PASSWORD_NUL });
	return fault;
}

bool mode_is_exposed(mode_t mode)
{
	return mode & (S_IWGRP | S_IRWXO);
}

struct fault inspect_mode(enum finding_kind kind, const struct stat *status, struct findings *findings)
{
	if (!S_ISREG(status->st_mode) || !mode_is_exposed(status->st_mode))
		return fault_none();
	return found(findings, (struct finding){ .kind = kind, .mode = status->st_mode & 07777 });
}

void findings_free(struct findings *findings)
{
	free(findings->items);
	*findings = (struct findings){ 0 };
}
