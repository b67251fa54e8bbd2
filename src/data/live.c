/* SPDX-License-Identifier: MIT */
#include "data/live.h"

#include "data/source.h"
#include "data/tree.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool is_locked(int directory, const char *name)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct source source = SOURCE_CLOSED;
	bool locked;

	if (source_open(directory, name, &source).code)
		return false;
	locked = !fcntl(source.file, F_GETLK, &lock) && lock.l_type != F_UNLCK;
	source_close(&source);
	return locked;
}

/* There may be very many of them, and servers do not lock them. */
static bool is_table(const char *name)
{
	const char *suffix = strrchr(name, '.');

	return suffix && (!strcmp(suffix, ".ibd") || !strcmp(suffix, ".MAD") || !strcmp(suffix, ".MAI"));
}

bool directory_is_live(const char *path)
{
	DIR *directory = directory_open(path);
	const struct dirent *entry;
	bool live = false;

	if (!directory)
		return false;
	while (!live && (entry = readdir(directory)))
		live = !is_table(entry->d_name) && is_locked(dirfd(directory), entry->d_name);
	closedir(directory);
	return live;
}
