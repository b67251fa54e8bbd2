/* SPDX-License-Identifier: MIT */
#include "server/places.h"

#include "core/array.h"
#include "core/cleanup.h"
#include "core/format.h"
#include "server/option_match.h"

#include <stdlib.h>
#include <string.h>

enum {
	DATADIR,
	DATA_HOME,
	DATA_FILE_PATH,
	LOG_HOME,
	UNDO,
	ARIA_LOG,
	LOG_BIN, /* this setting and those after it are names of files */
	LOG_BIN_INDEX,
	RELAY_LOG,
	RELAY_LOG_INDEX,
	SETTING_COUNT,
};

static const char *const names[SETTING_COUNT] = {
	[DATADIR] = "datadir",
	[DATA_HOME] = "innodb_data_home_dir",
	[DATA_FILE_PATH] = "innodb_data_file_path",
	[LOG_HOME] = "innodb_log_group_home_dir",
	[UNDO] = "innodb_undo_directory",
	[ARIA_LOG] = "aria_log_dir_path",
	[LOG_BIN] = "log_bin",
	[LOG_BIN_INDEX] = "log_bin_index",
	[RELAY_LOG] = "relay_log",
	[RELAY_LOG_INDEX] = "relay_log_index",
};

void server_places_free(struct server_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		free(places->items[i].path);
	free(places->items);
	*places = (struct server_places){ 0 };
}

/* ---- the settings ---- */

/* "skip-log-bin" cancels an earlier line. */
static void take_line(const char *values[SETTING_COUNT], const struct option_line *line)
{
	struct option_match match = option_match(line, names, SETTING_COUNT);

	if (match.count != 1)
		return;
	if (match.prefix && (!strcmp(match.prefix, "skip") || !strcmp(match.prefix, "disable")))
		values[match.first] = NULL;
	else
		values[match.first] = match.value;
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

/* Takes ownership of path. NULL: out of memory. */
static struct fault add(struct server_places *places, const char *setting, char *path)
{
	HEAP char *owned = path;
	struct server_place *added;

	if (!path)
		return fault_of(FAULT_MEMORY);
	tidy(path);
	if (is_known(places, path))
		return fault_none();
	added = array_add(&places->items, &places->count, sizeof(*added));
	if (!added)
		return fault_of(FAULT_MEMORY);
	*added = (struct server_place){ setting, path };
	owned = NULL;
	return fault_none();
}

static char *from_datadir(const struct server_places *places, const char *path)
{
	return *path == '/' ? strdup(path) : format_text("%s/%s", places->items[0].path, path);
}

static struct fault add_directory_of(struct server_places *places, const char *setting, char *file)
{
	char *slash = file ? strrchr(file, '/') : NULL;

	if (slash)
		slash[slash == file] = '\0';
	return add(places, setting, file);
}

/* "ibdata1:12M;/disk/ibdata2:12M:autoextend". With home, the paths start there. The server cannot
 * use a path that contains a colon, either. */
static struct fault add_data_files(struct server_places *places, const char *setting, const char *list,
				   const char *home)
{
	struct fault fault = fault_none();

	while (!fault.code && *list) {
		size_t size = strcspn(list, ";");
		int name = (int)strcspn(list, ":;");
		HEAP char *file =
			home && *home ? format_text("%s/%.*s", home, name, list) : format_text("%.*s", name, list);

		fault = add_directory_of(places, setting, file ? from_datadir(places, file) : NULL);
		list += size + (list[size] == ';');
	}
	return fault;
}

static struct fault add_setting(struct server_places *places, int setting, const char *const values[SETTING_COUNT])
{
	const char *value = values[setting];

	if (!value || !*value)
		return fault_none();
	if (setting == DATA_FILE_PATH)
		return add_data_files(places, names[setting], value, values[DATA_HOME]);
	if (setting >= LOG_BIN)
		return add_directory_of(places, names[setting], from_datadir(places, value));
	return add(places, names[setting], from_datadir(places, value));
}

struct fault server_places_find(const struct option_lines *lines, const char *datadir, struct server_places *ret_places)
{
	SERVER_PLACES struct server_places places = { 0 };
	const char *values[SETTING_COUNT] = { 0 };
	struct fault fault;

	for (size_t i = 0; i < lines->count; i++)
		take_line(values, &lines->items[i]);
	if (!values[DATADIR] || !*values[DATADIR])
		values[DATADIR] = datadir;
	fault = add(&places, names[DATADIR], strdup(values[DATADIR]));
	for (int i = DATADIR + 1; !fault.code && i < SETTING_COUNT; i++)
		fault = add_setting(&places, i, values);
	if (fault.code)
		return fault;
	*ret_places = places;
	places = (struct server_places){ 0 };
	return fault;
}
