/* SPDX-License-Identifier: MIT */
#include "data/formats/source.h"

#include "core/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* Not in linux/magic.h: fs/configfs/mount.c, fs/fuse/fuse_i.h. */
#define CONFIGFS_SUPER 0x62656570
#define FUSE_CONTROL_SUPER 0x65735543

bool is_kernel_view(int file)
{
	static const unsigned long magics[] = {
		PROC_SUPER_MAGIC, SYSFS_MAGIC,	      CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC,
		DEBUGFS_MAGIC,	  TRACEFS_MAGIC,      SECURITYFS_MAGIC,	  SELINUX_MAGIC,       SMACK_MAGIC,
		BPF_FS_MAGIC,	  PSTOREFS_MAGIC,     BINFMTFS_MAGIC,	  EFIVARFS_MAGIC,      NSFS_MAGIC,
		CONFIGFS_SUPER,	  FUSE_CONTROL_SUPER,
	};
	struct statfs status;

	if (fstatfs(file, &status))
		return false;
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if ((unsigned long)status.f_type == magics[i])
			return true;
	return false;
}

/* Opening such a file may block or have side effects. Such files are not on a disk. */
static bool is_of_kernel(int directory, const char *name, const struct stat *status)
{
	DESCRIPTOR int file = major(status->st_dev) ? -1 : openat(directory, name, O_PATH | O_CLOEXEC);

	return file >= 0 && is_kernel_view(file);
}

struct fault source_open(int directory, const char *name, struct source *ret_source)
{
	struct stat status;
	int file;

	/* do not even open a device or a pipe */
	if (fstatat(directory, name, &status, 0))
		return fault_errno(FAULT_OPEN, errno);
	if (!S_ISREG(status.st_mode) || is_of_kernel(directory, name, &status))
		return fault_of(FAULT_NOT_REGULAR);
	file = openat(directory, name, OPEN_FLAGS | O_NOATIME);
	if (file < 0 && errno == EPERM)
		file = openat(directory, name, OPEN_FLAGS);
	if (file < 0)
		return fault_errno(FAULT_OPEN, errno);
	if (fstat(file, &status) || !S_ISREG(status.st_mode)) {
		close(file);
		return fault_of(FAULT_NOT_REGULAR);
	}
	*ret_source = (struct source){
		.file = file,
		.id = { .device = status.st_dev, .inode = status.st_ino },
		.size = (uint64_t)status.st_size,
		.sparse = (uint64_t)status.st_blocks * 512 < (uint64_t)status.st_size,
	};
	return fault_none();
}

void source_close(struct source *source)
{
	if (source->file >= 0)
		close(source->file);
	*source = SOURCE_CLOSED;
}

struct fault source_read(const struct source *source, uint64_t offset, void *buffer, size_t size, size_t *ret_size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t count =
			pread(source->file, (unsigned char *)buffer + done, size - done, (off_t)(offset + done));

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return fault_errno(FAULT_READ, errno);
		if (!count)
			break;
		done += (size_t)count;
	}
	*ret_size = done;
	return fault_none();
}

uint64_t source_size_now(const struct source *source)
{
	struct stat status;

	return fstat(source->file, &status) ? source->size : (uint64_t)status.st_size;
}

bool source_is_at(const struct source *source, const char *path)
{
	struct stat status;

	return !stat(path, &status) && status.st_dev == source->id.device && status.st_ino == source->id.inode;
}

bool source_is_cached(const struct source *source, uint64_t offset)
{
	unsigned char byte;
	struct iovec one = { .iov_base = &byte, .iov_len = 1 };

	return preadv2(source->file, &one, 1, (off_t)offset, RWF_NOWAIT) >= 0 || errno != EAGAIN;
}

uint64_t source_next_data(const struct source *source, uint64_t offset)
{
	off_t data = source->sparse ? lseek(source->file, (off_t)offset, SEEK_DATA) : (off_t)offset;

	if (data >= 0)
		return (uint64_t)data;
	return errno == ENXIO && offset < source->size ? source->size : offset;
}
