/* SPDX-License-Identifier: MIT */
#include "data/live.h"

#include "core/cleanup.h"
#include "data/formats/source.h"
#include "data/tree.h"

#include <fcntl.h>
#include <string.h>

static bool is_locked(int directory, const char *name)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	SOURCE struct source source = SOURCE_CLOSED;

	return !source_open(directory, name, &source).code && !fcntl(source.file, F_GETLK, &lock) &&
	       lock.l_type != F_UNLCK;
}

/* A file of the system tablespace can have any name. Files with these suffixes are
 * skipped: there can be very many, and servers do not lock them. */
static bool is_of_table(const char *name)
{
	static const char *const suffixes[] = { ".ibd", ".isl", ".cfg", ".MAD", ".MAI", ".frm", ".par", ".opt",
						".TRG", ".TRN", ".MYD", ".MYI", ".MRG", ".CSV", ".CSM", ".ARZ" };
	const char *suffix = strrchr(name, '.');

	for (size_t i = 0; suffix && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (!strcmp(suffix, suffixes[i]))
			return true;
	return false;
}

static struct fault look_for_lock(void *context, const char *path, struct fault fault)
{
	LISTING DIR *directory = directory_open(path);
	const struct dirent *entry;
	bool live = false;

	if (!directory)
		return fault;
	while (!live && (entry = readdir(directory)))
		live = !is_of_table(entry->d_name) && is_locked(dirfd(directory), entry->d_name);
	*(bool *)context = live;
	return live ? fault_of(FAULT_INTERRUPTED) : fault;
}

bool directory_is_live(const char *directory)
{
	bool live = false;

	return tree_walk_directories(directory, look_for_lock, &live).code == FAULT_INTERRUPTED && live;
}
