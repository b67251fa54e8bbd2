/* SPDX-License-Identifier: MIT */
#include "server/systemd.h"

#include "core/cleanup.h"
#include "core/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT "mariadb.service"

/* The first directory that has the unit counts. */
static const char *const unit_directories[] = {
	"/etc/systemd/system",	   "/run/systemd/system", "/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system", "/lib/systemd/system",
};

static bool is_protected(const char *value)
{
	static const char *const values[] = { "yes", "true", "on", "1", "tmpfs", "y", "t" };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (!strcmp(value, values[i]))
			return true;
	return false;
}

/* The last assignment counts. Returns false if the file does not exist. */
static bool read_unit(const char *path, bool *is_hidden)
{
	static const char setting[] = "ProtectHome=";
	SECRET struct secret content = { 0 };
	SECRET struct secret text = { 0 };
	char *rest;

	if (file_read_path(path, &content, NULL).code || secret_copy_text(&text, content.data, content.size).code)
		return false;
	rest = (char *)text.data;
	while (rest) {
		char *line = strsep(&rest, "\n");

		line += strspn(line, " \t");
		line[strcspn(line, "\r")] = '\0';
		if (!strncmp(line, setting, strlen(setting)))
			*is_hidden = is_protected(line + strlen(setting));
	}
	return true;
}

static int is_drop_in(const struct dirent *entry)
{
	const size_t size = strlen(entry->d_name);

	return size > 5 && !strcmp(entry->d_name + size - 5, ".conf");
}

static void read_drop_ins(const char *directory, bool *is_hidden)
{
	HEAP struct dirent **entries = NULL;
	int count = scandir(directory, &entries, is_drop_in, alphasort);

	for (int i = 0; i < count; i++) {
		HEAP struct dirent *entry = entries[i];
		char path[4096];

		if (snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) < (int)sizeof(path))
			read_unit(path, is_hidden);
	}
}

static bool unit_hides_homes(void)
{
	const size_t count = sizeof(unit_directories) / sizeof(unit_directories[0]);
	char path[128];
	bool is_hidden = false;
	bool found = false;

	for (size_t i = 0; !found && i < count; i++) {
		snprintf(path, sizeof(path), "%s/" UNIT, unit_directories[i]);
		found = read_unit(path, &is_hidden);
	}
	for (size_t i = count; found && i > 0; i--) {
		snprintf(path, sizeof(path), "%s/" UNIT ".d", unit_directories[i - 1]);
		read_drop_ins(path, &is_hidden);
	}
	return found && is_hidden;
}

bool systemd_hides(const char *path)
{
	static const char *const homes[] = { "/home/", "/root/", "/run/user/" };
	HEAP char *resolved = realpath(path, NULL);
	bool is_in_home = false;

	for (size_t i = 0; resolved && i < sizeof(homes) / sizeof(homes[0]); i++)
		is_in_home |= !strncmp(resolved, homes[i], strlen(homes[i]));
	return is_in_home && unit_hides_homes();
}
