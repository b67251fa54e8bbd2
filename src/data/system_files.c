/* SPDX-License-Identifier: MIT */
#include "data/system_files.h"

#include "data/innodb.h"
#include "data/live.h"
#include "data/tree.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

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
	char **paths;

	if (fault.code || !is_first_file(path))
		return fault_none();
	paths = reallocarray(files->paths, files->count + 1, sizeof(*paths));
	if (!paths)
		return fault_of(FAULT_MEMORY);
	files->paths = paths;
	paths[files->count] = strdup(path);
	return paths[files->count] && ++files->count ? fault_none() : fault_of(FAULT_MEMORY);
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
	for (size_t i = 0; i < files->count; i++)
		free(files->paths[i]);
	free(files->paths);
	*files = (struct system_files){ 0 };
}

bool system_files_are_in_use(const struct system_files *files)
{
	bool in_use = false;

	for (size_t i = 0; i < files->count; i++)
		in_use |= file_is_in_use(files->paths[i]);
	return in_use;
}
