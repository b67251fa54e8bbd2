/* SPDX-License-Identifier: MIT */
#include "server/inspect.h"

#include "core/array.h"
#include "core/cleanup.h"
#include "server/systemd.h"

#include <stdlib.h>
#include <string.h>

static const char *const finding_names[] = {
	[FINDING_DUPLICATE_ID] = "duplicate-id",
	[FINDING_TEXT_AFTER_NUL] = "text-after-nul",
	[FINDING_IGNORED_TEXT] = "ignored-text",
	[FINDING_UNIFORM_KEY] = "uniform-key",
	[FINDING_REPEATED_KEY] = "repeated-key",
	[FINDING_PUBLISHED_KEY] = "published-key",
	[FINDING_NO_TEMPORARY_KEY] = "no-temporary-key",
	[FINDING_MIXED_VERSIONS] = "mixed-versions",
	[FINDING_VERSION_GAP] = "version-gap",
	[FINDING_OLD_VERSIONS] = "old-versions",
	[FINDING_KEY_FILE_EXPOSED] = "key-file-exposed",
	[FINDING_PASSWORD_FILE_EXPOSED] = "password-file-exposed",
	[FINDING_PASSWORD_FILE_BESIDE] = "password-file-beside",
	[FINDING_FOREIGN_OWNER] = "foreign-owner",
	[FINDING_OPEN_DIRECTORY] = "open-directory",
	[FINDING_UNREADABLE] = "unreadable",
	[FINDING_ACCESS_NOT_TRIED] = "access-not-tried",
	[FINDING_PROTECTED_HOME] = "protected-home",
	[FINDING_BLANK_PASSWORD] = "blank-password",
	[FINDING_SHORT_PASSWORD] = "short-password",
	[FINDING_LONG_PASSWORD] = "long-password",
	[FINDING_PASSWORD_LINE_BREAK] = "password-line-break",
	[FINDING_PASSWORD_CARRIAGE_RETURN] = "password-carriage-return",
	[FINDING_PASSWORD_NUL] = "password-nul",
	[FINDING_LOWER_CASE_FILE] = "lower-case-file",
	[FINDING_PASSWORD_IN_CLEAR] = "password-in-clear",
	[FINDING_RELATIVE_PATH] = "relative-path",
	[FINDING_STRAY_GROUP] = "stray-group",
	[FINDING_SETTING_WITHOUT_USE] = "setting-without-use",
	[FINDING_PLUGIN_NOT_FORCED] = "plugin-not-forced",
	[FINDING_AES_CBC] = "aes-cbc",
};

_Static_assert(sizeof(finding_names) / sizeof(finding_names[0]) == FINDING_KIND_COUNT, "each kind has a name");

const char *finding_name(enum finding_kind kind)
{
	return finding_names[kind];
}

bool finding_is_information(enum finding_kind kind)
{
	switch (kind) {
	case FINDING_NO_TEMPORARY_KEY:
	case FINDING_OLD_VERSIONS:
	case FINDING_PASSWORD_FILE_BESIDE:
	case FINDING_ACCESS_NOT_TRIED:
	case FINDING_PLUGIN_NOT_FORCED:
	case FINDING_AES_CBC:
		return true;
	default:
		return false;
	}
}

static void finding_free(struct finding *finding)
{
	free(finding->group);
	free(finding->refusal);
}

struct fault findings_add(struct findings *findings, struct finding finding)
{
	struct finding *added = array_add(&findings->items, &findings->count, sizeof(*added));

	if (!added) {
		finding_free(&finding);
		return fault_of(FAULT_MEMORY);
	}
	*added = finding;
	return fault_none();
}

static struct fault found_entry(struct findings *findings, enum finding_kind kind, const struct entry *entry,
				const struct entry *other)
{
	return findings_add(findings,
			    (struct finding){ .kind = kind, .line = entry->line, .entry = entry, .other = other });
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
		fault = findings_add(findings,
				     (struct finding){ .kind = FINDING_TEXT_AFTER_NUL, .line = keyfile->lines });
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
	HEAP struct fingerprinted *sorted = calloc(keyfile->count + 1, sizeof(*sorted));
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

/* IDs that have more than one version: a rotation that is not finished. */
static struct fault inspect_old_versions(const struct keyfile *keyfile, struct findings *findings)
{
	struct finding finding = { .kind = FINDING_OLD_VERSIONS };
	size_t count;

	for (size_t i = 0; i < keyfile->count; i += count) {
		struct entry **versions = keyfile_find(keyfile, keyfile->sorted[i]->id, &count);

		if (versions[0]->version != versions[count - 1]->version && !finding.count++)
			finding.entry = versions[0];
	}
	return finding.count ? findings_add(findings, finding) : fault_none();
}

/* A hole in the versions of an ID: somebody took one out. That the first ones are
 * gone is how a rotation ends. */
static struct fault inspect_versions(const struct keyfile *keyfile, struct findings *findings)
{
	struct fault fault = fault_none();
	size_t count;

	for (size_t i = 0; keyfile->has_versions && i < keyfile->count && !fault.code; i++) {
		const struct entry *entry = keyfile->sorted[i];
		const struct entry *before =
			i && keyfile->sorted[i - 1]->id == entry->id ? keyfile->sorted[i - 1] : NULL;

		if (before && entry->version > before->version + 1)
			fault = found_entry(findings, FINDING_VERSION_GAP, entry, before);
	}
	if (!fault.code && keyfile->count && !keyfile_find(keyfile, KEY_ID_TEMPORARY, &count))
		fault = findings_add(findings, (struct finding){ .kind = FINDING_NO_TEMPORARY_KEY });
	return fault.code ? fault : inspect_old_versions(keyfile, findings);
}

struct fault inspect_keyfile(const struct keyfile *keyfile, struct findings *findings)
{
	HEAP struct fingerprint *fingerprints = NULL;
	struct fault fault = keyfile_fingerprints(keyfile, &fingerprints);

	if (!fault.code)
		fault = inspect_duplicates(keyfile, findings);
	if (!fault.code)
		fault = inspect_lines(keyfile, findings);
	if (!fault.code)
		fault = inspect_versions(keyfile, findings);
	if (!fault.code)
		fault = inspect_keys(keyfile, fingerprints, findings);
	return fault.code ? fault : inspect_repeated(keyfile, fingerprints, findings);
}

struct fault inspect_password(const struct password *password, struct findings *findings)
{
	struct fault fault = fault_none();

	if (!password->secret.size)
		return findings_add(findings, (struct finding){ .kind = FINDING_BLANK_PASSWORD });
	if (password->secret.size < PASSWORD_SHORT_SIZE)
		fault = findings_add(findings, (struct finding){ .kind = FINDING_SHORT_PASSWORD });
	if (!fault.code && password->has_line_break)
		fault = findings_add(findings, (struct finding){ .kind = FINDING_PASSWORD_LINE_BREAK });
	if (!fault.code && password->had_carriage_return)
		fault = findings_add(findings, (struct finding){ .kind = FINDING_PASSWORD_CARRIAGE_RETURN });
	if (!fault.code && password->cut_at_nul)
		fault = findings_add(findings, (struct finding){ .kind = FINDING_PASSWORD_NUL });
	return fault;
}

bool mode_is_exposed(mode_t mode)
{
	return mode & (S_IWGRP | S_IRWXO);
}

static struct fault inspect_access(const struct inspected_file *file, const struct server_user *user,
				   struct findings *findings)
{
	int access = server_user_reads(user, file->path);
	struct finding finding = { .path = file->path, .user = user->name };

	if (!access)
		return fault_none();
	finding.kind = access > 0 ? FINDING_UNREADABLE : FINDING_ACCESS_NOT_TRIED;
	finding.error_number = access;
	return findings_add(findings, finding);
}

/* Directories and links; of the file itself its status tells. */
static struct fault inspect_way(const struct inspected_file *file, const struct trust *trust, struct findings *findings)
{
	struct finding finding = { .kind = FINDING_OPEN_DIRECTORY, .path = file->path };
	const struct refusal_of_trust *refusal = trust_refusal();

	if (trust_judge_path(trust, file->path).code != FAULT_UNTRUSTED ||
	    (refusal->reason != REFUSAL_SECOND_NAME && !S_ISDIR(refusal->type) && !S_ISLNK(refusal->type)))
		return fault_none();
	finding.refusal = malloc(sizeof(*finding.refusal));
	if (!finding.refusal)
		return fault_of(FAULT_MEMORY);
	*finding.refusal = *refusal;
	return findings_add(findings, finding);
}

struct fault inspect_file(const struct inspected_file *file, const struct server_user *user, const struct trust *trust,
			  struct findings *findings)
{
	const struct stat *status = &file->status;
	struct fault fault = fault_none();

	if (S_ISREG(status->st_mode) && mode_is_exposed(status->st_mode))
		fault = findings_add(findings, (struct finding){ .kind = file->exposed,
								 .path = file->path,
								 .mode = status->st_mode & 07777 });
	if (!fault.code && !trust_has_user(trust, status->st_uid))
		fault = findings_add(findings, (struct finding){ .kind = FINDING_FOREIGN_OWNER,
								 .path = file->path,
								 .uid = status->st_uid,
								 .user = user ? user->name : NULL });
	if (!fault.code)
		fault = inspect_way(file, trust, findings);
	return !fault.code && user ? inspect_access(file, user, findings) : fault;
}

struct fault inspect_servers_file(const struct inspected_file *file, struct findings *findings)
{
	if (!systemd_hides(file->path))
		return fault_none();
	return findings_add(findings, (struct finding){ .kind = FINDING_PROTECTED_HOME, .path = file->path });
}

static bool same_directory(const char *one, const char *other)
{
	HEAP char *first = realpath(one, NULL);
	HEAP char *second = realpath(other, NULL);

	return first && second && strrchr(first, '/') - first == strrchr(second, '/') - second &&
	       !strncmp(first, second, (size_t)(strrchr(first, '/') - first));
}

struct fault inspect_neighbours(const struct inspected_file *key_file, const struct inspected_file *password_file,
				struct findings *findings)
{
	const struct stat *one = &key_file->status;
	const struct stat *other = &password_file->status;

	if (one->st_uid != other->st_uid || one->st_gid != other->st_gid || one->st_mode != other->st_mode ||
	    !same_directory(key_file->path, password_file->path))
		return fault_none();
	return findings_add(findings,
			    (struct finding){ .kind = FINDING_PASSWORD_FILE_BESIDE, .path = password_file->path });
}

/* ---- settings ---- */

static struct fault inspect_path(const char *path, struct findings *findings)
{
	if (!path || !*path || *path == '/')
		return fault_none();
	return findings_add(findings, (struct finding){ .kind = FINDING_RELATIVE_PATH, .path = path });
}

static struct fault inspect_filekey(const struct server_settings *settings, struct findings *findings)
{
	static const char prefix[] = "file:";
	const char *filekey = settings->filekey.value;

	if (!filekey || !*filekey || settings_password_path(settings))
		return fault_none();
	return findings_add(findings, (struct finding){ .kind = strncasecmp(filekey, prefix, strlen(prefix))
									? FINDING_PASSWORD_IN_CLEAR
									: FINDING_LOWER_CASE_FILE });
}

static struct fault inspect_use(const struct setting *setting, struct findings *findings)
{
	if (!setting->value || !setting->loose)
		return fault_none();
	return findings_add(findings, (struct finding){ .kind = FINDING_SETTING_WITHOUT_USE, .path = setting->name });
}

struct fault inspect_settings(const struct server_settings *settings, const struct server_profile *profile,
			      struct findings *findings)
{
	struct fault fault = inspect_path(settings->filename.value, findings);

	if (!fault.code)
		fault = inspect_path(settings_password_path(settings), findings);
	if (!fault.code)
		fault = inspect_filekey(settings, findings);
	if (!fault.code && profile && !profile->reads_kdf)
		fault = inspect_use(&settings->digest, findings);
	if (!fault.code && profile && !profile->reads_kdf)
		fault = inspect_use(&settings->use_pbkdf2, findings);
	if (!fault.code && settings->plugin_loaded && !settings->plugin_off && !settings->plugin_forced)
		fault = findings_add(findings, (struct finding){ .kind = FINDING_PLUGIN_NOT_FORCED });
	if (!fault.code && settings_use_cbc(settings))
		fault = findings_add(findings, (struct finding){ .kind = FINDING_AES_CBC });
	return fault;
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		finding_free(&findings->items[i]);
	free(findings->items);
	*findings = (struct findings){ 0 };
}
