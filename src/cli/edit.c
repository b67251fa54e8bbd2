/* SPDX-License-Identifier: MIT */
#include "cli/edit.h"

#include "cli/message.h"
#include "server/inspect.h"

/* The backup stands beside the file that a symbolic link leads to. */
static const char *backed_up_path(const struct store *store, const char *path)
{
	struct stat status;

	return !lstat(path, &status) && S_ISLNK(status.st_mode) ? store->path : path;
}

enum status open_store(struct store *store, const char *path, const struct options *options, bool keep_backup)
{
	struct fault fault = store_open(store, path, keep_backup, options->lock_timeout);

	if (fault.code)
		return message_fault(fault, fault.code == FAULT_BACKUP_EXISTS ? backed_up_path(store, path) : path);
	if (store->status.st_nlink > 1 && !store->backup_name)
		message_warning("'%s' has %lu names: the others keep the old content", path,
				(unsigned long)store->status.st_nlink);
	return STATUS_DONE;
}

static enum status create_password_file(const struct options *options, struct new_password_file *file)
{
	enum status status = STATUS_DONE;

	if (!file || !file->path)
		return STATUS_DONE;
	if (!options->dry_run)
		status = new_password_file_create(file);
	if (status)
		new_password_file_withdraw(file);
	else
		message_note("%s '%s', a password file", options->dry_run ? "would create" : "created", file->path);
	return status;
}

static void say_what_is_beside(const struct store *store, const char *path)
{
	if (store->left_behind)
		message_hint("the other content is in '%s', in the same directory", store->left_behind);
	else if (store->backup_name)
		message_note("the old content is in '%s~', under the old password if it had one",
			     backed_up_path(store, path));
}

enum status publish(struct store *store, const char *path, const struct options *options,
		    const struct publication *publication)
{
	struct successor successor = publication->successor;
	enum status status = create_password_file(options, publication->new_password_file);
	struct fault fault;

	if (status || options->dry_run)
		return status;
	if (store->file < 0)
		fault = store_create(path, publication->raw);
	else
		fault = store_replace(store, publication->raw, content_is_superseded, &successor);
	if (fault_is_published(fault))
		message_changed();
	else if (publication->new_password_file)
		new_password_file_withdraw(publication->new_password_file);
	if (fault.code)
		status = message_fault(fault, path);
	if (fault_is_published(fault) || store->left_behind)
		say_what_is_beside(store, path);
	return status;
}

static enum status refuse_standard_stream(const char *path)
{
	if (!is_standard_stream(path))
		return STATUS_DONE;
	message_error("standard input cannot be changed: name a file");
	return STATUS_USAGE;
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
		status = open_store(&edit->store, options->file, options, options->backup);
	if (!status)
		status = content_open(options, options->file, &edit->store.content, &edit->content);
	if (!status)
		warn_if_exposed(edit, options->file);
	return status;
}

enum status edit_commit(struct edit *edit, const struct secret *text)
{
	const struct options *options = edit->options;
	const struct password *password = &edit->content.password;
	SECRET struct secret raw = { 0 };
	const struct publication publication = { .raw = &raw, .successor = { options, text, password } };
	enum status status = content_make(options, options->file, text, &edit->content.keyfile, edit->content.encrypted,
					  password, &raw);

	return status ? status : publish(&edit->store, options->file, options, &publication);
}

void edit_close(struct edit *edit)
{
	store_close(&edit->store);
	content_free(&edit->content);
}
