/* SPDX-License-Identifier: MIT */
#include "core/file.h"

#include "core/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct fault file_read(int descriptor, struct secret *ret_content)
{
	SECRET struct secret content = { 0 };
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
		ssize_t got;

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
		got = read(descriptor, content.data + content.size, content.capacity - content.size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_errno(FAULT_READ, errno);
		if (!got)
			break;
		content.size += (size_t)got;
		if (content.size > KEYFILE_MAX_SIZE)
			return fault_of(FAULT_TOO_LARGE);
	}
	*ret_content = secret_take(&content);
	return fault_none();
}

struct fault file_read_path(const char *path, struct secret *ret_content, struct stat *ret_status)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct fault fault = fault_none();
	struct stat status = { 0 };

	if (descriptor < 0)
		return fault_errno(FAULT_OPEN, errno);
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
