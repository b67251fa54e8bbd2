/* SPDX-License-Identifier: MIT */
#include "data/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names that are sorted at a time: a directory of any size takes no more memory. */
#define BATCH_BYTES ((size_t)4 << 20)
#define BATCH_NAMES ((size_t)65536)

/* The directories from the top to where the walk is. */
struct level {
	const struct level *above;
	dev_t device;
	ino_t inode;
};

struct batch {
	char *text;   /* names, each with its NUL */
	size_t size;  /* bytes in use */
	char **names; /* into text */
	size_t count;
};

struct walk {
	tree_visit *visit;
	void *context;
};

static struct fault walk_directory(const struct walk *walk, const char *path, const struct level *above);

static int compare_names(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static char *join(const char *directory, const char *name)
{
	size_t size = strlen(directory);
	const char *between = size && directory[size - 1] != '/' ? "/" : "";
	char *path;

	return asprintf(&path, "%s%s%s", directory, between, name) < 0 ? NULL : path;
}

static struct fault visit_name(const struct walk *walk, const char *directory, const char *name,
			       const struct level *level)
{
	char *path = join(directory, name);
	struct stat status;
	struct fault fault;

	if (!path)
		return fault_of(FAULT_MEMORY);
	if (stat(path, &status))
		fault = walk->visit(walk->context, path, fault_errno(FAULT_OPEN, errno));
	else if (S_ISDIR(status.st_mode))
		fault = walk_directory(walk, path, level);
	else if (S_ISREG(status.st_mode))
		fault = walk->visit(walk->context, path, fault_none());
	else
		fault = fault_none(); /* sockets and pipes hold no data */
	free(path);
	return fault;
}

static struct fault visit_batch(const struct walk *walk, const char *directory, struct batch *batch,
				const struct level *level)
{
	struct fault fault = fault_none();

	qsort(batch->names, batch->count, sizeof(*batch->names), compare_names);
	for (size_t i = 0; !fault.code && i < batch->count; i++)
		fault = visit_name(walk, directory, batch->names[i], level);
	batch->count = 0;
	batch->size = 0;
	return fault;
}

static bool batch_add(struct batch *batch, const char *name)
{
	size_t size = strlen(name) + 1;

	if (batch->size + size > BATCH_BYTES || batch->count == BATCH_NAMES)
		return false;
	batch->names[batch->count++] = memcpy(batch->text + batch->size, name, size);
	batch->size += size;
	return true;
}

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static struct fault read_names(const struct walk *walk, const char *path, DIR *stream, struct batch *batch,
			       const struct level *level)
{
	struct fault fault = fault_none();

	while (!fault.code) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(stream);
		if (!entry)
			return errno ? fault_errno(FAULT_READ, errno) : visit_batch(walk, path, batch, level);
		if (is_dot(entry->d_name) || batch_add(batch, entry->d_name))
			continue;
		fault = visit_batch(walk, path, batch, level);
		if (!fault.code && !batch_add(batch, entry->d_name))
			fault = fault_of(FAULT_MEMORY);
	}
	return fault;
}

/* NULL: errno tells why. */
static DIR *open_directory(const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int file = open(path, flags | O_NOATIME);
	DIR *stream;

	if (file < 0 && errno == EPERM)
		file = open(path, flags);
	if (file < 0)
		return NULL;
	stream = fdopendir(file);
	if (!stream)
		close(file);
	return stream;
}

static bool is_circle(const struct level *level)
{
	for (const struct level *above = level->above; above; above = above->above)
		if (above->device == level->device && above->inode == level->inode)
			return true;
	return false;
}

static struct fault walk_open_directory(const struct walk *walk, const char *path, DIR *stream,
					const struct level *above)
{
	struct level level = { .above = above };
	struct batch batch = { .text = malloc(BATCH_BYTES), .names = calloc(BATCH_NAMES, sizeof(*batch.names)) };
	struct fault fault = fault_of(FAULT_MEMORY);
	struct stat status;

	if (!batch.text || !batch.names)
		goto out;
	fault = fault_none();
	if (fstat(dirfd(stream), &status))
		goto out;
	level.device = status.st_dev;
	level.inode = status.st_ino;
	if (!is_circle(&level))
		fault = read_names(walk, path, stream, &batch, &level);
out:
	free(batch.text);
	free(batch.names);
	return fault;
}

static struct fault walk_directory(const struct walk *walk, const char *path, const struct level *above)
{
	DIR *stream = open_directory(path);
	struct fault fault;

	if (!stream) {
		fault = fault_errno(FAULT_OPEN, errno);
		return above ? walk->visit(walk->context, path, fault) : fault;
	}
	fault = walk_open_directory(walk, path, stream, above);
	closedir(stream);
	return fault;
}

struct fault tree_walk(const char *directory, tree_visit *visit, void *context)
{
	struct walk walk = { .visit = visit, .context = context };

	return walk_directory(&walk, directory, NULL);
}
