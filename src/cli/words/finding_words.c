/* SPDX-License-Identifier: MIT */
#include "cli/words/finding_words.h"

#include "cli/words/message.h"
#include "cli/words/refusal_hint.h"
#include "cli/words/trust_words.h"
#include "core/cleanup.h"
#include "core/format.h"

#include <string.h>

static char *text_words(const struct finding *finding)
{
	const struct entry *entry = finding->entry;
	const struct entry *other = finding->other;

	switch (finding->kind) {
	case FINDING_DUPLICATE_ID:
		return format_text("key ID %u version %u is repeated on line %u; the server uses the last one",
				   entry->id, entry->version, other->line);
	case FINDING_TEXT_AFTER_NUL:
		return format_text("the file contains a NUL byte; the server ignores everything after it");
	case FINDING_IGNORED_TEXT:
		return format_text("the server ignores %zu bytes after the key of ID %u", entry->ignored, entry->id);
	case FINDING_UNIFORM_KEY:
		return format_text("all bytes of the key of ID %u version %u are identical", entry->id, entry->version);
	case FINDING_REPEATED_KEY:
		return format_text("key ID %u version %u has the same key as ID %u version %u on line %u", entry->id,
				   entry->version, other->id, other->version, other->line);
	case FINDING_PUBLISHED_KEY:
		return format_text("the key of ID %u version %u is published in MariaDB's documentation", entry->id,
				   entry->version);
	case FINDING_NO_TEMPORARY_KEY:
		return format_text("key ID 2 is missing; the server encrypts temporary files with key ID 1");
	case FINDING_MIXED_VERSIONS:
		return format_text("key ID %u has no version on this line, but other lines have versions", entry->id);
	case FINDING_VERSION_GAP:
		return format_text("key ID %u has version %u but not version %u", entry->id, entry->version,
				   entry->version - 1);
	case FINDING_SEAL_BROKEN:
		return format_text("the file was changed without mkeyfile");
	case FINDING_SEAL_MISSING:
		return format_text("the file was never sealed, or its seal was removed");
	case FINDING_OLD_VERSIONS:
		return finding->count == 1
			       ? format_text("older versions of key ID %u are still in the file", entry->id)
			       : format_text(
					 "older versions of %zu key IDs are still in the file, for example of ID %u",
					 finding->count, entry->id);
	default:
		return NULL;
	}
}

static char *unused_date_words(const struct date_line *date)
{
	if (!date_is_known(&date->date))
		return format_text("the date on this line is malformed; mkeyfile ignores the line");
	if (!date->entry)
		return format_text("this line has the date of key ID %u version %u, which is not in the file", date->id,
				   date->version);
	if (date->entry->created != date)
		return format_text(
			"the date of key ID %u version %u is repeated on line %u; mkeyfile uses the last one", date->id,
			date->version, date->entry->created->line);
	return format_text("the date of key ID %u version %u is in the future; mkeyfile treats the age as unknown",
			   date->id, date->version);
}

static char *age_words(const struct finding *finding)
{
	const struct entry *entry = finding->entry;
	bool is_one = finding->count == 1;

	switch (finding->kind) {
	case FINDING_UNUSED_DATE:
		return unused_date_words(finding->date);
	case FINDING_KEY_TOO_OLD:
		return is_one ? format_text("key ID %u is older than %u%c", entry->id, finding->age.number,
					    finding->age.unit)
			      : format_text("%zu key IDs, for example %u, are older than %u%c", finding->count,
					    entry->id, finding->age.number, finding->age.unit);
	case FINDING_KEY_AGE_UNKNOWN:
		return is_one ? format_text("the age of key ID %u is unknown", entry->id)
			      : format_text("the age of %zu key IDs, for example %u, is unknown", finding->count,
					    entry->id);
	default:
		return NULL;
	}
}

static char *replaceable_words(const struct finding *finding)
{
	HEAP char *why = refusal_words(finding->refusal);

	return why ? format_text("someone else can replace '%s': %s", finding->path, why) : NULL;
}

static char *file_words(const struct finding *finding)
{
	switch (finding->kind) {
	case FINDING_KEY_FILE_EXPOSED:
	case FINDING_PASSWORD_FILE_EXPOSED:
		return format_text(
			"the %s file has mode %04o: other users can read the file, or its group can change it",
			finding->kind == FINDING_KEY_FILE_EXPOSED ? "key" : "password", (unsigned int)finding->mode);
	case FINDING_PASSWORD_FILE_BESIDE:
		return format_text(
			"the password file '%s' is in the same directory as the key file and readable by the same users",
			finding->path);
	case FINDING_FOREIGN_OWNER:
		if (!finding->user)
			return format_text("'%s' belongs to user %u, who is neither root nor you", finding->path,
					   (unsigned int)finding->uid);
		return format_text("'%s' belongs to user %u, who is neither root nor '%s'", finding->path,
				   (unsigned int)finding->uid, finding->user);
	case FINDING_OPEN_DIRECTORY:
		return replaceable_words(finding);
	case FINDING_UNREADABLE:
		return format_text("the server's user account '%s' cannot read '%s': %s", finding->user, finding->path,
				   strerror(finding->error_number));
	case FINDING_ACCESS_NOT_TRIED:
		return format_text("cannot check whether user '%s' can read '%s': this check requires root",
				   finding->user, finding->path);
	case FINDING_PROTECTED_HOME:
		return format_text("systemd hides '%s' from the server: mariadb.service sets ProtectHome",
				   finding->path);
	default:
		return NULL;
	}
}

static char *password_words(const struct finding *finding)
{
	switch (finding->kind) {
	case FINDING_BLANK_PASSWORD:
		return format_text("the password file contains only line breaks");
	case FINDING_SHORT_PASSWORD:
		return format_text("the password is shorter than %d bytes", PASSWORD_SHORT_SIZE);
	case FINDING_LONG_PASSWORD:
		return format_text("the password is longer than %d bytes; this server silently ignores the rest",
				   PASSWORD_MAX_SIZE);
	case FINDING_PASSWORD_LINE_BREAK:
		return format_text("the password contains a line break");
	case FINDING_PASSWORD_CARRIAGE_RETURN:
		return format_text("the password ends with a carriage return");
	case FINDING_PASSWORD_NUL:
		return format_text("the password contains a NUL byte; the server ignores everything after it");
	default:
		return NULL;
	}
}

static char *settings_words(const struct finding *finding)
{
	switch (finding->kind) {
	case FINDING_LOWER_CASE_FILE:
		return format_text(
			"the value of filekey begins with 'file:' in lower case; the server uses the whole value as the password");
	case FINDING_PASSWORD_IN_CLEAR:
		return format_text("an option file contains the password itself, as the value of filekey");
	case FINDING_RELATIVE_PATH:
		return format_text(
			"'%s' is a relative path; the server resolves relative paths from its data directory",
			finding->path);
	case FINDING_STRAY_GROUP:
		return format_text(
			"the option file group [%s] contains settings of %s, but the server does not read this group",
			finding->group, finding->path);
	case FINDING_SETTING_WITHOUT_USE:
		return format_text("'%s' is set, but this server does not have this setting and ignores the line",
				   finding->path);
	case FINDING_PLUGIN_NOT_FORCED:
		return format_text("the server starts without keys if it cannot read the key file");
	case FINDING_AES_CBC:
		return format_text("the server encrypts data with AES_CBC, although it supports AES_CTR");
	case FINDING_NO_DEFAULT_KEY:
		return format_text(
			"innodb_default_encryption_key_id is set to %zu, but key ID %zu is not in the key file",
			finding->count, finding->count);
	default:
		return NULL;
	}
}

static char *vault_words(const struct finding *finding)
{
	bool is_one = finding->count == 1;

	switch (finding->kind) {
	case FINDING_VAULT_MAX_VERSIONS:
		return is_one ? format_text(
					"key ID %u is close to its limit of %u versions, at which Vault deletes the oldest version",
					finding->id, finding->number)
			      : format_text(
					"%zu key IDs, for example %u, are close to the limit at which Vault deletes the oldest version",
					finding->count, finding->id);
	case FINDING_VAULT_DELETE_AFTER:
		return is_one ? format_text("Vault deletes versions of key ID %u after some time", finding->id)
			      : format_text("Vault deletes versions of %zu key IDs, for example %u, after some time",
					    finding->count, finding->id);
	case FINDING_VAULT_VERSION_DESTROYED:
		return is_one ? format_text("key ID %u version %u is deleted or destroyed in Vault", finding->id,
					    finding->version)
			      : format_text(
					"%zu key versions, for example key ID %u version %u, are deleted or destroyed in Vault",
					finding->count, finding->id, finding->version);
	case FINDING_VAULT_NAMESPACE:
		return format_text("VAULT_NAMESPACE is set, but hashicorp_key_management cannot send a namespace");
	case FINDING_VAULT_TOKEN_CAN_WRITE:
		return format_text("the token can change secrets, which a server does not need");
	default:
		return NULL;
	}
}

char *finding_words(const struct finding *finding)
{
	static char *(*const sources[])(const struct finding *) = { text_words,	    age_words,	    file_words,
								    password_words, settings_words, vault_words };
	char *words = NULL;

	for (size_t i = 0; !words && i < sizeof(sources) / sizeof(sources[0]); i++)
		words = sources[i](finding);
	return words;
}

#define UNSAFE_KEY_HINT "create a key with 'mkeyfile add' and move the data to the new key: this one protects nothing"
#define EXPOSED_HINT "run 'chmod 600' on the file, or 'chmod 640' if its group is the server's"

const char *finding_hint(enum finding_kind kind)
{
	static const char *const hints[] = {
		[FINDING_DUPLICATE_ID] =
			"check which of the two keys your data uses, and move the other one to a new ID",
		[FINDING_TEXT_AFTER_NUL] = "remove the NUL byte",
		[FINDING_IGNORED_TEXT] = "put comments on separate lines that start with #",
		[FINDING_UNIFORM_KEY] = UNSAFE_KEY_HINT,
		[FINDING_REPEATED_KEY] = "use a separate key for each ID: move the data of one of the two to a new ID",
		[FINDING_PUBLISHED_KEY] = UNSAFE_KEY_HINT,
		[FINDING_NO_TEMPORARY_KEY] = "run 'mkeyfile add 2%s' to give temporary files a separate key",
		[FINDING_MIXED_VERSIONS] =
			"change the file with mkeyfile to give every line a version: no documentation says that servers read mixed files",
		[FINDING_VERSION_GAP] =
			"look for the missing version in a backup of the key file: data encrypted with that version cannot be read",
		[FINDING_SEAL_BROKEN] = SEAL_HINT,
		[FINDING_SEAL_MISSING] = SEAL_HINT,
		[FINDING_OLD_VERSIONS] =
			"run 'mkeyfile remove --all --old-versions --server-data%s' to remove the versions that no data uses",
		[FINDING_UNUSED_DATE] = "remove the line, or correct its date: mkeyfile(5) describes the format",
		[FINDING_KEY_TOO_OLD] =
			"run 'mkeyfile rotate --older-than=AGE%s' for new versions, or 'mkeyfile rotate ID --new-id' to move tables to a new ID",
		[FINDING_KEY_AGE_UNKNOWN] =
			"rotate these keys, or add their dates to the key file: mkeyfile(5) describes the format",
		[FINDING_KEY_FILE_EXPOSED] = EXPOSED_HINT,
		[FINDING_PASSWORD_FILE_EXPOSED] = EXPOSED_HINT,
		[FINDING_PASSWORD_FILE_BESIDE] =
			"keep the password on another device or in a secret manager, so that one leak does not expose both",
		[FINDING_FOREIGN_OWNER] = "change the owner to root or to the server's user account",
		[FINDING_OPEN_DIRECTORY] =
			"let only root write there, or move the file: all commands except verify refuse this path",
		[FINDING_UNREADABLE] =
			"give that user read access to the file and search access to every directory in its path, or choose another user with --server-user",
		[FINDING_ACCESS_NOT_TRIED] = "run the command as root, or choose another user with --server-user",
		[FINDING_PROTECTED_HOME] = "move the file out of the home directories, for example to /etc/mysql",
		[FINDING_BLANK_PASSWORD] =
			"write a password to the file: servers since 10.6 crash on line breaks alone, and from 10.6.28, 10.11.19, 11.4.13, 11.8.9 and 12.3.3 on they use no password",
		[FINDING_SHORT_PASSWORD] =
			"use 'openssl rand -hex 128' or generate --new-password-file: one processor core tries 600,000 passwords per second",
		[FINDING_LONG_PASSWORD] = "encrypt the file with a shorter password: later releases refuse this one",
		[FINDING_PASSWORD_LINE_BREAK] =
			"use a password of one line: openssl enc reads only the first line, the server reads all lines",
		[FINDING_PASSWORD_CARRIAGE_RETURN] =
			"remove the carriage return: openssl enc includes it in the password, the server does not",
		[FINDING_PASSWORD_NUL] = "write a password file with one line of text",
		[FINDING_LOWER_CASE_FILE] = "write FILE: in upper case",
		[FINDING_PASSWORD_IN_CLEAR] = PASSWORD_IN_CLEAR_HINT,
		[FINDING_RELATIVE_PATH] = "use the absolute path",
		[FINDING_STRAY_GROUP] = "move these settings to the group [mariadb]",
		[FINDING_SETTING_WITHOUT_USE] =
			"remove the setting, or encrypt the file for a server that has this setting",
		[FINDING_PLUGIN_NOT_FORCED] =
			"set the plugin to FORCE_PLUS_PERMANENT (file_key_management = FORCE_PLUS_PERMANENT): the server then refuses to start instead of reporting tables as corrupted",
		[FINDING_AES_CBC] =
			"choose AES_CTR for a new server that will not use the plugins for Vault and AWS KMS, and keep AES_CBC for existing data, which only that algorithm can decrypt",
		[FINDING_NO_DEFAULT_KEY] =
			"add this key ID or choose another default: the server cannot create encrypted tables without an explicit key ID",
		[FINDING_VAULT_MAX_VERSIONS] =
			"run 'vault kv metadata put -mount=MOUNT -max-versions=1000 ID' for each of these key IDs",
		[FINDING_VAULT_DELETE_AFTER] =
			"run 'vault write MOUNT/config delete_version_after=-1s', then 'vault kv undelete' to clear the dates of versions",
		[FINDING_VAULT_VERSION_DESTROYED] =
			"run 'vault kv undelete' to restore a deleted version, and verify with --datadir to see what the data needs",
		[FINDING_VAULT_NAMESPACE] = "use a mount in the root namespace for the keys of a server",
		[FINDING_VAULT_TOKEN_CAN_WRITE] =
			"give the server a token that can only read MOUNT/data/* and sys/mounts/MOUNT/tune",
	};

	_Static_assert(sizeof(hints) / sizeof(hints[0]) == FINDING_KIND_COUNT, "each kind has a hint");
	return hint_with_given(hints[kind]);
}
