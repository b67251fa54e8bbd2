/* SPDX-License-Identifier: MIT */
#include "server/places.h"

#include "core/words.h"
#include "server/option_files.h"

#include <stdlib.h>
#include <string.h>

/* What the value of a setting is. */
enum sort { DIRECTORY, FILE_NAME, DATA_FILES };

enum { DATADIR, DATA_HOME, SETTING_COUNT = 10 };

static const struct {
	const char *name;
	enum sort sort;
} settings[SETTING_COUNT] = {
	[DATADIR] = { "datadir", DIRECTORY },
	[DATA_HOME] = { "innodb_data_home_dir", DIRECTORY },
	{ "innodb_data_file_path", DATA_FILES },
	{ "innodb_log_group_home_dir", DIRECTORY },
	{ "innodb_undo_directory", DIRECTORY },
	{ "aria_log_dir_path", DIRECTORY },
	{ "log_bin", FILE_NAME },
	{ "log_bin_index", FILE_NAME },
	{ "relay_log", FILE_NAME },
	{ "relay_log_index", FILE_NAME },
};

void server_places_free(struct server_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		free(places->items[i].path);
	free(places->items);
	*places = (struct server_places){ 0 };
}

/* ---- the settings ---- */

/* The server takes the beginning of a name that is that of no other option. */
static int find_setting(const char *name)
{
	int found = -1;

	for (int i = 0; i < SETTING_COUNT; i++) {
		if (option_name_is(name, settings[i].name))
			return i;
		if (option_name_begins(settings[i].name, name, strlen(name)))
			found = found == -1 ? i : -2;
	}
	return found;
}

static void take_line(const char *values[SETTING_COUNT], const struct option_line *line)
{
	static const char *const prefixes[] = { "skip-", "disable-" };
	int setting;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t size = strlen(prefixes[i]);

		if (option_name_begins(line->name, prefixes[i], size)) {
			setting = find_setting(line->name + size);
			if (setting >= 0)
				values[setting] = NULL;
			return;
		}
	}
	setting = find_setting(line->name);
	if (setting >= 0)
		values[setting] = line->value;
}

/* ---- the directories ---- */

static bool is_known(const struct server_places *places, const char *path)
{
	for (size_t i = 0; i < places->count; i++)
		if (!strcmp(places->items[i].path, path))
			return true;
	return false;
}

/* "/a//b/" is "/a/b". */
static void tidy(char *path)
{
	char *to = path;

	for (const char *from = path; *from; from++)
		if (*from != '/' || to == path || to[-1] != '/')
			*to++ = *from;
	if (to > path + 1 && to[-1] == '/')
		to--;
	*to = '\0';
}

/* path becomes the function's; NULL: no memory. */
static struct fault add(struct server_places *places, const char *setting, char *path)
{
	struct server_place *all;

	if (!path)
		return fault_of(FAULT_MEMORY);
	tidy(path);
	if (is_known(places, path)) {
		free(path);
		return fault_none();
	}
	all = reallocarray(places->items, places->count + 1, sizeof(*all));
	if (!all) {
		free(path);
		return fault_of(FAULT_MEMORY);
	}
	places->items = all;
	all[places->count++] = (struct server_place){ setting, path };
	return fault_none();
}

static char *from_datadir(const struct server_places *places, const char *path)
{
	return *path == '/' ? strdup(path) : words_of("%s/%s", places->items[0].path, path);
}

static struct fault add_directory_of(struct server_places *places, const char *setting, char *file)
{
	char *slash = file ? strrchr(file, '/') : NULL;

	if (slash)
		slash[slash == file] = '\0';
	return add(places, setting, file);
}

/* "ibdata1:12M;/disk/ibdata2:12M:autoextend": below home where there is one. A path with a
 * colon in it is none for the server, either. */
static struct fault add_data_files(struct server_places *places, const char *setting, const char *list,
				   const char *home)
{
	struct fault fault = fault_none();

	while (!fault.code && *list) {
		size_t size = strcspn(list, ";");
		int name = (int)strcspn(list, ":;");
		char *file = home && *home ? words_of("%s/%.*s", home, name, list) : words_of("%.*s", name, list);
		char *path = file ? from_datadir(places, file) : NULL;

		free(file);
		fault = add_directory_of(places, setting, path);
		list += size + (list[size] == ';');
	}
	return fault;
}

static struct fault add_setting(struct server_places *places, int setting, const char *const values[SETTING_COUNT])
{
	const char *name = settings[setting].name;
	const char *value = values[setting];

	if (!value || !*value)
		return fault_none();
	switch (settings[setting].sort) {
	case DIRECTORY:
		return add(places, name, from_datadir(places, value));
	case FILE_NAME:
		return add_directory_of(places, name, from_datadir(places, value));
	default:
		return add_data_files(places, name, value, values[DATA_HOME]);
	}
}

struct fault server_places_read(struct secret *lines, const char *datadir, struct server_places *ret_places)
{
	SERVER_PLACES struct server_places places = { 0 };
	const char *values[SETTING_COUNT] = { 0 };
	struct option_line line;
	char *rest = (char *)lines->data;
	struct fault fault;

	while (rest && option_files_next(&rest, &line))
		take_line(values, &line);
	if (!values[DATADIR] || !*values[DATADIR])
		values[DATADIR] = datadir;
	fault = add(&places, settings[DATADIR].name, strdup(values[DATADIR]));
	for (int i = DATADIR + 1; !fault.code && i < SETTING_COUNT; i++)
		fault = add_setting(&places, i, values);
	if (fault.code)
		return fault;
	*ret_places = places;
	places = (struct server_places){ 0 };
	return fault;
}
