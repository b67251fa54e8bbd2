/* SPDX-License-Identifier: MIT */
#include "cli/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct spool {
	FILE *file;
	uint64_t count; /* files that were put */
	uint64_t given; /* those that were got since the rewind */
	int error;
};

static FILE *open_file(void)
{
	FILE *stream = tmpfile();
	int file;

	/* a machine whose disks cannot be written is one to verify a backup on */
	if (stream)
		return stream;
	file = memfd_create("mkeyfile", MFD_CLOEXEC);
	if (file < 0)
		return NULL;
	stream = fdopen(file, "w+");
	if (!stream)
		close(file);
	return stream;
}

struct spool *spool_open(void)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool)
		return NULL;
	spool->file = open_file();
	if (spool->file)
		return spool;
	free(spool);
	return NULL;
}

void spool_close(struct spool *spool)
{
	if (!spool)
		return;
	fclose(spool->file);
	free(spool);
}

/* The first error counts. */
static bool failed(struct spool *spool)
{
	if (!spool->error)
		spool->error = errno ? errno : EIO;
	return false;
}

static bool put(struct spool *spool, const void *data, size_t size)
{
	return !size || fwrite(data, size, 1, spool->file) == 1;
}

static bool get(struct spool *spool, void *data, size_t size)
{
	/* at an end that comes too early */
	errno = EIO;
	return !size || fread(data, size, 1, spool->file) == 1;
}

bool spool_put(struct spool *spool, const struct data_file *file)
{
	size_t path_size = strlen(file->path) + 1;

	spool->count++;
	return (put(spool, file, sizeof(*file)) && put(spool, &path_size, sizeof(path_size)) &&
		put(spool, file->path, path_size) &&
		put(spool, file->evidence.uses, file->evidence.use_count * sizeof(*file->evidence.uses))) ||
	       failed(spool);
}

void spool_rewind(struct spool *spool)
{
	spool->given = 0;
	/* not rewind(3), which forgets what could not be written */
	if (fflush(spool->file) || fseeko(spool->file, 0, SEEK_SET))
		failed(spool);
}

bool spool_get(struct spool *spool, struct data_file *ret_file)
{
	struct data_file file;
	struct key_use *uses = NULL;
	char *path = NULL;
	size_t path_size;

	if (spool->error || spool->given == spool->count)
		return false;
	if (!get(spool, &file, sizeof(file)) || !get(spool, &path_size, sizeof(path_size)))
		return failed(spool);
	path = malloc(path_size);
	uses = calloc(file.evidence.use_count + 1, sizeof(*uses));
	if (!path || !uses || !get(spool, path, path_size) ||
	    !get(spool, uses, file.evidence.use_count * sizeof(*uses))) {
		failed(spool);
		free(path);
		free(uses);
		return false;
	}
	file.path = path;
	file.evidence.uses = uses;
	*ret_file = file;
	spool->given++;
	return true;
}

int spool_error(const struct spool *spool)
{
	return spool->error;
}

void spool_free(struct data_file *file)
{
	free((char *)(uintptr_t)file->path);
	evidence_free(&file->evidence);
}
