/* SPDX-License-Identifier: MIT */
#include "core/file.h"

#include "core/cleanup.h"
#include "core/deadline.h"
#include "core/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

static unsigned int pipe_timeout = 60;

void file_set_pipe_timeout(unsigned int seconds)
{
	pipe_timeout = seconds;
}

/* False for a pipe without a name, such as that of a process substitution: such a pipe
 * already has a writer. */
static bool is_named_pipe(int descriptor)
{
	struct stat status;
	struct statfs file_system;

	return !fstat(descriptor, &status) && S_ISFIFO(status.st_mode) && !fstatfs(descriptor, &file_system) &&
	       file_system.f_type != PIPEFS_MAGIC;
}

/* Returns the deadline for reading a descriptor, starting now. */
static int64_t file_deadline(int descriptor)
{
	return is_named_pipe(descriptor) ? deadline_after(pipe_timeout) : DEADLINE_NONE;
}

static struct fault of_pipe(struct fault fault)
{
	return fault.code == FAULT_TIMEOUT ? fault_of(FAULT_PIPE_TIMEOUT) : fault;
}

/* Waits for the writer of a pipe, and closes the descriptor if none comes. O_NONBLOCK
 * keeps open(2) from waiting for a writer forever. It must be cleared for read(2), which
 * would otherwise report the end of the file while there is no writer. */
static struct fault finish_open(int descriptor, int *ret_descriptor)
{
	struct fault fault = fault_none();

	if (is_named_pipe(descriptor))
		fault = of_pipe(deadline_await_input(descriptor, file_deadline(descriptor)));
	if (!fault.code && fcntl(descriptor, F_SETFL, O_RDONLY))
		fault = fault_errno(FAULT_READ, errno);
	if (fault.code)
		close(descriptor);
	else
		*ret_descriptor = descriptor;
	return fault;
}

struct fault file_open(const char *path, int *ret_descriptor)
{
	int descriptor = -1;
	struct fault fault = trust_open(path, O_RDONLY | O_NONBLOCK, &descriptor);

	return fault.code ? fault : finish_open(descriptor, ret_descriptor);
}

static struct fault fill(int descriptor, size_t limit, int64_t deadline, struct secret *content)
{
	return of_pipe(deadline_fill(descriptor, limit, deadline, content));
}

struct fault file_read_start(int descriptor, size_t limit, struct secret *ret_content)
{
	struct fault fault = secret_allocate(ret_content, limit);

	return fault.code ? fault : fill(descriptor, limit, file_deadline(descriptor), ret_content);
}

/* Continues reading a file that has grown since fstat(2). */
static struct fault read_more(int descriptor, struct secret *content)
{
	SECRET struct secret start = secret_take(content);
	struct fault fault = secret_allocate(content, FILE_MAX_SIZE + 1);

	if (fault.code)
		return fault;
	secret_append(content, start.data, start.size);
	return fill(descriptor, FILE_MAX_SIZE + 1, DEADLINE_NONE, content);
}

struct fault file_read(int descriptor, struct secret *ret_content)
{
	SECRET struct secret content = { 0 };
	size_t expected = FILE_MAX_SIZE;
	struct stat status;
	struct fault fault;

	if (fstat(descriptor, &status))
		return fault_errno(FAULT_READ, errno);
	if (S_ISREG(status.st_mode) && status.st_size > FILE_MAX_SIZE)
		return fault_of(FAULT_TOO_LARGE);
	if (S_ISREG(status.st_mode))
		expected = (size_t)status.st_size;
	fault = file_read_start(descriptor, expected + 1, &content);
	if (!fault.code && content.size > expected && expected < FILE_MAX_SIZE)
		fault = read_more(descriptor, &content);
	if (!fault.code && content.size > FILE_MAX_SIZE)
		fault = fault_of(FAULT_TOO_LARGE);
	if (!fault.code)
		*ret_content = secret_take(&content);
	return fault;
}

static struct fault read_opened(int descriptor, struct secret *ret_content, struct stat *ret_status)
{
	struct stat status = { 0 };

	if (fstat(descriptor, &status))
		return fault_errno(FAULT_READ, errno);
	if (ret_status)
		*ret_status = status;
	if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
		return fault_of(FAULT_NOT_REGULAR);
	return file_read(descriptor, ret_content);
}

struct fault file_read_path(const char *path, struct secret *ret_content, struct stat *ret_status)
{
	DESCRIPTOR int descriptor = -1;
	struct fault fault = file_open(path, &descriptor);

	return fault.code ? fault : read_opened(descriptor, ret_content, ret_status);
}

struct fault file_read_path_of_anyone(const char *path, struct secret *ret_content, struct stat *ret_status)
{
	DESCRIPTOR int descriptor = -1;
	int opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct fault fault = opened < 0 ? fault_errno(FAULT_OPEN, errno) : finish_open(opened, &descriptor);

	return fault.code ? fault : read_opened(descriptor, ret_content, ret_status);
}

DIR *file_list(int directory)
{
	int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = copy < 0 ? NULL : fdopendir(copy);

	int error = errno;

	if (!listing && copy >= 0)
		close(copy);
	errno = error;
	return listing;
}

bool file_is_same_path(const char *one, const char *other)
{
	struct stat a;
	struct stat b;

	return !stat(one, &a) && !stat(other, &b) && file_is_same(&a, &b);
}

bool file_is_named_pipe(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISFIFO(status.st_mode);
}

struct fault file_write(int descriptor, const struct secret *content)
{
	size_t written = 0;

	while (written < content->size) {
		ssize_t put = write(descriptor, content->data + written, content->size - written);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fault_errno(FAULT_WRITE, errno);
		written += (size_t)put;
	}
	return fault_none();
}

struct fault file_read_back(int descriptor, const struct secret *content)
{
	SECRET struct secret written = { 0 };
	struct fault fault;

	if (lseek(descriptor, 0, SEEK_SET))
		return fault_errno(FAULT_READ_BACK, errno);
	fault = file_read(descriptor, &written);
	if (fault.code == FAULT_READ)
		return fault_errno(FAULT_READ_BACK, fault.error_number);
	if (!fault.code && !secret_equals(&written, content))
		return fault_errno(FAULT_READ_BACK, EIO);
	return fault;
}

bool file_cannot_exchange(int error_number)
{
	return error_number == EINVAL || error_number == ENOSYS || error_number == ENOTSUP || error_number == EPERM;
}
