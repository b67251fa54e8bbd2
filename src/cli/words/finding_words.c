/* SPDX-License-Identifier: MIT */
#include "cli/words/finding_words.h"

#include "cli/words/message.h"
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
		return format_text("key ID %u version %u stands again on line %u, which the server uses", entry->id,
				   entry->version, other->line);
	case FINDING_TEXT_AFTER_NUL:
		return format_text("the server stops reading at a NUL byte");
	case FINDING_IGNORED_TEXT:
		return format_text("the server ignores %zu bytes behind the key of ID %u", entry->ignored, entry->id);
	case FINDING_UNIFORM_KEY:
		return format_text("all bytes of the key of ID %u version %u are equal", entry->id, entry->version);
	case FINDING_REPEATED_KEY:
		return format_text("key ID %u version %u has the same key as ID %u version %u on line %u", entry->id,
				   entry->version, other->id, other->version, other->line);
	case FINDING_PUBLISHED_KEY:
		return format_text("the key of ID %u version %u is printed in MariaDB's documentation", entry->id,
				   entry->version);
	case FINDING_NO_TEMPORARY_KEY:
		return format_text("there is no key ID 2: temporary files are encrypted under key ID 1");
	case FINDING_MIXED_VERSIONS:
		return format_text("key ID %u has no version here, while other lines have one", entry->id);
	case FINDING_VERSION_GAP:
		return format_text("key ID %u has version %u, but not version %u before it", entry->id, entry->version,
				   entry->version - 1);
	case FINDING_OLD_VERSIONS:
		return finding->count == 1
			       ? format_text(
					 "key ID %u has older versions: its rotation is not finished, or not tidied up",
					 entry->id)
			       : format_text(
					 "%zu key IDs, for example %u, have older versions: their rotation is not finished, or not tidied up",
					 finding->count, entry->id);
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
		return format_text("the %s file has mode %04o: others can read it, or its group can change it",
				   finding->kind == FINDING_KEY_FILE_EXPOSED ? "key" : "password",
				   (unsigned int)finding->mode);
	case FINDING_PASSWORD_FILE_BESIDE:
		return format_text("the password file '%s' lies beside the key file, open to the same users",
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
		return format_text("the server's user '%s' cannot read '%s': %s", finding->user, finding->path,
				   strerror(finding->error_number));
	case FINDING_ACCESS_NOT_TRIED:
		return format_text("cannot check whether user '%s' can read '%s': this check requires root",
				   finding->user, finding->path);
	case FINDING_PROTECTED_HOME:
		return format_text("systemd hides '%s' from the server: mariadb.service has ProtectHome",
				   finding->path);
	default:
		return NULL;
	}
}

static char *password_words(const struct finding *finding)
{
	switch (finding->kind) {
	case FINDING_BLANK_PASSWORD:
		return format_text("the password file holds nothing but line ends");
	case FINDING_SHORT_PASSWORD:
		return format_text("the password is shorter than %d bytes", PASSWORD_SHORT_SIZE);
	case FINDING_LONG_PASSWORD:
		return format_text("the password is longer than %d bytes, where this server cuts it in silence",
				   PASSWORD_MAX_SIZE);
	case FINDING_PASSWORD_LINE_BREAK:
		return format_text("the password has a line break inside");
	case FINDING_PASSWORD_CARRIAGE_RETURN:
		return format_text("the password ends in a carriage return");
	case FINDING_PASSWORD_NUL:
		return format_text("the server cuts the password at a NUL byte");
	default:
		return NULL;
	}
}

static char *settings_words(const struct finding *finding)
{
	switch (finding->kind) {
	case FINDING_LOWER_CASE_FILE:
		return format_text(
			"the setting filekey begins with 'file:' in lower case: the server takes the text itself for the password");
	case FINDING_PASSWORD_IN_CLEAR:
		return format_text("the setting filekey has the password itself, in an option file");
	case FINDING_RELATIVE_PATH:
		return format_text("'%s' is a relative path: the server takes it from its data directory",
				   finding->path);
	case FINDING_STRAY_GROUP:
		return format_text(
			"the group [%s] of the option files has settings of %s, and the server does not read that group",
			finding->group, finding->path);
	case FINDING_SETTING_WITHOUT_USE:
		return format_text("'%s' is set, but this server does not have it: it goes on without", finding->path);
	case FINDING_PLUGIN_NOT_FORCED:
		return format_text("the server starts without its keys when it cannot read the key file");
	case FINDING_AES_CBC:
		return format_text("data is encrypted by AES_CBC, where the server has AES_CTR as well");
	case FINDING_NO_DEFAULT_KEY:
		return format_text(
			"innodb_default_encryption_key_id is set to %zu, and key ID %zu is not in the key file",
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
					"key ID %u is close to its limit of %u versions in Vault, which then deletes the oldest",
					finding->id, finding->number)
			      : format_text(
					"%zu key IDs, the first of which is %u, are close to their limit of versions in Vault, which then deletes the oldest",
					finding->count, finding->id);
	case FINDING_VAULT_DELETE_AFTER:
		return is_one ? format_text("Vault deletes versions of key ID %u after some time", finding->id)
			      : format_text(
					"Vault deletes versions of %zu key IDs, the first of which is %u, after some time",
					finding->count, finding->id);
	case FINDING_VAULT_VERSION_DESTROYED:
		return is_one ? format_text("key ID %u version %u is deleted or destroyed in Vault", finding->id,
					    finding->version)
			      : format_text(
					"%zu key versions, the first of which is key ID %u version %u, are deleted or destroyed in Vault",
					finding->count, finding->id, finding->version);
	case FINDING_VAULT_TOKEN_CAN_WRITE:
		return format_text("the token can change secrets, which a server does not need");
	default:
		return NULL;
	}
}

char *finding_words(const struct finding *finding)
{
	static char *(*const sources[])(const struct finding *) = { text_words, file_words, password_words,
								    settings_words, vault_words };
	char *words = NULL;

	for (size_t i = 0; !words && i < sizeof(sources) / sizeof(sources[0]); i++)
		words = sources[i](finding);
	return words;
}

const char *finding_hint(enum finding_kind kind)
{
	static const char *const hints[] = {
		[FINDING_DUPLICATE_ID] =
			"check which of the two keys your data uses, and move the other one to a new ID",
		[FINDING_TEXT_AFTER_NUL] = "keys behind it do not exist for the server: take the NUL byte out",
		[FINDING_IGNORED_TEXT] = "put comments on lines of their own, behind a #",
		[FINDING_UNIFORM_KEY] = "this key protects nothing: move its data to a new one, made by 'mkeyfile add'",
		[FINDING_REPEATED_KEY] = "two IDs with one key are one key: move the data of one of them to a new ID",
		[FINDING_PUBLISHED_KEY] =
			"this key protects nothing: move its data to a new one, made by 'mkeyfile add'",
		[FINDING_NO_TEMPORARY_KEY] = "run 'mkeyfile add 2%s' to give them a key of their own",
		[FINDING_MIXED_VERSIONS] =
			"no documentation says that a server reads such a mixture: any change by mkeyfile gives every line a version",
		[FINDING_VERSION_GAP] =
			"data that still has the missing version cannot be read: look for it in a backup of the key file",
		[FINDING_OLD_VERSIONS] =
			"run 'mkeyfile remove --all --old-versions --server-data%s' to remove the versions that no data uses",
		[FINDING_KEY_FILE_EXPOSED] = "chmod 600 it, or 640 with the server's group",
		[FINDING_PASSWORD_FILE_EXPOSED] = "chmod 600 it, or 640 with the server's group",
		[FINDING_PASSWORD_FILE_BESIDE] =
			"who gets at one gets at both: a password on another device, or from a secret manager, guards more",
		[FINDING_FOREIGN_OWNER] = "chown it to root or to the server's user",
		[FINDING_OPEN_DIRECTORY] =
			"give it to root and let nobody else write to it, or move the file; other commands refuse it",
		[FINDING_UNREADABLE] =
			"give the file, and each directory on the way to it, to that user or its group; --server-user names another",
		[FINDING_ACCESS_NOT_TRIED] = "run the command as root, or name another user with --server-user",
		[FINDING_PROTECTED_HOME] = "move the file out of the home directories, to /etc/mysql for example",
		[FINDING_BLANK_PASSWORD] =
			"servers from 10.6 to before 10.6.28, 10.11.19, 11.4.13, 11.8.9 and 12.3.3 crash on it, later ones take it for no password",
		[FINDING_SHORT_PASSWORD] =
			"one processor core tries 600,000 passwords a second: use 'openssl rand -hex 128' or generate --new-password-file",
		[FINDING_LONG_PASSWORD] = "later releases refuse it: encrypt the file under a shorter one",
		[FINDING_PASSWORD_LINE_BREAK] = "openssl enc uses only the first line, the server all of it",
		[FINDING_PASSWORD_CARRIAGE_RETURN] = "openssl enc keeps it, the server takes it off",
		[FINDING_PASSWORD_NUL] = "write a password file of one line of text",
		[FINDING_LOWER_CASE_FILE] = "write FILE: in upper case",
		[FINDING_PASSWORD_IN_CLEAR] =
			"put it into a file that only the server's user can read, and name that as FILE:path",
		[FINDING_RELATIVE_PATH] = "name it with its absolute path",
		[FINDING_STRAY_GROUP] = "move them to the group [mariadb]",
		[FINDING_SETTING_WITHOUT_USE] =
			"take the setting out, or encrypt the file anew for a server that has it",
		[FINDING_PLUGIN_NOT_FORCED] =
			"FORCE_PLUS_PERMANENT for the plugin (file_key_management = FORCE_PLUS_PERMANENT) makes it refuse to start instead, before it takes tables for corrupted",
		[FINDING_AES_CBC] =
			"AES_CTR is the better choice for a new server, but it rules out the plugins for Vault and AWS KMS later; existing data can be read only with the algorithm that wrote it",
		[FINDING_NO_DEFAULT_KEY] =
			"add this key ID, or set another one: the server cannot create encrypted tables that name no ID",
		[FINDING_VAULT_MAX_VERSIONS] =
			"run 'vault kv metadata put -mount=MOUNT -max-versions=1000 ID' for each of these key IDs",
		[FINDING_VAULT_DELETE_AFTER] =
			"run 'vault write MOUNT/config delete_version_after=-1s', then 'vault kv undelete' to clear the dates of versions",
		[FINDING_VAULT_VERSION_DESTROYED] =
			"run 'vault kv undelete' to restore a deleted version, and verify with --datadir to see what the data needs",
		[FINDING_VAULT_TOKEN_CAN_WRITE] =
			"give the server a token that can only read MOUNT/data/* and sys/mounts/MOUNT/tune",
	};

	_Static_assert(sizeof(hints) / sizeof(hints[0]) == FINDING_KIND_COUNT, "each kind has a hint");
	return hint_with_given(hints[kind]);
}
