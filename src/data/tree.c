/* SPDX-License-Identifier: MIT */
#include "data/tree.h"

#include "core/cleanup.h"
#include "core/format.h"
#include "data/formats/source.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names to sort at a time, so that memory use does not depend on the size of a directory. */
#define BATCH_BYTES ((size_t)4 << 20)
#define BATCH_NAMES ((size_t)65536)

/* A directory that the walk has visited. */
struct visited {
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
	bool only_directories;
	void *context;
	void *visited; /* a tree of struct visited: tsearch(3) */
};

struct directory {
	const char *path;
	bool is_top;
};

static struct fault walk_directory(struct walk *walk, const struct directory *directory);

/* A failure below the top is passed to the caller as a file. */
static struct fault directory_failed(const struct walk *walk, const struct directory *directory, int error_number,
				     enum fault_code code)
{
	struct fault fault = fault_errno(code, error_number);

	if (walk->only_directories)
		return fault_none();
	return directory->is_top ? fault : walk->visit(walk->context, directory->path, fault);
}

static int compare_names(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static char *join(const char *directory, const char *name)
{
	size_t size = strlen(directory);
	const char *between = size && directory[size - 1] != '/' ? "/" : "";

	return format_text("%s%s%s", directory, between, name);
}

/* An entry that was removed after its name was read does not count. */
static struct fault name_failed(const struct walk *walk, const char *path, int error_number)
{
	struct stat status;

	if (walk->only_directories)
		return fault_none();
	if (error_number == ENOENT && lstat(path, &status) && errno == ENOENT)
		return fault_none();
	return walk->visit(walk->context, path, fault_errno(FAULT_OPEN, error_number));
}

static struct fault visit_name(struct walk *walk, const char *directory, const char *name)
{
	HEAP char *path = join(directory, name);
	struct stat status;

	if (!path)
		return fault_of(FAULT_MEMORY);
	if (stat(path, &status))
		return name_failed(walk, path, errno);
	if (S_ISDIR(status.st_mode))
		return walk_directory(walk, &(struct directory){ .path = path });
	if (S_ISREG(status.st_mode) && !walk->only_directories)
		return walk->visit(walk->context, path, fault_none());
	return fault_none(); /* sockets and pipes contain no data */
}

static struct fault visit_batch(struct walk *walk, const char *directory, struct batch *batch)
{
	struct fault fault = fault_none();

	qsort(batch->names, batch->count, sizeof(*batch->names), compare_names);
	for (size_t i = 0; !fault.code && i < batch->count; i++)
		fault = visit_name(walk, directory, batch->names[i]);
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

/* If the file's type is known from the directory entry, as in most file systems, a walk
 * through directories skips files. */
static bool is_wanted(const struct walk *walk, const struct dirent *entry)
{
	if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
		return false;
	return !walk->only_directories || entry->d_type == DT_DIR || entry->d_type == DT_LNK ||
	       entry->d_type == DT_UNKNOWN;
}

static struct fault read_names(struct walk *walk, const struct directory *directory, DIR *stream, struct batch *batch)
{
	struct fault fault = fault_none();

	while (!fault.code) {
		const struct dirent *entry;
		int error;

		errno = 0;
		entry = readdir(stream);
		error = errno;
		if (!entry) {
			fault = visit_batch(walk, directory->path, batch);
			return fault.code || !error ? fault : directory_failed(walk, directory, error, FAULT_READ);
		}
		if (!is_wanted(walk, entry) || batch_add(batch, entry->d_name))
			continue;
		fault = visit_batch(walk, directory->path, batch);
		if (!fault.code && !batch_add(batch, entry->d_name))
			fault = fault_of(FAULT_MEMORY);
	}
	return fault;
}

DIR *directory_open(const char *path)
{
	return directory_open_in(AT_FDCWD, path);
}

DIR *directory_open_in(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int file = openat(parent, name, flags | O_NOATIME);
	DIR *stream;

	if (file < 0 && errno == EPERM)
		file = openat(parent, name, flags);
	if (file < 0)
		return NULL;
	stream = fdopendir(file);
	if (!stream)
		close(file);
	return stream;
}

static int compare_visited(const void *one, const void *other)
{
	const struct visited *a = one;
	const struct visited *b = other;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

/* Links may lead to a directory repeatedly; it is visited once. */
static struct fault enter(struct walk *walk, const struct stat *status, bool *ret_is_new)
{
	struct visited key = { .device = status->st_dev, .inode = status->st_ino };
	struct visited **place = tsearch(&key, &walk->visited, compare_visited);

	if (!place)
		return fault_of(FAULT_MEMORY);
	*ret_is_new = *place == &key;
	if (!*ret_is_new)
		return fault_none();
	*place = malloc(sizeof(key));
	if (!*place)
		return fault_of(FAULT_MEMORY);
	**place = key;
	return fault_none();
}

static struct fault walk_open_directory(struct walk *walk, const struct directory *directory, DIR *stream)
{
	struct batch batch = { .text = malloc(BATCH_BYTES), .names = calloc(BATCH_NAMES, sizeof(*batch.names)) };
	struct fault fault = fault_of(FAULT_MEMORY);
	struct stat status;
	bool is_new = false;

	if (batch.text && batch.names)
		fault = fstat(dirfd(stream), &status) ? directory_failed(walk, directory, errno, FAULT_READ)
						      : enter(walk, &status, &is_new);
	if (is_new && walk->only_directories)
		fault = walk->visit(walk->context, directory->path, fault_none());
	if (is_new && !fault.code)
		fault = read_names(walk, directory, stream, &batch);
	free(batch.text);
	free(batch.names);
	return fault;
}

static struct fault walk_directory(struct walk *walk, const struct directory *directory)
{
	LISTING DIR *stream = directory_open(directory->path);

	if (!stream)
		return directory_failed(walk, directory, errno, FAULT_OPEN);
	return is_kernel_view(dirfd(stream)) ? fault_none() : walk_open_directory(walk, directory, stream);
}

static struct fault walk_from(struct walk *walk, const char *directory)
{
	struct fault fault = walk_directory(walk, &(struct directory){ .path = directory, .is_top = true });

	tdestroy(walk->visited, free);
	return fault;
}

struct fault tree_walk(const char *directory, tree_visit *visit, void *context)
{
	return walk_from(&(struct walk){ .visit = visit, .context = context }, directory);
}

struct fault tree_walk_directories(const char *directory, tree_visit *visit, void *context)
{
	return walk_from(&(struct walk){ .visit = visit, .context = context, .only_directories = true }, directory);
}

bool tree_has(const char *directory, const char *path)
{
	HEAP char *real = realpath(path, NULL);
	HEAP char *top = realpath(directory, NULL);
	size_t size = top ? strlen(top) : 0;

	return real && top && !strncmp(real, top, size) && (size == 1 || !real[size] || real[size] == '/');
}
