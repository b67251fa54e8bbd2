/* SPDX-License-Identifier: MIT */
#include "cli/commands/passwd_report.h"

#include "cli/keyfile/backup.h"
#include "cli/keyfile/report.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "cli/words/option_value.h"
#include "cli/words/shell_word.h"
#include "core/backup.h"
#include "core/cleanup.h"
#include "core/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The new value of file_key_management_filekey, malloc(3)ed; NULL: unknown, or no memory. */
static char *filekey_setting(const struct password_change *passwd)
{
	const char *path = passwd->new_source->file;
	HEAP char *absolute = path ? realpath(path, NULL) : NULL;

	return path ? format_text("FILE:%s", absolute ? absolute : path) : NULL;
}

static void say_kdf_settings(const struct password_change *passwd)
{
	const struct kdf old = passwd->options->kdf;
	const struct kdf new = passwd->new_kdf;
	const char *plugin = key_plugin_of(passwd->options->target.profile);

	if (old.digest != new.digest)
		message_step("loose_%s_digest = %s", plugin, digest_name(new.digest));
	if (old.iterations != new.iterations)
		message_step("loose_%s_use_pbkdf2 = %u", plugin, new.iterations);
}

static void say_settings(const struct password_change *passwd)
{
	const struct options *options = passwd->options;
	bool other_kdf = !kdf_equals(options->kdf, passwd->new_kdf);
	HEAP char *filekey = passwd->way == WAY_OTHER_FILE ? filekey_setting(passwd) : NULL;
	HEAP char *value = filekey ? option_value(filekey) : NULL;
	bool has_file = options->password.file && !is_standard_stream(options->password.file);
	HEAP char *old = has_file ? shell_word(options->password.file) : NULL;

	if (filekey && old)
		message_step(
			"make '%s' readable by the server's user account (chown --reference=%s, chmod --reference=%s)",
			passwd->new_source->file, old, old);
	else if (filekey)
		message_step("make '%s' readable by the server's user account (chown mysql)", passwd->new_source->file);
	if (passwd->way == WAY_SOURCE)
		message_step("before you restart the server, change the password that %s_filekey specifies%s",
			     key_plugin_of(options->target.profile), other_kdf ? ", and set in its option file:" : "");
	else if (filekey || other_kdf)
		message_step("before you restart the server, set in its option file:");
	else
		message_step("the server's settings need no change");
	if (filekey && value)
		message_step("%s_filekey = %s", key_plugin_of(options->target.profile), value);
	say_kdf_settings(passwd);
	message_step("copy %s to every server of the cluster (a running server keeps what it has read)",
		     passwd->way == WAY_KEEP || passwd->way == WAY_SOURCE ? "the key file" : "both files");
	if (!server_reads_kdf(&server_profiles[0], passwd->new_kdf) && !options->target.profile)
		message_hint("use --target to name your server: servers before 12.0.1 cannot read this file");
}

static void say_done(const struct password_change *passwd)
{
	const struct options *options = passwd->options;
	const char *file = options->file;

	if (passwd->finishing)
		message_note("'%s' already %s, from an interrupted run", file,
			     passwd->way == WAY_KEEP ? "uses the new digest and iterations" : "uses the new password");
	else if (passwd->way == WAY_KEEP)
		message_note("%s '%s': the same password, %s", options->writing.dry_run ? "would change" : "changed",
			     file, kdf_words(passwd->new_kdf));
	else
		message_note("%s '%s': a new password, %s", options->writing.dry_run ? "would change" : "changed", file,
			     kdf_words(passwd->new_kdf));
	if (passwd->way != WAY_REPLACE_FILE)
		return;
	message_note("%s '%s', its password file", options->writing.dry_run ? "would change" : "changed",
		     options->password.file);
}

static void set_setting(json_t *object, const struct password_change *passwd, const char *name, const char *value)
{
	HEAP char *whole = format_text("loose_%s_%s", key_plugin_of(passwd->options->target.profile), name);

	if (whole)
		json_object_set_new(object, whole, json_text(value));
}

/* With the names that config prints. */
static json_t *settings_json(const struct password_change *passwd)
{
	const struct kdf kdf = passwd->new_kdf;
	char iterations[sizeof("4294967295")];
	HEAP char *filekey = filekey_setting(passwd);
	json_t *object = json_object();

	if (filekey)
		set_setting(object, passwd, "filekey", filekey);
	snprintf(iterations, sizeof(iterations), "%u", kdf.iterations);
	set_setting(object, passwd, "digest", digest_name(kdf.digest));
	set_setting(object, passwd, "use_pbkdf2", iterations);
	return object;
}

/* False if there is an earlier backup, which may need the old password as well. */
static bool is_only_backup(const struct store *store)
{
	HEAP char *numbered = backup_newest_path(store->path);

	return !numbered;
}

static void say_command(const char *backup, const char *password, bool keeps_password)
{
	HEAP char *word = shell_word(backup);
	HEAP char *password_word = password && !keeps_password ? shell_word(password) : NULL;

	if (word) {
		message_note(
			"the old password still opens '%s': after the server has started with the new password, run",
			backup);
		message_note("      rm %s%s%s", word, password_word ? " " : "", password_word ? password_word : "");
	}
	if (word && password && keeps_password)
		message_note("      but keep '%s', which may open an earlier backup", password);
}

/* With WAY_KEEP, the password is still in use. */
static void say_how_to_delete(const struct password_change *passwd)
{
	const struct options *options = passwd->options;
	HEAP char *backup = passwd->way == WAY_KEEP ? NULL : backup_path(&passwd->store, options->file);
	HEAP char *password =
		passwd->way == WAY_REPLACE_FILE ? backup_path(&passwd->password_store, options->password.file) : NULL;

	if (backup)
		say_command(backup, password, !is_only_backup(&passwd->store));
}

void passwd_report(const struct password_change *passwd)
{
	json_t *object;

	say_done(passwd);
	if (!passwd->options->writing.dry_run)
		say_settings(passwd);
	if (!passwd->options->writing.dry_run && !passwd->finishing)
		say_how_to_delete(passwd);
	if (!passwd->options->talk.json)
		return;
	object = report_change_json(passwd->options->file, &passwd->options->writing, true, &passwd->store,
				    passwd->options->file);
	json_object_set_new(object, "changed", json_boolean(!passwd->finishing || passwd->way == WAY_REPLACE_FILE));
	json_object_set_new(object, "password_backup",
			    report_backup_json(&passwd->password_store, passwd->options->password.file));
	json_object_set_new(object, "finished", json_boolean(passwd->finishing));
	json_object_set_new(object, "settings", settings_json(passwd));
	document_set(object);
}
