/* SPDX-License-Identifier: MIT */
#include "cli/edit.h"

#include "cli/message.h"
#include "core/file.h"
#include "server/inspect.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* The backup stands beside the file that a symbolic link leads to. */
static const char *backed_up_path(const struct store *store, const char *path)
{
	struct stat status;

	return !lstat(path, &status) && S_ISLNK(status.st_mode) ? store->path : path;
}

static void warn_if_hard_linked(const struct store *store, const char *path)
{
	struct stat backup;
	nlink_t own = 1;

	if (store->backup_name && !fstatat(store->directory, store->backup_name, &backup, AT_SYMLINK_NOFOLLOW) &&
	    file_is_same(&backup, &store->status))
		own++; /* a run that was killed made it */
	if (store->status.st_nlink > own)
		message_warning("'%s' has %lu names: the others keep the old content", path,
				(unsigned long)store->status.st_nlink);
}

static void warn_if_projected(const struct store *store, const char *path)
{
	if (!store_is_projected(store))
		return;
	message_warning("'%s' is in a Kubernetes volume ('..data'), whose next update undoes the change", path);
	message_hint("change the Secret that it comes from");
}

enum status open_store_quietly(struct store *store, const char *path, const struct writing *writing, bool keep_backup)
{
	const char *in_place_backup = writing->in_place_backup;
	struct fault fault = in_place_backup ? store_check_absent(in_place_backup) : fault_none();

	if (fault.code)
		return message_fault(fault, in_place_backup);
	fault = store_open(store, path, keep_backup, in_place_backup, writing->lock_timeout);
	if (fault.code)
		return message_fault(fault, fault.code == FAULT_BACKUP_EXISTS ? backed_up_path(store, path) : path);
	return STATUS_DONE;
}

enum status open_store(struct store *store, const char *path, const struct writing *writing, bool keep_backup)
{
	enum status status = open_store_quietly(store, path, writing, keep_backup);

	if (status)
		return status;
	warn_if_projected(store, path);
	if (!writing->in_place_backup)
		warn_if_hard_linked(store, path);
	return STATUS_DONE;
}

enum status refuse_exposure(const struct store *store, const char *path)
{
	mode_t mode = store->status.st_mode;

	if (store->file < 0 || !mode_is_exposed(mode))
		return STATUS_DONE;
	message_error("'%s' has mode %04o: others could read the plain keys, or its group could change them", path,
		      (unsigned int)(mode & 07777));
	message_hint("chmod 600 it first, or 640 with the server's group");
	return STATUS_REFUSED;
}

void say_what_is_left(const struct store *store)
{
	if (store->left_behind)
		message_hint("the other content is in '%s', in the same directory", store->left_behind);
	if (store->litter) {
		message_warning("'%s', in the same directory, was left by a run that was killed", store->litter);
		message_hint("it may hold keys that this file lacks: compare them before you remove it");
	}
}

static void say_backup(const struct store *store, const char *path)
{
	if (store->left_behind)
		return;
	if (store->backup_made && store->in_place_backup)
		message_note("the old content is in '%s', under the old password if it had one",
			     store->in_place_backup);
	else if (store->backup_made)
		message_note("the old content is in '%s~', under the old password if it had one",
			     backed_up_path(store, path));
}

void say_new_password_file(const struct writing *writing, const struct new_password_file *file)
{
	if (file && file->path)
		message_note("%s '%s', a password file", writing->dry_run ? "would create" : "created", file->path);
}

/* From now on the change is made: a signal ends the process with a status that
 * says so. Signals that were ignored from the start stay ignored. */
static void end_well(int signal)
{
	(void)signal;
	_exit(STATUS_DONE);
}

static void let_signals_end_well(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = end_well };
	struct sigaction before;
	sigset_t none;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!sigaction(signals[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static struct fault publish_with_password_file(struct store *store, const char *path,
					       const struct publication *publication, enum status *ret_status)
{
	struct new_password_file *new_password_file = publication->new_password_file;
	struct successor successor = publication->successor;
	struct fault fault = fault_none();

	if (new_password_file && new_password_file->path)
		*ret_status = new_password_file_create(new_password_file);
	if (!*ret_status)
		fault = store->file < 0 ? store_create(path, publication->raw)
					: store_replace(store, publication->raw, content_is_superseded, &successor);
	if (new_password_file && (*ret_status || !fault_is_published(fault)))
		new_password_file_withdraw(new_password_file);
	return fault;
}

enum status publish(struct store *store, const char *path, const struct writing *writing,
		    const struct publication *publication)
{
	enum status status = STATUS_DONE;
	struct fault fault = fault_none();

	if (!writing->dry_run)
		fault = publish_with_password_file(store, path, publication, &status);
	if (status)
		return status;
	if (fault.code)
		status = message_fault(fault, path);
	if (fault_is_published(fault)) {
		say_new_password_file(writing, publication->new_password_file);
		if (!writing->dry_run) {
			message_changed();
			/* a failure keeps its status whatever comes */
			if (!status)
				let_signals_end_well();
		}
	}
	if (!writing->dry_run) {
		say_backup(store, path);
		say_what_is_left(store);
	}
	return status;
}

static enum status refuse_standard_stream(const char *path)
{
	if (!is_standard_stream(path))
		return STATUS_DONE;
	return usage_error("standard input cannot be changed: name a file");
}

/* Plain keys that others can read or change: worth a word, whoever did it. */
static void warn_if_exposed(const struct edit *edit, const char *path)
{
	mode_t mode = edit->store.status.st_mode;

	if (!edit->content.encrypted && mode_is_exposed(mode))
		message_warning("'%s' has mode %04o: others can read its keys, or its group can change them", path,
				(unsigned int)(mode & 07777));
}

enum status edit_open(struct edit *edit, const struct options *options)
{
	enum status status = refuse_standard_stream(options->file);

	edit->options = options;
	if (!status)
		status = open_store(&edit->store, options->file, &options->writing, options->writing.backup);
	if (!status)
		status = content_open(&options->password, options->kdf, options->file, &edit->store.content,
				      &edit->content);
	if (!status)
		warn_if_exposed(edit, options->file);
	return status;
}

enum status edit_commit(struct edit *edit, const struct secret *text)
{
	const struct options *options = edit->options;
	const struct sealing sealing = { &edit->content.password, options->kdf };
	SECRET struct secret raw = { 0 };
	const struct publication publication = { .raw = &raw, .successor = { options->kdf, text, sealing.password } };
	enum status status = content_make(&options->target, options->file, text, &edit->content.keyfile,
					  edit->content.encrypted ? &sealing : NULL, &raw);

	return status ? status : publish(&edit->store, options->file, &options->writing, &publication);
}

void edit_close(struct edit *edit)
{
	store_close(&edit->store);
	content_free(&edit->content);
}
