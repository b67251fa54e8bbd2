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
	[FINDING_SEAL_BROKEN] = "seal-broken",
	[FINDING_SEAL_MISSING] = "seal-missing",
	[FINDING_OLD_VERSIONS] = "old-versions",
	[FINDING_UNUSED_DATE] = "unused-date",
	[FINDING_KEY_TOO_OLD] = "key-too-old",
	[FINDING_KEY_AGE_UNKNOWN] = "key-age-unknown",
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
	[FINDING_NO_DEFAULT_KEY] = "no-default-key",
	[FINDING_VAULT_MAX_VERSIONS] = "vault-max-versions",
	[FINDING_VAULT_DELETE_AFTER] = "vault-delete-after",
	[FINDING_VAULT_VERSION_DESTROYED] = "vault-version-destroyed",
	[FINDING_VAULT_NAMESPACE] = "vault-namespace",
	[FINDING_VAULT_TOKEN_CAN_WRITE] = "vault-token-can-write",
};

_Static_assert(sizeof(finding_names) / sizeof(finding_names[0]) == FINDING_KIND_COUNT, "each kind has a name");

const char *finding_name(enum finding_kind kind)
{
	return finding_names[kind];
}

bool finding_is_note(enum finding_kind kind)
{
	switch (kind) {
	case FINDING_NO_TEMPORARY_KEY:
	case FINDING_OLD_VERSIONS:
	case FINDING_UNUSED_DATE:
	case FINDING_PASSWORD_FILE_BESIDE:
	case FINDING_ACCESS_NOT_TRIED:
	case FINDING_PLUGIN_NOT_FORCED:
	case FINDING_AES_CBC:
	case FINDING_VAULT_TOKEN_CAN_WRITE:
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

static void note_fault(struct findings *findings, struct fault fault)
{
	if (!findings->fault.code)
		findings->fault = fault;
}

void findings_add(struct findings *findings, struct finding finding)
{
	struct finding *added = array_add(&findings->items, &findings->count, sizeof(*added));

	if (added) {
		*added = finding;
		return;
	}
	note_fault(findings, fault_of(FAULT_MEMORY));
	finding_free(&finding);
}

static void found_entry(struct findings *findings, enum finding_kind kind, const struct entry *entry,
			const struct entry *other)
{
	findings_add(findings, (struct finding){ .kind = kind, .line = entry->line, .entry = entry, .other = other });
}

static void inspect_duplicates(const struct keyfile *keyfile, struct findings *findings)
{
	const struct entry *winner;
	const struct entry *entry = NULL;

	while ((entry = keyfile_next_duplicate(keyfile, entry, &winner)))
		found_entry(findings, FINDING_DUPLICATE_ID, entry, winner);
}

static void inspect_lines(const struct keyfile *keyfile, struct findings *findings)
{
	bool mixed = false;

	for (size_t i = 0; i < keyfile->count; i++) {
		const struct entry *entry = &keyfile->entries[i];

		if (entry->ignored)
			found_entry(findings, FINDING_IGNORED_TEXT, entry, NULL);
		if (!mixed && keyfile->has_versions && !entry->versioned) {
			mixed = true;
			found_entry(findings, FINDING_MIXED_VERSIONS, entry, NULL);
		}
	}
	if (keyfile->read_size < keyfile->text.size)
		findings_add(findings, (struct finding){ .kind = FINDING_TEXT_AFTER_NUL, .line = keyfile->lines });
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

/* Finds every entry whose key is also on an earlier line. */
static void inspect_repeated(const struct keyfile *keyfile, const struct fingerprint *fingerprints,
			     struct findings *findings)
{
	HEAP struct fingerprinted *sorted = calloc(keyfile->count + 1, sizeof(*sorted));
	size_t first = 0;

	if (!sorted) {
		note_fault(findings, fault_of(FAULT_MEMORY));
		return;
	}
	for (size_t i = 0; i < keyfile->count; i++)
		sorted[i] = (struct fingerprinted){ &keyfile->entries[i], &fingerprints[i] };
	qsort(sorted, keyfile->count, sizeof(*sorted), compare_fingerprints);
	for (size_t i = 1; i < keyfile->count; i++) {
		if (strcmp(sorted[first].fingerprint->text, sorted[i].fingerprint->text))
			first = i;
		else if (sorted[i].entry->id != sorted[first].entry->id ||
			 sorted[i].entry->version != sorted[first].entry->version)
			found_entry(findings, FINDING_REPEATED_KEY, sorted[i].entry, sorted[first].entry);
	}
}

static void inspect_keys(const struct keyfile *keyfile, const struct fingerprint *fingerprints,
			 struct findings *findings)
{
	SECRET struct secret key = { 0 };
	struct fault fault = secret_allocate(&key, KEY_MAX_SIZE);

	note_fault(findings, fault);
	for (size_t i = 0; i < keyfile->count && !fault.code; i++) {
		const struct entry *entry = &keyfile->entries[i];

		keyfile_key(keyfile, entry, key.data);
		if (key_is_uniform(key.data, entry->key_size))
			found_entry(findings, FINDING_UNIFORM_KEY, entry, NULL);
		else if (key_is_published(&fingerprints[i]))
			found_entry(findings, FINDING_PUBLISHED_KEY, entry, NULL);
	}
}

/* Counts IDs with more than one version: their rotation is not finished. */
static void inspect_old_versions(const struct keyfile *keyfile, struct findings *findings)
{
	struct finding finding = { .kind = FINDING_OLD_VERSIONS };
	size_t count;

	for (size_t i = 0; i < keyfile->count; i += count) {
		struct entry **versions = keyfile_find(keyfile, keyfile->sorted[i]->id, &count);

		if (versions[0]->version != versions[count - 1]->version && !finding.count++)
			finding.entry = versions[0];
	}
	if (finding.count)
		findings_add(findings, finding);
}

/* Finds a missing version of an ID, which someone removed. Missing first versions are normal
 * after a rotation. */
static void inspect_versions(const struct keyfile *keyfile, struct findings *findings)
{
	size_t count;

	for (size_t i = 1; keyfile->has_versions && i < keyfile->count; i++) {
		const struct entry *entry = keyfile->sorted[i];
		const struct entry *before = keyfile->sorted[i - 1];

		if (entry->id == before->id && entry->version > before->version + 1)
			found_entry(findings, FINDING_VERSION_GAP, entry, before);
	}
	if (keyfile->count && !keyfile_find(keyfile, KEY_ID_TEMPORARY, &count))
		findings_add(findings, (struct finding){ .kind = FINDING_NO_TEMPORARY_KEY });
	inspect_old_versions(keyfile, findings);
}

void inspect_keyfile(const struct keyfile *keyfile, struct findings *findings)
{
	HEAP struct fingerprint *fingerprints = NULL;
	struct fault fault = keyfile_fingerprints(keyfile, &fingerprints);

	note_fault(findings, fault);
	if (fault.code)
		return;
	inspect_duplicates(keyfile, findings);
	inspect_lines(keyfile, findings);
	inspect_versions(keyfile, findings);
	inspect_keys(keyfile, fingerprints, findings);
	inspect_repeated(keyfile, fingerprints, findings);
}

static bool is_in_future(const struct date *date, const struct age_limit *limit)
{
	return strcmp(date->text, limit->newest.text) > 0;
}

static void inspect_date_lines(const struct keyfile *keyfile, const struct age_limit *limit, struct findings *findings)
{
	for (size_t i = 0; i < keyfile->date_count; i++) {
		const struct date_line *date = &keyfile->dates[i];

		if (!date->entry || date->entry->created != date || is_in_future(&date->date, limit))
			findings_add(findings,
				     (struct finding){ .kind = FINDING_UNUSED_DATE, .line = date->line, .date = date });
	}
}

static void count_key(struct finding *finding, const struct entry *entry)
{
	if (!finding->count++)
		finding->entry = entry;
}

static void inspect_ages(const struct keyfile *keyfile, struct age age, const struct age_limit *limit,
			 struct findings *findings)
{
	struct finding old = { .kind = FINDING_KEY_TOO_OLD, .age = age };
	struct finding unknown = { .kind = FINDING_KEY_AGE_UNKNOWN };
	size_t count;

	for (size_t i = 0; i < keyfile->count; i += count) {
		struct entry **versions = keyfile_find(keyfile, keyfile->sorted[i]->id, &count);
		const struct entry *newest = versions[count - 1];

		if (!newest->created || is_in_future(&newest->created->date, limit))
			count_key(&unknown, newest);
		else if (!age_limit_includes(limit, &newest->created->date))
			count_key(&old, newest);
	}
	if (old.count)
		findings_add(findings, old);
	if (unknown.count)
		findings_add(findings, unknown);
}

void inspect_dates(const struct keyfile *keyfile, struct age age, struct findings *findings)
{
	const struct age_limit limit = age_limit_now(age);

	inspect_date_lines(keyfile, &limit, findings);
	if (age.number)
		inspect_ages(keyfile, age, &limit, findings);
}

void inspect_password(const struct password *password, struct findings *findings)
{
	if (!password->secret.size) {
		findings_add(findings, (struct finding){ .kind = FINDING_BLANK_PASSWORD });
		return;
	}
	if (password->secret.size < PASSWORD_SHORT_SIZE)
		findings_add(findings, (struct finding){ .kind = FINDING_SHORT_PASSWORD });
	if (password->has_line_break)
		findings_add(findings, (struct finding){ .kind = FINDING_PASSWORD_LINE_BREAK });
	if (password->had_carriage_return)
		findings_add(findings, (struct finding){ .kind = FINDING_PASSWORD_CARRIAGE_RETURN });
	if (password->cut_at_nul)
		findings_add(findings, (struct finding){ .kind = FINDING_PASSWORD_NUL });
}

bool mode_is_exposed(mode_t mode)
{
	return mode & (S_IWGRP | S_IRWXO);
}

static void inspect_access(const struct inspected_file *file, const struct server_user *user, struct findings *findings)
{
	int access = server_user_reads(user, file->path);

	if (access)
		findings_add(findings, (struct finding){
					       .kind = access > 0 ? FINDING_UNREADABLE : FINDING_ACCESS_NOT_TRIED,
					       .path = file->path,
					       .user = user->name,
					       .error_number = access,
				       });
}

/* Judges directories and links. The status of the file itself is judged elsewhere. */
static void inspect_way(const struct inspected_file *file, const struct trust *trust, struct findings *findings)
{
	struct finding finding = { .kind = FINDING_OPEN_DIRECTORY, .path = file->path };
	const struct refusal_of_trust *refusal = trust_refusal();

	if (trust_judge_path(trust, file->path).code != FAULT_UNTRUSTED ||
	    (refusal->reason != REFUSAL_SECOND_NAME && !S_ISDIR(refusal->type) && !S_ISLNK(refusal->type)))
		return;
	finding.refusal = malloc(sizeof(*finding.refusal));
	if (!finding.refusal) {
		note_fault(findings, fault_of(FAULT_MEMORY));
		return;
	}
	*finding.refusal = *refusal;
	findings_add(findings, finding);
}

void inspect_file(const struct inspected_file *file, const struct server_user *user, const struct trust *trust,
		  struct findings *findings)
{
	const struct stat *status = &file->status;

	if (S_ISREG(status->st_mode) && mode_is_exposed(status->st_mode))
		findings_add(findings, (struct finding){ .kind = file->exposed,
							 .path = file->path,
							 .mode = status->st_mode & 07777 });
	if (!trust_has_user(trust, status->st_uid))
		findings_add(findings, (struct finding){ .kind = FINDING_FOREIGN_OWNER,
							 .path = file->path,
							 .uid = status->st_uid,
							 .user = user ? user->name : NULL });
	inspect_way(file, trust, findings);
	if (user)
		inspect_access(file, user, findings);
}

void inspect_servers_file(const struct inspected_file *file, struct findings *findings)
{
	if (systemd_hides(file->path))
		findings_add(findings, (struct finding){ .kind = FINDING_PROTECTED_HOME, .path = file->path });
}

static bool same_directory(const char *one, const char *other)
{
	HEAP char *first = realpath(one, NULL);
	HEAP char *second = realpath(other, NULL);

	return first && second && strrchr(first, '/') - first == strrchr(second, '/') - second &&
	       !strncmp(first, second, (size_t)(strrchr(first, '/') - first));
}

void inspect_neighbours(const struct inspected_file *key_file, const struct inspected_file *password_file,
			struct findings *findings)
{
	const struct stat *one = &key_file->status;
	const struct stat *other = &password_file->status;

	if (one->st_uid == other->st_uid && one->st_gid == other->st_gid && one->st_mode == other->st_mode &&
	    same_directory(key_file->path, password_file->path))
		findings_add(findings,
			     (struct finding){ .kind = FINDING_PASSWORD_FILE_BESIDE, .path = password_file->path });
}

/* ---- settings ---- */

static void inspect_path(const char *path, struct findings *findings)
{
	if (path && *path && *path != '/')
		findings_add(findings, (struct finding){ .kind = FINDING_RELATIVE_PATH, .path = path });
}

static void inspect_filekey(const struct server_settings *settings, struct findings *findings)
{
	static const char prefix[] = "file:";
	const char *filekey = settings->filekey.value;

	if (filekey && *filekey && !settings_password_path(settings))
		findings_add(findings, (struct finding){ .kind = strncasecmp(filekey, prefix, strlen(prefix))
									 ? FINDING_PASSWORD_IN_CLEAR
									 : FINDING_LOWER_CASE_FILE });
}

static void inspect_use(const struct setting *setting, struct findings *findings)
{
	if (setting->value && setting->loose)
		findings_add(findings, (struct finding){ .kind = FINDING_SETTING_WITHOUT_USE, .path = setting->name });
}

/* CREATE TABLE then fails (errno 140) for a table that is to be encrypted and has no ID. */
static void inspect_default_key(uint32_t id, const struct keyfile *keyfile, struct findings *findings)
{
	size_t count;

	if (id && keyfile->count && !keyfile_find(keyfile, id, &count))
		findings_add(findings, (struct finding){ .kind = FINDING_NO_DEFAULT_KEY, .count = id });
}

void inspect_settings(const struct server_settings *settings, const struct server_profile *profile,
		      const struct keyfile *keyfile, struct findings *findings)
{
	inspect_path(settings->filename.value, findings);
	inspect_path(settings_password_path(settings), findings);
	inspect_filekey(settings, findings);
	if (profile && !profile->reads_kdf) {
		inspect_use(&settings->digest, findings);
		inspect_use(&settings->use_pbkdf2, findings);
	}
	if (settings->plugin_loaded && !settings->plugin_off && !settings->plugin_forced)
		findings_add(findings, (struct finding){ .kind = FINDING_PLUGIN_NOT_FORCED });
	if (settings_use_cbc(settings))
		findings_add(findings, (struct finding){ .kind = FINDING_AES_CBC });
	inspect_default_key(settings->default_key_id, keyfile, findings);
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		finding_free(&findings->items[i]);
	free(findings->items);
	*findings = (struct findings){ 0 };
}
