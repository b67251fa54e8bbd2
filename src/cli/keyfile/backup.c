/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/backup.h"

#include "core/backup.h"
#include "core/cleanup.h"
#include "core/decrypt.h"
#include "core/format.h"

#include <stdlib.h>
#include <string.h>

/* The hex digits of the shortest key. */
#define KEY_DIGITS_MIN 32

void backup_passwords_free(struct backup_passwords *passwords)
{
	for (size_t i = 0; i < BACKUP_PASSWORDS_MAX - 2; i++)
		password_free(&passwords->read[i]);
	passwords->is_read = false;
}

void backup_judge_free(struct backup_judge *judge)
{
	keyfile_free(&judge->keyfile);
	secret_free(&judge->accepted);
}

/* ---- opening a backup ---- */

/* Anything but a regular file with a usable password leaves the password empty. */
static void read_password(const char *path, struct password *ret_password)
{
	struct stat status;

	if (path && !lstat(path, &status) && S_ISREG(status.st_mode) && password_from_file(path, ret_password).code)
		password_free(ret_password);
}

/* The newest backup of the password file has the password of the newest backup of the key file. */
static void read_passwords(struct backup_passwords *passwords)
{
	HEAP char *path = passwords->password_file ? realpath(passwords->password_file, NULL) : NULL;
	HEAP char *simple = path ? format_text("%s~", path) : NULL;
	HEAP char *newest = path ? backup_newest_path(path) : NULL;

	passwords->is_read = true;
	read_password(newest, &passwords->read[0]);
	read_password(simple, &passwords->read[1]);
	read_password(path, &passwords->read[2]);
}

static bool opens(const struct secret *raw, const struct password *password, struct kdf kdf,
		  struct keyfile *ret_keyfile)
{
	SECRET struct secret text = { 0 };

	return !keyfile_decrypt(raw, &password->secret, kdf, ret_keyfile, &text, NULL).code;
}

static bool opens_somehow(const struct secret *raw, const struct password *password,
			  const struct backup_passwords *passwords, struct keyfile *ret_keyfile)
{
	if (!password || !password->secret.size)
		return false;
	for (size_t i = 0; i < 2; i++)
		if (opens(raw, password, passwords->kdfs[i], ret_keyfile))
			return true;
	for (enum digest digest = 0; digest < DIGEST_COUNT; digest++)
		if (opens(raw, password, (struct kdf){ digest, 0 }, ret_keyfile))
			return true;
	return false;
}

static bool decrypt(const struct secret *raw, struct backup_passwords *passwords, struct keyfile *ret_keyfile)
{
	for (size_t i = 0; i < 2; i++)
		if (opens_somehow(raw, passwords->given[i], passwords, ret_keyfile))
			return true;
	if (!passwords->is_read)
		read_passwords(passwords);
	for (size_t i = 0; i < BACKUP_PASSWORDS_MAX - 2; i++)
		if (opens_somehow(raw, &passwords->read[i], passwords, ret_keyfile))
			return true;
	return false;
}

static bool open_keyfile(const struct secret *raw, struct backup_passwords *passwords, struct keyfile *ret_keyfile)
{
	SECRET struct secret text = { 0 };

	if (envelope_is_encrypted(raw->data, raw->size))
		return decrypt(raw, passwords, ret_keyfile);
	return !secret_copy(&text, raw->data, raw->size).code &&
	       !keyfile_parse(&text, SYNTAX_VERSIONED, ret_keyfile).code;
}

/* ---- comparing its keys ---- */

static size_t hex_digits(const unsigned char *at, const unsigned char *end)
{
	size_t count = 0;

	while (at + count < end && hex_digit_value(at[count]) >= 0)
		count++;
	return count;
}

/* Whether newer contains every run of hex digits in older that could be a key. The parser does
 * not see keys in comments, after a NUL byte, or on a line that a later line overrides. */
static bool has_all_digits(const struct secret *newer, const struct secret *older)
{
	const unsigned char *end = older->data + older->size;
	size_t count;

	for (const unsigned char *at = older->data; at < end; at += count ? count : 1) {
		count = hex_digits(at, end);
		if (count >= KEY_DIGITS_MIN && !memmem(newer->data, newer->size, at, count))
			return false;
	}
	return true;
}

bool backup_is_superseded(const struct secret *backup, void *backup_judge)
{
	struct backup_judge *judge = backup_judge;
	KEYFILE struct keyfile older = { 0 };

	if (secret_equals(backup, judge->content) || (judge->accepted.data && secret_equals(backup, &judge->accepted)))
		return true;
	if (!open_keyfile(backup, judge->passwords, &older) || !older.count)
		return false;
	if (!judge->keyfile.count && !open_keyfile(judge->content, judge->passwords, &judge->keyfile))
		return false;
	if (!keyfile_keeps(&judge->keyfile, &older))
		return false;
	/* its digits are not a key */
	seal_remove(&older.text);
	if (!has_all_digits(&judge->keyfile.text, &older.text))
		return false;
	secret_free(&judge->accepted);
	return !secret_copy(&judge->accepted, backup->data, backup->size).code;
}

bool backup_is_identical(const struct secret *backup, void *content)
{
	return secret_equals(backup, content);
}

/* ---- its path ---- */

/* If path is a symbolic link, the backup is in the directory of the link's target. */
char *path_of_backup(const struct store *store, const char *path, const char *name)
{
	struct stat status;
	const char *file = !lstat(path, &status) && S_ISLNK(status.st_mode) ? store->path : path;
	const char *slash = strrchr(file, '/');

	return format_text("%.*s%s", slash ? (int)(slash + 1 - file) : 0, file, name);
}

char *backup_path(const struct store *store, const char *path)
{
	const char *name = store_backup_name(store);

	if (store->in_place_backup)
		return strdup(store->in_place_backup);
	return name ? path_of_backup(store, path, name) : NULL;
}
