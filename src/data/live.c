/* SPDX-License-Identifier: MIT */
#include "data/live.h"

#include "data/source.h"

#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

static bool is_locked(int directory, const char *name)
{
	struct source source = SOURCE_CLOSED;
	bool locked;

	if (source_open(directory, name, &source).code)
		return false;
	locked = source_is_locked(&source);
	source_close(&source);
	return locked;
}

bool directory_is_live(const char *path)
{
	static const char *const names[] = { "ibdata1", "aria_log_control" };
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool live = false;

	if (directory < 0)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		live |= is_locked(directory, names[i]);
	close(directory);
	return live;
}
