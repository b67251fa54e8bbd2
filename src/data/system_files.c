/* SPDX-License-Identifier: MIT */
#include "data/system_files.h"

#include "data/innodb.h"
#include "data/live.h"
#include "data/tree.h"

#include <argz.h>
#include <fcntl.h>
#include <stdlib.h>

static bool is_first_file(const char *path)
{
	struct source source = SOURCE_CLOSED;
	unsigned char head[INNODB_SYSTEM_HEAD];
	size_t size = 0;
	bool is_first = !source_open(AT_FDCWD, path, &source).code &&
			!source_read(&source, 0, head, sizeof(head), &size).code && innodb_is_system_head(head, size);

	source_close(&source);
	return is_first;
}

static struct fault add_if_first(void *context, const char *path, struct fault fault)
{
	struct system_files *files = context;

	if (fault.code || !is_first_file(path) || !argz_add(&files->paths, &files->size, path))
		return fault_none();
	return fault_of(FAULT_MEMORY);
}

struct fault system_files_find(const char *const *directories, size_t count, struct system_files *ret_files)
{
	struct system_files files = { 0 };
	struct fault fault = fault_none();

	for (size_t i = 0; fault.code != FAULT_MEMORY && i < count; i++)
		fault = tree_list(directories[i], add_if_first, &files);
	*ret_files = files;
	return fault.code == FAULT_MEMORY ? fault : fault_none();
}

void system_files_free(struct system_files *files)
{
	free(files->paths);
	*files = (struct system_files){ 0 };
}

const char *system_files_next(const struct system_files *files, const char *path)
{
	return argz_next(files->paths, files->size, path);
}

bool system_files_are_in_use(const struct system_files *files)
{
	bool in_use = false;

	for (const char *path = NULL; (path = system_files_next(files, path));)
		in_use |= file_is_in_use(path);
	return in_use;
}
