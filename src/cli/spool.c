/* SPDX-License-Identifier: MIT */
#include "cli/spool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

FILE *spool_open(void)
{
	FILE *spool = tmpfile();
	int file;

	/* a machine whose disks cannot be written is one to verify a backup on */
	if (spool)
		return spool;
	file = memfd_create("mkeyfile", MFD_CLOEXEC);
	if (file < 0)
		return NULL;
	spool = fdopen(file, "w+");
	if (!spool)
		close(file);
	return spool;
}

static bool put(FILE *spool, const void *data, size_t size)
{
	return !size || fwrite(data, size, 1, spool) == 1;
}

static bool get(FILE *spool, void *data, size_t size)
{
	return !size || fread(data, size, 1, spool) == 1;
}

bool spool_put(FILE *spool, const struct data_file *file)
{
	size_t path_size = strlen(file->path) + 1;

	return put(spool, file, sizeof(*file)) && put(spool, &path_size, sizeof(path_size)) &&
	       put(spool, file->path, path_size) &&
	       put(spool, file->evidence.uses, file->evidence.use_count * sizeof(*file->evidence.uses));
}

bool spool_get(FILE *spool, struct data_file *ret_file)
{
	struct data_file file;
	struct key_use *uses = NULL;
	char *path = NULL;
	size_t path_size;

	if (!get(spool, &file, sizeof(file)) || !get(spool, &path_size, sizeof(path_size)))
		return false;
	path = malloc(path_size);
	uses = calloc(file.evidence.use_count + 1, sizeof(*uses));
	if (!path || !uses || !get(spool, path, path_size) ||
	    !get(spool, uses, file.evidence.use_count * sizeof(*uses))) {
		free(path);
		free(uses);
		return false;
	}
	file.path = path;
	file.evidence.uses = uses;
	*ret_file = file;
	return true;
}

void spool_free(struct data_file *file)
{
	free((char *)(uintptr_t)file->path);
	evidence_free(&file->evidence);
}
