/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/edit.h"

#include "cli/keyfile/backup.h"
#include "cli/keyfile/filter.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/file.h"
#include "core/signals.h"
#include "server/inspect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void warn_if_hard_linked(const struct store *store, const char *path)
{
	struct stat backup;
	nlink_t own = 1;

	if (store->backup_name && !fstatat(store->directory, store->backup_name, &backup, AT_SYMLINK_NOFOLLOW) &&
	    file_is_same(&backup, &store->status))
		own++; /* made by an interrupted run */
	if (store->status.st_nlink > own)
		message_warning("'%s' has %lu hard links: the other links keep the old content", path,
				(unsigned long)store->status.st_nlink);
}

static void warn_if_projected(const struct store *store, const char *path)
{
	if (!store_is_projected(store))
		return;
	message_warning("'%s' is in a Kubernetes volume ('..data'), whose next update will undo this change", path);
	message_hint("change the Kubernetes Secret instead");
}

enum status edit_open_store_quietly(struct store *store, const char *path, const struct writing *writing)
{
	const char *in_place_backup = writing->in_place_backup;
	struct fault fault = in_place_backup ? store_check_absent(in_place_backup) : fault_none();

	if (fault.code)
		return message_fault(fault, in_place_backup);
	fault = store_open(store, path, in_place_backup, writing->lock_timeout);
	return message_fault(fault, path);
}

enum status edit_announce_change(struct store *store, const char *path, bool keep_backup)
{
	struct fault fault = keep_backup ? store_keep_backup(store) : fault_none();

	if (fault.code)
		return message_fault(fault, path);
	warn_if_projected(store, path);
	if (!store->in_place_backup)
		warn_if_hard_linked(store, path);
	return STATUS_DONE;
}

enum status edit_open_store(struct store *store, const char *path, const struct writing *writing, bool keep_backup)
{
	enum status status = edit_open_store_quietly(store, path, writing);

	return status ? status : edit_announce_change(store, path, keep_backup);
}

enum status edit_open_new_store(struct store *store, const char *path, const struct writing *writing, bool force)
{
	struct fault fault = store_open_absent(store, path);
	struct stat present;
	enum status status;

	if (!fault.code)
		return STATUS_DONE;
	if (force && fault.code == FAULT_EXISTS)
		return edit_open_store(store, path, writing, true);
	status = message_fault(fault, path);
	if (fault.code == FAULT_EXISTS && !stat(path, &present) && S_ISREG(present.st_mode))
		message_hint("use --force to replace the file and keep the old one as a backup");
	return status;
}

enum status edit_refuse_exposure(const struct store *store, const char *path)
{
	mode_t mode = store->status.st_mode;

	if (store->file < 0 || !mode_is_exposed(mode))
		return STATUS_DONE;
	message_error("'%s' has mode %04o: other users could read the plain keys, or its group could change them", path,
		      (unsigned int)(mode & 07777));
	message_hint("set its mode to 600, or to 640 with the server's group");
	return STATUS_REFUSED;
}

static void say_what_is_left(const struct store *store)
{
	if (store->left_behind)
		message_hint("the other content is in '%s', in the same directory", store->left_behind);
	if (store->litter) {
		message_warning("'%s', in the same directory, was left by an interrupted run", store->litter);
		message_hint("compare '%s' with this file before you delete it, since it may contain other keys",
			     store->litter);
	}
}

/* Only password files have no rule for what supersedes their content. */
static bool is_password_file(const struct replacement *file)
{
	return !file->superseded;
}

/* Explains why NAME~ was kept and the new backup has a number. */
static void say_why_numbered(const struct replacement *file)
{
	const struct store *store = file->store;
	const char *name = store_backup_name(store);
	bool is_numbered = name && strlen(name) > strlen(store->name) + 1;
	HEAP char *path = is_numbered && !file->backups.keep ? path_of_backup(store, file->path, store->name) : NULL;

	if (path)
		message_note("the backup '%s~' was kept: %s", path,
			     is_password_file(file) ? "it may contain another password"
						    : "it may contain keys that are not in the file");
}

static void say_what_is_kept(const struct replacement *file, bool dry_run)
{
	const struct store *store = file->store;
	HEAP char *backup = backup_path(store, file->path);

	if (!backup)
		return;
	if (dry_run)
		message_note("would keep the old %s in '%s'%s", is_password_file(file) ? "password" : "content", backup,
			     store->replaced_backup ? ", replacing an earlier backup whose keys are all in the file"
						    : "");
	else if (is_password_file(file))
		message_note("the old password is in '%s'", backup);
	else
		message_note("the old content is in '%s'; if encrypted, it needs the old password", backup);
	say_why_numbered(file);
}

struct excess {
	const struct replacement *file;
	bool dry_run;
};

static void say_excess(void *context, const char *name, bool removed)
{
	const struct excess *excess = context;
	HEAP char *backup = path_of_backup(excess->file->store, excess->file->path, name);

	if (backup && removed)
		message_note("%s the backup '%s'", excess->dry_run ? "would delete" : "deleted", backup);
	else if (backup)
		message_note("the backup '%s' was kept: it may contain keys that are not in the file", backup);
}

static void remove_excess(const struct replacement *file, bool dry_run)
{
	const struct backup_rule *rule = &file->backups;
	const char *newest = store_backup_name(file->store);
	struct excess excess = { file, dry_run };

	if (rule->keep && newest)
		backup_remove_excess(file->store->directory, file->store->name, newest, rule->keep, dry_run,
				     rule->superseded, rule->new_content, say_excess, &excess);
}

static void say_what_became_of(const struct replacement *file, enum status status)
{
	const struct store *store = file->store;

	if (!store->left_behind && (file->published || store->backup_made))
		say_what_is_kept(file, false);
	if (!status && file->published)
		remove_excess(file, false);
	say_what_is_left(store);
}

static void judge_backup(struct replacement *file)
{
	const struct backup_rule *rule = &file->backups;

	if (rule->superseded)
		store_judge_backup(file->store, rule->superseded, rule->old_content);
}

/* The checks of replace_files, for a dry run. */
static enum status try_access(const struct replacement *files, size_t count)
{
	enum status status = STATUS_DONE;

	for (size_t i = 0; !status && i < count; i++)
		status = message_fault(store_try_access(files[i].store), files[i].path);
	return status;
}

enum status edit_publish_files(struct replacement *files, size_t count, const char *journal,
			       const struct writing *writing)
{
	const bool dry_run = writing->dry_run;
	struct fault fault = fault_none();
	enum status status = dry_run ? try_access(files, count) : STATUS_DONE;
	bool published = false;

	if (status)
		return status;
	for (size_t i = 0; i < count; i++)
		judge_backup(&files[i]);
	if (!dry_run)
		fault = replace_files(files, count, journal);

	for (size_t i = 0; fault.code && i < count; i++)
		if (files[i].fault.code)
			status = message_fault(files[i].fault, files[i].path);
	if (status && journal && !access(journal, F_OK))
		message_hint("run the same command again to finish the change with the new password in '%s'", journal);
	for (size_t i = 0; i < count; i++) {
		published |= files[i].published;
		if (files[i].companion && files[i].path != journal && (dry_run || files[i].published))
			message_note("%s '%s', a password file", dry_run ? "would create" : "created", files[i].path);
	}
	if (published)
		message_changed();
	/* a failure keeps its status, even if a signal comes */
	if (published && !status)
		signals_end_with(writing->is_part ? STATUS_FAILED : STATUS_DONE);
	for (size_t i = 0; i < count; i++) {
		if (!dry_run) {
			say_what_became_of(&files[i], status);
			continue;
		}
		say_what_is_kept(&files[i], true);
		remove_excess(&files[i], true);
	}
	return status;
}

struct replacement edit_new_password_file(struct new_password_file *file)
{
	return (struct replacement){
		.path = file->path, .store = &file->store, .content = &file->text, .companion = true
	};
}

enum status edit_publish(struct store *store, const char *path, const struct options *options,
			 const struct publication *publication)
{
	struct new_password_file *new_password_file = publication->new_password_file;
	const struct new_content *new_content = &publication->new_content;
	BACKUP_PASSWORDS struct backup_passwords passwords = {
		.given = { new_content->password, new_content->old_password },
		.kdfs = { new_content->kdf, options->kdf },
		.password_file = options->password.file,
	};
	BACKUP_JUDGE struct backup_judge old_judge = { .content = &store->content, .passwords = &passwords };
	BACKUP_JUDGE struct backup_judge new_judge = { .content = new_content->text, .passwords = &passwords };
	struct replacement files[4];
	size_t count = 0;
	enum status status;

	if (filter_takes_output(options))
		return filter_write(options, publication->raw);
	if (new_password_file && new_password_file->path)
		files[count++] = edit_new_password_file(new_password_file);
	if (publication->first)
		files[count++] = *publication->first;
	files[count++] = (struct replacement){
		.path = filter_is_used(options) ? options->output : path,
		.store = store,
		.content = publication->raw,
		.superseded = backup_is_superseded,
		.context = &new_judge,
		.backups = { backup_is_superseded, &old_judge, &new_judge, options->writing.keep },
	};
	if (publication->password_store)
		files[count++] = (struct replacement){
			.path = options->password.file,
			.store = publication->password_store,
			.content = publication->password_content,
			.backups = { .superseded = backup_is_identical,
				     .old_content = &publication->password_store->content },
		};
	status = edit_publish_files(files, count, publication->journal, &options->writing);
	if (!status && filter_is_used(options))
		message_note("%s '%s'", options->writing.dry_run ? "would create" : "created", options->output);
	return status;
}

void edit_warn_if_exposed(const struct store *store, bool is_encrypted, const char *path)
{
	mode_t mode = store->status.st_mode;

	if (!is_encrypted && mode_is_exposed(mode))
		message_warning("'%s' has mode %04o: other users can read its keys, or its group can change them", path,
				(unsigned int)(mode & 07777));
}

enum status edit_open(struct edit *edit, const struct options *options)
{
	enum status status;

	edit->options = options;
	if (filter_is_used(options))
		status = filter_open(options, &edit->store);
	else
		status = edit_open_store(&edit->store, options->file, &options->writing,
					 options->writing.backup || options->writing.keep);
	if (!status)
		status = content_open(&options->password, options->kdf, options->file, &edit->store.content,
				      &edit->content);
	if (!status)
		status = seal_require(options, options->file, filter_given(), edit->content.seal);
	if (!status)
		edit_warn_if_exposed(&edit->store, edit->content.encrypted, options->file);
	return status;
}

enum status edit_keep(struct edit *edit)
{
	const struct options *options = edit->options;
	const struct publication publication = {
		.raw = &edit->store.content,
		.new_content = { options->kdf, &edit->content.keyfile.text, &edit->content.password, NULL },
	};

	return filter_is_used(options) ? edit_publish(&edit->store, options->file, options, &publication) : STATUS_DONE;
}

enum status edit_commit(struct edit *edit, const struct secret *text)
{
	const struct options *options = edit->options;
	const struct encryption encryption = { &edit->content.password, options->kdf };
	SECRET struct secret raw = { 0 };
	const struct publication publication = {
		.raw = &raw, .new_content = { .kdf = options->kdf, .text = text, .password = encryption.password }
	};
	enum status status = content_make(&options->target, options->file, text, &edit->content.keyfile,
					  edit->content.encrypted ? &encryption : NULL, &raw);

	return status ? status : edit_publish(&edit->store, options->file, options, &publication);
}

void edit_close(struct edit *edit)
{
	store_close(&edit->store);
	content_free(&edit->content);
}
