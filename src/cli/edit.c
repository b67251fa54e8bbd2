/* SPDX-License-Identifier: MIT */
#include "cli/edit.h"

#include "cli/message.h"

enum status open_store(struct store *store, const char *path, const struct options *options, bool keep_backup)
{
	struct fault fault = store_open(store, path, keep_backup, options->lock_timeout);

	if (fault.code)
		return message_fault(fault, path);
	if (store->status.st_nlink > 1)
		message_warning("'%s' has %lu names: the others keep the old content", path,
				(unsigned long)store->status.st_nlink);
	return STATUS_DONE;
}

enum status publish(struct store *store, const char *path, const struct options *options, const struct secret *raw,
		    struct new_password_file *new_password_file)
{
	enum status status = STATUS_DONE;
	struct fault fault;

	if (options->dry_run)
		return STATUS_DONE;
	if (new_password_file && new_password_file->path)
		status = new_password_file_create(new_password_file);
	if (status)
		return status;
	fault = store->file < 0 ? store_create(path, raw) : store_replace(store, raw);
	if (!fault.code || fault.code == FAULT_DIRECTORY_SYNC)
		message_changed();
	else if (new_password_file)
		new_password_file_withdraw(new_password_file);
	if (fault.code)
		return message_fault(fault, path);
	if (store->backup_name)
		message_note("the old content is in '%s~', under the old password if it had one", path);
	return STATUS_DONE;
}

static enum status refuse_standard_stream(const char *path)
{
	if (!is_standard_stream(path))
		return STATUS_DONE;
	message_error("standard input cannot be changed: name a file");
	return STATUS_USAGE;
}

enum status edit_open(struct edit *edit, const struct options *options)
{
	enum status status = refuse_standard_stream(options->file);

	edit->options = options;
	if (!status)
		status = open_store(&edit->store, options->file, options, options->backup);
	if (!status)
		status = content_open(options, options->file, &edit->store.content, &edit->content);
	return status;
}

enum status edit_commit(struct edit *edit, const struct secret *text)
{
	const struct options *options = edit->options;
	SECRET struct secret raw = { 0 };
	enum status status = content_make(options, options->file, text, &edit->content.keyfile, edit->content.encrypted,
					  &edit->content.password, &raw);

	return status ? status : publish(&edit->store, options->file, options, &raw, NULL);
}

void edit_close(struct edit *edit)
{
	store_close(&edit->store);
	content_free(&edit->content);
}
