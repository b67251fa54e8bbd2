/* SPDX-License-Identifier: MIT */
#include "server/places.h"

#include "core/array.h"
#include "core/cleanup.h"
#include "core/format.h"
#include "server/option_match.h"

#include <dirent.h>
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
static void take_line(const struct option_line *line, const char *const *known, size_t count, const char **values)
{
	struct option_match match = option_match(line, known, count);

	if (match.count != 1)
		return;
	if (match.prefix && (!strcmp(match.prefix, "skip") || !strcmp(match.prefix, "disable")))
		values[match.first] = NULL;
	else
		values[match.first] = match.value;
}

/* Sets values, by the index of known. */
static void take_lines(const struct option_lines *lines, const char *const *known, size_t count, const char **values)
{
	for (size_t i = 0; i < lines->count; i++)
		take_line(&lines->items[i], known, count, values);
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

static char *from_directory(const char *directory, const char *path)
{
	return *path == '/' ? strdup(path) : format_text("%s/%s", directory, path);
}

static char *from_datadir(const struct server_places *places, const char *path)
{
	return from_directory(places->items[0].path, path);
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

	take_lines(lines, names, SETTING_COUNT, values);
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

/* ---- files ---- */

#define GALERA_PAGE "gcache.page."

enum {
	TMPDIR, /* these are directories */
	SLAVE_TMPDIR,
	INNODB_TMPDIR,
	GENERAL_LOG,
	SLOW_LOG,
	OLD_SLOW_LOG,
	AUDIT_LOG,
	BUFFER_POOL,
	ERROR_LOG,
	WSREP_HOME, /* tells about the next */
	WSREP_OPTIONS,
};

/* Options with names that begin others follow, so that they are not taken for abbreviations. */
static const char *const file_names[] = {
	[TMPDIR] = "tmpdir",
	[SLAVE_TMPDIR] = "slave_load_tmpdir",
	[INNODB_TMPDIR] = "innodb_tmpdir",
	[GENERAL_LOG] = "general_log_file",
	[SLOW_LOG] = "log_slow_query_file",
	[OLD_SLOW_LOG] = "slow_query_log_file",
	[AUDIT_LOG] = "server_audit_file_path",
	[BUFFER_POOL] = "innodb_buffer_pool_filename",
	[ERROR_LOG] = "log_error",
	[WSREP_HOME] = "wsrep_data_home_dir",
	[WSREP_OPTIONS] = "wsrep_provider_options",
	"general_log",
	"log_slow_query",
	"slow_query_log",
	"innodb_buffer_pool_size",
	"wsrep_provider",
};

#define FILE_NAMES (sizeof(file_names) / sizeof(file_names[0]))

bool server_place_is_temporary(const struct server_place *place)
{
	return place->setting == file_names[TMPDIR] || place->setting == file_names[SLAVE_TMPDIR] ||
	       place->setting == file_names[INNODB_TMPDIR];
}

static struct fault add_file(struct server_places *files, int setting, const char *directory, const char *value)
{
	return add(files, file_names[setting], from_directory(directory, value));
}

/* The server appends the suffix (sql/mysqld.cc, fn_format with MY_REPLACE_EXT if there is none). */
static struct fault add_error_log(struct server_places *files, const char *datadir, const char *value)
{
	const char *slash = strrchr(value, '/');
	HEAP char *name = format_text("%s%s", value, strchr(slash ? slash : value, '.') ? "" : ".err");

	return name ? add_file(files, ERROR_LOG, datadir, name) : fault_of(FAULT_MEMORY);
}

/* "/one:/two" */
static struct fault add_directories(struct server_places *files, int setting, const char *datadir, const char *list)
{
	struct fault fault = fault_none();

	while (!fault.code && *list) {
		size_t size = strcspn(list, ":");
		HEAP char *path = strndup(list, size);

		fault = path ? fault_none() : fault_of(FAULT_MEMORY);
		if (path && *path)
			fault = add_file(files, setting, datadir, path);
		list += size + (list[size] == ':');
	}
	return fault;
}

/* Returns the value of one of Galera's own options, "gcache.dir = /data; gcache.size=1G": malloc(3)ed,
 * or NULL if it is missing or memory runs out. */
static char *provider_option(const char *list, const char *name)
{
	while (*list) {
		size_t end = strcspn(list, ";");
		size_t blank = strspn(list, " \t");
		size_t size = strlen(name);
		const char *value = list + blank + size;

		if (blank + size < end && !strncmp(list + blank, name, size)) {
			value += strspn(value, " \t");
			if (*value == '=') {
				value += 1 + strspn(value + 1, " \t");
				return strndup(value, strcspn(value, "; \t"));
			}
		}
		list += end + (list[end] == ';');
	}
	return NULL;
}

/* The cache grows by files of this name (galera 26.4: gcache/src/gcache_page_store.cpp). */
static struct fault add_galera_pages(struct server_places *files, const char *directory)
{
	LISTING DIR *listing = opendir(directory);
	struct fault fault = fault_none();
	const struct dirent *entry;

	while (!fault.code && listing && (entry = readdir(listing)))
		if (!strncmp(entry->d_name, GALERA_PAGE, strlen(GALERA_PAGE)))
			fault = add_file(files, WSREP_OPTIONS, directory, entry->d_name);
	return fault;
}

static struct fault add_galera_cache(struct server_places *files, const char *datadir,
				     const char *const values[FILE_NAMES])
{
	const char *list = values[WSREP_OPTIONS] ? values[WSREP_OPTIONS] : "";
	HEAP char *option = provider_option(list, "gcache.dir");
	HEAP char *name = provider_option(list, "gcache.name");
	const char *home = option ? option : values[WSREP_HOME];
	HEAP char *directory = from_directory(datadir, home ? home : "");
	struct fault fault;

	if (!values[WSREP_OPTIONS] && !values[WSREP_HOME])
		return fault_none();
	if (!directory)
		return fault_of(FAULT_MEMORY);
	fault = add_file(files, WSREP_OPTIONS, directory, name && *name ? name : "galera.cache");
	return fault.code ? fault : add_galera_pages(files, directory);
}

static struct fault add_file_setting(struct server_places *files, int setting, const char *datadir, const char *value)
{
	if (!value || !*value)
		return fault_none();
	if (setting <= INNODB_TMPDIR)
		return add_directories(files, setting, datadir, value);
	if (setting == ERROR_LOG)
		return add_error_log(files, datadir, value);
	return add_file(files, setting, datadir, value);
}

struct fault server_files_find(const struct option_lines *lines, const char *datadir, struct server_places *ret_files)
{
	SERVER_PLACES struct server_places files = { 0 };
	const char *values[FILE_NAMES] = { 0 };
	struct fault fault = fault_none();

	take_lines(lines, file_names, FILE_NAMES, values);
	for (int i = 0; !fault.code && i < WSREP_HOME; i++)
		fault = add_file_setting(&files, i, datadir, values[i]);
	if (!fault.code)
		fault = add_galera_cache(&files, datadir, values);
	if (fault.code)
		return fault;
	*ret_files = files;
	files = (struct server_places){ 0 };
	return fault;
}
