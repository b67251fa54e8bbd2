/* SPDX-License-Identifier: MIT */
#include "core/replace.h"

#include "core/signals.h"

#include <errno.h>
#include <unistd.h>

static struct fault check_signals(struct replacement *files, size_t count)
{
	while (files->companion && count-- > 1)
		files++;
	return files->fault = signals_check();
}

static struct fault prepare(struct replacement *file)
{
	if (file->access_only)
		return file->fault = store_check_access(file->store);
	return file->fault = file->content ? store_prepare(file->store, file->content) : fault_none();
}

static struct fault change_access(struct replacement *file)
{
	const struct stat before = file->store->status;
	const struct stat *after = &file->store->status;

	file->fault = store_change_access(file->store);
	file->published = !file->fault.code || before.st_mode != after->st_mode || before.st_uid != after->st_uid ||
			  before.st_gid != after->st_gid;
	return file->fault;
}

static struct fault publish(struct replacement *file)
{
	if (file->access_only)
		return change_access(file);
	if (!file->content)
		return file->fault = store_tidy(file->store, file->superseded, file->context);
	file->fault = store_publish(file->store, file->content, file->superseded, file->context);
	file->published = fault_is_published(file->fault);
	return file->fault;
}

static struct fault remove_journal(struct replacement *last, const char *journal)
{
	if (unlink(journal))
		last->fault = fault_errno(FAULT_OLD_LEFT, errno);
	else if (fsync(last->store->directory))
		last->fault = fault_errno(FAULT_DIRECTORY_SYNC, errno);
	return last->fault;
}

/* Goes from the last file to the first. A damaged file keeps its backup. Returns whether
 * any file is published. */
static bool withdraw(struct replacement *files, size_t count)
{
	bool any_published = false;
	bool next_published = true;

	while (count--) {
		struct replacement *file = &files[count];

		if (file->companion && file->published && !next_published) {
			unlinkat(file->store->directory, file->store->name, 0);
			file->published = false;
		}
		if (!file->published && file->fault.code != FAULT_TORN)
			store_withdraw(file->store);
		next_published = file->published;
		any_published |= file->published;
	}
	return any_published;
}

struct fault replace_files(struct replacement *files, size_t count, const char *journal)
{
	struct fault fault = fault_none();
	sigset_t before;

	signals_hold(&before);
	for (size_t i = 0; !fault.code && i < count; i++)
		fault = prepare(&files[i]);
	if (!fault.code)
		fault = check_signals(files, count);
	for (size_t i = 0; !fault.code && i < count; i++)
		fault = publish(&files[i]);
	if (!fault.code && journal)
		fault = remove_journal(&files[count - 1], journal);
	if (!withdraw(files, count))
		signals_release(&before);
	return fault;
}
