/* SPDX-License-Identifier: MIT */
#include "core/overwrite.h"

#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Detects a full disk before anything is changed. Some file systems cannot tell. */
static struct fault reserve(int file, size_t size)
{
	if (!fallocate(file, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) || errno == EOPNOTSUPP || errno == ENOSYS)
		return fault_none();
	return fault_errno(FAULT_WRITE, errno);
}

static struct fault write_whole(int file, const struct secret *content)
{
	struct fault fault = fault_none();

	if (lseek(file, 0, SEEK_SET))
		return fault_errno(FAULT_WRITE, errno);
	fault = file_write(file, content);
	if (!fault.code && (ftruncate(file, (off_t)content->size) || fsync(file)))
		fault = fault_errno(FAULT_WRITE, errno);
	return fault.code ? fault : file_read_back(file, content);
}

struct fault overwrite(int file, const struct secret *old, const struct secret *content)
{
	struct fault fault = reserve(file, content->size);

	if (fault.code)
		return fault;
	fault = write_whole(file, content);
	if (fault.code && write_whole(file, old).code)
		return fault_errno(FAULT_TORN, fault.error_number ? fault.error_number : EIO);
	return fault;
}
