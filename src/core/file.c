/* SPDX-License-Identifier: MIT */
#include "core/file.h"

#include "core/deadline.h"
#include "core/keyfile.h"
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

/* Not one without a name, such as that of a process substitution: who is called with one
 * has a writer. */
static bool is_named_pipe(int descriptor)
{
	struct stat status;
	struct statfs file_system;

	return !fstat(descriptor, &status) && S_ISFIFO(status.st_mode) && !fstatfs(descriptor, &file_system) &&
	       file_system.f_type != PIPEFS_MAGIC;
}

int64_t file_deadline(int descriptor)
{
	return is_named_pipe(descriptor) ? deadline_after(pipe_timeout) : DEADLINE_NONE;
}

static struct fault await_writer(int descriptor, int64_t deadline)
{
	struct fault fault = deadline == DEADLINE_NONE ? fault_none() : deadline_await_input(descriptor, deadline);

	return fault.code == FAULT_TIMEOUT ? fault_of(FAULT_PIPE_TIMEOUT) : fault;
}

/* Waits for the writer of a pipe, and closes the descriptor if none comes. O_NONBLOCK keeps
 * open(2) from waiting for one without an end, and read(2) must not have it: to it, no
 * writer is the end of the file. */
static struct fault finish_open(int descriptor, int *ret_descriptor)
{
	struct fault fault =
		is_named_pipe(descriptor) ? await_writer(descriptor, file_deadline(descriptor)) : fault_none();

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

static struct fault open_of_anyone(const char *path, int *ret_descriptor)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	return descriptor < 0 ? fault_errno(FAULT_OPEN, errno) : finish_open(descriptor, ret_descriptor);
}

struct fault file_read_some(int descriptor, void *buffer, size_t size, int64_t deadline, size_t *ret_size)
{
	for (;;) {
		struct fault fault = await_writer(descriptor, deadline);
		ssize_t got;

		if (fault.code)
			return fault;
		got = read(descriptor, buffer, size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_errno(FAULT_READ, errno);
		*ret_size = (size_t)got;
		return fault_none();
	}
}

struct fault file_read(int descriptor, struct secret *ret_content)
{
	SECRET struct secret content = { 0 };
	int64_t deadline = file_deadline(descriptor);
	struct stat status;
	size_t expected = 0;
	struct fault fault;

	if (fstat(descriptor, &status))
		return fault_errno(FAULT_READ, errno);
	if (S_ISREG(status.st_mode) && status.st_size > KEYFILE_MAX_SIZE)
		return fault_of(FAULT_TOO_LARGE);
	expected = S_ISREG(status.st_mode) ? (size_t)status.st_size : KEYFILE_MAX_SIZE;
	/* one byte more than it should have shows a file that grows meanwhile */
	fault = secret_allocate(&content, expected + 1);
	if (fault.code)
		return fault;
	for (;;) {
		size_t got;

		if (content.size == content.capacity) {
			SECRET struct secret larger = { 0 };

			if (content.size > KEYFILE_MAX_SIZE)
				return fault_of(FAULT_TOO_LARGE);
			fault = secret_allocate(&larger, KEYFILE_MAX_SIZE + 1);
			if (fault.code)
				return fault;
			secret_append(&larger, content.data, content.size);
			secret_free(&content);
			content = secret_take(&larger);
		}
		fault = file_read_some(descriptor, content.data + content.size, content.capacity - content.size,
				       deadline, &got);
		if (fault.code)
			return fault;
		if (!got)
			break;
		content.size += got;
		if (content.size > KEYFILE_MAX_SIZE)
			return fault_of(FAULT_TOO_LARGE);
	}
	*ret_content = secret_take(&content);
	return fault_none();
}

/* Closes the descriptor. */
static struct fault read_opened(int descriptor, struct secret *ret_content, struct stat *ret_status)
{
	struct fault fault = fault_none();
	struct stat status = { 0 };

	if (fstat(descriptor, &status))
		fault = fault_errno(FAULT_READ, errno);
	else if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
		fault = fault_of(FAULT_NOT_REGULAR);
	if (ret_status)
		*ret_status = status;
	if (!fault.code)
		fault = file_read(descriptor, ret_content);
	close(descriptor);
	return fault;
}

struct fault file_read_path(const char *path, struct secret *ret_content, struct stat *ret_status)
{
	int descriptor = -1;
	struct fault fault = file_open(path, &descriptor);

	return fault.code ? fault : read_opened(descriptor, ret_content, ret_status);
}

struct fault file_read_path_of_anyone(const char *path, struct secret *ret_content, struct stat *ret_status)
{
	int descriptor = -1;
	struct fault fault = open_of_anyone(path, &descriptor);

	return fault.code ? fault : read_opened(descriptor, ret_content, ret_status);
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

bool file_is_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}
