/* SPDX-License-Identifier: MIT */
#include "server/settings.h"

#include "core/words.h"
#include "server/option_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_PREFIX "FILE:"

const char *key_plugin_name(enum key_plugin plugin)
{
	return plugin == MKEYFILE_KEY_MANAGEMENT ? "mkeyfile_key_management" : "file_key_management";
}

const char *key_plugin_of(const struct server_profile *target)
{
	return key_plugin_name(target && target->edition == PLUGIN ? MKEYFILE_KEY_MANAGEMENT : FILE_KEY_MANAGEMENT);
}

static bool is_library(const char *name, size_t size, const char *plugin)
{
	static const char ending[] = ".so";

	if (size > strlen(ending) && !strncmp(name + size - strlen(ending), ending, strlen(ending)))
		size -= strlen(ending);
	return size == strlen(plugin) && !strncmp(name, plugin, size);
}

/* "LIBRARY", which loads all that is in it, or "NAME=LIBRARY"; several with ";" or
 * ":" between them (sql/sql_plugin.cc, plugin_load_list). */
static bool list_loads_plugin(const char *list, const char *plugin, size_t *ret_offset)
{
	const char *begin = list;

	while (*list) {
		size_t size = strcspn(list, ";:");
		size_t name_size = strcspn(list, "=#");

		if (name_size > size)
			name_size = size;
		if (name_size == size ? is_library(list, size, plugin)
				      : name_size == strlen(plugin) && !strncasecmp(list, plugin, name_size) &&
						is_library(list + name_size + 1, size - name_size - 1, plugin)) {
			*ret_offset = (size_t)(list - begin);
			return true;
		}
		list += size + (list[size] != '\0');
	}
	return false;
}

/* The number of a value as the server finds it: by its number, by its name, or by the
 * beginning of one that stands for no other; -1: none. */
static int find_value(const char *value, const char *const *names, int count)
{
	size_t size = strlen(value);
	char *end;
	long number = strtol(value, &end, 10);
	int found = -1;

	if (!*end)
		return number >= 0 && number < count ? (int)number : -1;
	for (int i = 0; i < count; i++) {
		if (strncasecmp(names[i], value, size))
			continue;
		if (!names[i][size])
			return i;
		found = found == -1 ? i : -2;
	}
	return found < 0 ? -1 : found;
}

enum { ALGORITHM_CBC, ALGORITHM_CTR, ALGORITHM_COUNT };

static int find_algorithm(const char *value)
{
	static const char *const names[ALGORITHM_COUNT] = { "aes_cbc", "aes_ctr" };

	return find_value(value, names, ALGORITHM_COUNT);
}

static bool find_digest(const char *value, enum digest *ret_digest)
{
	const char *names[DIGEST_COUNT];
	int found;

	for (enum digest digest = DIGEST_SHA1; digest < DIGEST_COUNT; digest++)
		names[digest] = digest_name(digest);
	found = find_value(value, names, DIGEST_COUNT);
	if (found >= 0)
		*ret_digest = (enum digest)found;
	return found >= 0;
}

static void set(struct setting *setting, const struct option_line *line, unsigned int order)
{
	setting->loose = line->loose && (setting->loose || !setting->value);
	setting->name = line->name;
	setting->value = line->value;
	setting->has_value = line->has_value;
	setting->order = order;
}

/* An option of the plugin by its name or, as the server takes it, by the beginning
 * of one that stands for no other. */
static void set_plugin_option(struct server_settings *settings, const struct option_line *line, const char *name,
			      unsigned int order)
{
	const struct {
		const char *name;
		struct setting *setting;
	} options[] = {
		{ "filename", &settings->filename },
		{ "filekey", &settings->filekey },
		{ "digest", &settings->digest },
		{ "use-pbkdf2", &settings->use_pbkdf2 },
		{ "encryption-algorithm", &settings->encryption_algorithm },
		{ "clear-text-filekey", &settings->clear_text_filekey },
		{ "reload", &settings->reload },
	};
	const size_t known = settings->plugin == MKEYFILE_KEY_MANAGEMENT ? 7 : 5;
	const size_t with_value = 5;
	size_t found = 0;
	size_t count = 0;

	for (size_t i = 0; i < known; i++) {
		if (option_name_begins(name, options[i].name, strlen(name))) {
			found = i;
			count++;
		}
	}
	if (count > 1)
		settings->ambiguous = line->name;
	else if (!count && !line->loose && !settings->unknown.name)
		set(&settings->unknown, line, order);
	else if (count)
		set(options[found].setting, line, order);
	if (count == 1 && found < with_value && !line->has_value && !settings->without_value)
		settings->without_value = options[found].name;
}

static void set_plugin_mode(struct server_settings *settings, const struct option_line *line)
{
	enum { OFF, ON, FORCE, FORCE_PLUS_PERMANENT, COUNT };
	static const char *const names[COUNT] = { "OFF", "ON", "FORCE", "FORCE_PLUS_PERMANENT" };
	int mode = line->has_value ? find_value(line->value, names, COUNT) : ON;

	settings->plugin_off = mode == OFF;
	settings->plugin_forced = mode >= FORCE;
	settings->wrong_mode = mode < 0 ? line->value : NULL;
}

/* plugin_load empties the list that plugin_load_add adds to; beginnings of their names
 * stand for them. */
static void set_plugin_list(struct server_settings *settings, const struct option_line *line, unsigned int order)
{
	size_t offset;

	if (option_name_is(line->name, "plugin-load"))
		settings->plugin_loaded = false;
	if (settings->plugin_loaded || !list_loads_plugin(line->value, key_plugin_name(settings->plugin), &offset))
		return;
	settings->plugin_loaded = true;
	settings->load_order = ((uint64_t)order << 32) + offset;
}

static bool is_plugin_list(const char *name)
{
	return option_name_begins(name, "plugin-load", strlen("plugin-load")) &&
	       option_name_begins("plugin-load-add", name, strlen(name));
}

/* "skip-" and "disable-" take an option back, or switch the plugin off: ret_name is
 * what they stand before. */
static bool is_taken_back(const struct option_line *line, const char **ret_name)
{
	static const char *const prefixes[] = { "skip-", "disable-" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (!option_name_begins(line->name, prefixes[i], strlen(prefixes[i])))
			continue;
		*ret_name = line->name + strlen(prefixes[i]);
		return true;
	}
	return false;
}

static void take_back(struct server_settings *settings, const struct option_line *line, const char *name,
		      unsigned int order)
{
	const char *plugin = key_plugin_name(settings->plugin);
	const size_t size = strlen(plugin);
	const struct option_line nothing = { .name = line->name, .value = "", .has_value = true, .loose = line->loose };

	if (option_name_is(name, plugin))
		settings->plugin_off = strcmp(line->value, "0") != 0;
	else if (option_name_begins(name, plugin, size) && option_name_begins(name + size, "-", 1) && name[size + 1])
		set_plugin_option(settings, &nothing, name + size + 1, order);
}

static void take_line(struct server_settings *settings, const struct option_line *line, unsigned int order)
{
	static const char enable[] = "enable-";
	const char *plugin = key_plugin_name(settings->plugin);
	const char *name = line->name;
	const char *taken_back;
	size_t size = strlen(plugin);

	if (option_name_begins(name, plugin, size) && option_name_begins(name + size, "-", 1) && name[size + 1])
		set_plugin_option(settings, line, name + size + 1, order);
	else if (option_name_is(name, plugin))
		set_plugin_mode(settings, line);
	else if (option_name_begins(name, enable, strlen(enable)) && option_name_is(name + strlen(enable), plugin))
		settings->plugin_off = false;
	else if (is_taken_back(line, &taken_back))
		take_back(settings, line, taken_back, order);
	else if (is_plugin_list(name))
		set_plugin_list(settings, line, order);
	else if (option_name_is(name, "user"))
		settings->user = line->value;
	else if (option_name_is(name, "datadir"))
		settings->datadir = line->value;
}

static struct server_settings settings_of(enum key_plugin plugin, struct secret *lines)
{
	struct server_settings settings = { .plugin = plugin, .lines = secret_take(lines) };
	struct option_line line;
	char *rest = (char *)settings.lines.data;

	for (unsigned int order = 0; rest && option_files_next(&rest, &line); order++)
		take_line(&settings, &line, order);
	return settings;
}

static bool serves(const struct server_settings *settings)
{
	return settings->plugin_loaded && !settings->plugin_off;
}

struct fault settings_parse(struct secret *lines, struct server_settings *ret_settings)
{
	SECRET struct secret copy = { 0 };
	SETTINGS struct server_settings own = { 0 };
	SETTINGS struct server_settings stock = { 0 };
	struct fault fault = fault_none();

	if (lines->data) {
		fault = secret_copy_text(&copy, lines->data, lines->size);
		if (fault.code)
			return fault;
	}
	own = settings_of(MKEYFILE_KEY_MANAGEMENT, &copy);
	stock = settings_of(FILE_KEY_MANAGEMENT, lines);
	if (serves(&own) && !(serves(&stock) && stock.load_order < own.load_order)) {
		*ret_settings = own;
		own = (struct server_settings){ 0 };
	} else {
		*ret_settings = stock;
		stock = (struct server_settings){ 0 };
	}
	return fault;
}

void settings_free(struct server_settings *settings)
{
	secret_free(&settings->lines);
	*settings = (struct server_settings){ 0 };
}

/* A number with one of the suffixes that the server multiplies by; one that is too
 * large is cut. */
static bool parse_count(const char *text, unsigned int *ret_count)
{
	static const char suffixes[] = "kmg";
	unsigned long long count;
	const char *suffix;
	char *end;

	count = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || (*end && end[1]))
		return false;
	suffix = *end ? strchr(suffixes, *end | 0x20) : NULL;
	if (*end && !suffix)
		return false;
	if (count > PBKDF2_ITERATIONS_MAX)
		count = PBKDF2_ITERATIONS_MAX;
	if (suffix)
		count <<= 10 * (suffix - suffixes + 1);
	*ret_count = count > PBKDF2_ITERATIONS_MAX ? PBKDF2_ITERATIONS_MAX : (unsigned int)count;
	return true;
}

bool settings_use_cbc(const struct server_settings *settings)
{
	const char *algorithm = settings->encryption_algorithm.value;

	return !algorithm || find_algorithm(algorithm) == ALGORITHM_CBC;
}

bool settings_kdf(const struct server_settings *settings, struct kdf *ret_kdf)
{
	struct kdf kdf = { 0 };

	if (settings->digest.value && !find_digest(settings->digest.value, &kdf.digest))
		return false;
	if (settings->use_pbkdf2.value && !parse_count(settings->use_pbkdf2.value, &kdf.iterations))
		return false;
	*ret_kdf = kdf;
	return true;
}

const char *settings_password_path(const struct server_settings *settings)
{
	const char *filekey = settings->filekey.value;

	if (!filekey || strncmp(filekey, FILE_PREFIX, strlen(FILE_PREFIX)))
		return NULL;
	return filekey + strlen(FILE_PREFIX);
}

/* ---- what the server says ---- */

/* As the server writes the names of variables in some of its errors. */
static const char *dashed_name(const struct server_settings *settings)
{
	return settings->plugin == MKEYFILE_KEY_MANAGEMENT ? "mkeyfile-key-management" : "file-key-management";
}

/* The first of them that an error follows from when the server does not know it. */
static const struct setting *first_unknown(const struct setting *const *settings)
{
	const struct setting *first = NULL;

	for (; *settings; settings++)
		if ((*settings)->value && !(*settings)->loose && (!first || (*settings)->order < first->order))
			first = *settings;
	return first;
}

/* The log would show the value; a password, or what may be one, is not repeated. */
static char *unknown_words(const struct server_settings *settings, const struct setting *setting)
{
	bool hidden =
		setting == &settings->unknown || (setting == &settings->filekey && !settings_password_path(settings));

	return words_of("unknown variable '%s=%s'", setting->name, hidden ? "..." : setting->value);
}

/* Without its plugin the server knows none of them. */
static char *not_loaded_words(const struct server_settings *settings)
{
	const struct setting *const all[] = { &settings->digest,
					      &settings->use_pbkdf2,
					      &settings->filename,
					      &settings->filekey,
					      &settings->encryption_algorithm,
					      &settings->unknown,
					      NULL };
	const struct setting *first = first_unknown(all);

	return first ? unknown_words(settings, first)
		     : words_of("the server does not load the plugin %s", key_plugin_name(settings->plugin));
}

/* The plugin is loaded, and is over with the key file when the rest is looked at. What
 * an Enterprise Server knows is not documented in full. */
static enum obstacle_kind find_unknown(const struct server_settings *settings, const struct server_profile *profile,
				       char **ret_words)
{
	const struct setting none = { 0 };
	bool has_kdf = !profile || profile->reads_kdf;
	bool is_known = profile && (profile->edition == COMMUNITY || profile->edition == PLUGIN);
	const struct setting *const candidates[] = { has_kdf ? &none : &settings->digest,
						     has_kdf ? &none : &settings->use_pbkdf2,
						     is_known ? &settings->unknown : &none, NULL };
	const struct setting *first = first_unknown(candidates);

	if (!first)
		return OBSTACLE_NONE;
	*ret_words = unknown_words(settings, first);
	return first == &settings->unknown ? OBSTACLE_UNKNOWN : OBSTACLE_KDF;
}

static char *wrong_value(const struct server_settings *settings, const struct server_profile *profile)
{
	const char *algorithm = settings->encryption_algorithm.value;
	const char *digest = settings->digest.value;
	const char *count = settings->use_pbkdf2.value;
	bool has_kdf = !profile || profile->reads_kdf;
	enum digest ignored;
	unsigned int number;

	if (settings->wrong_mode)
		return words_of("Error while setting value '%s' to '%s'", settings->wrong_mode, dashed_name(settings));
	if (algorithm && find_algorithm(algorithm) < 0)
		return words_of("Error while setting value '%s' to '%s-encryption-algorithm'", algorithm,
				dashed_name(settings));
	if (has_kdf && count && !parse_count(count, &number))
		return words_of("Error while setting value '%s' to '%s-use-pbkdf2'", count, dashed_name(settings));
	if (has_kdf && digest && !find_digest(digest, &ignored))
		return words_of("Error while setting value '%s' to '%s-digest'", digest, dashed_name(settings));
	return NULL;
}

/* What mkeyfile's plugin wants to be told before it takes a password from an option
 * file. */
static bool insists_on_clear_text(const struct server_settings *settings)
{
	const char *value = settings->clear_text_filekey.value;

	return value && (!settings->clear_text_filekey.has_value || !strcasecmp(value, "ON") ||
			 !strcasecmp(value, "TRUE") || !strcmp(value, "1"));
}

static bool has_clear_text(const struct server_settings *settings)
{
	return settings->filekey.value && *settings->filekey.value && !settings_password_path(settings);
}

static enum obstacle_kind find_obstacle(const struct server_settings *settings, const struct server_profile *profile,
					char **ret_words)
{
	const char *name = key_plugin_name(settings->plugin);
	bool is_own = settings->plugin == MKEYFILE_KEY_MANAGEMENT;

	if (!settings->plugin_loaded) {
		*ret_words = not_loaded_words(settings);
		return OBSTACLE_NOT_LOADED;
	}
	if (settings->plugin_off) {
		*ret_words = words_of("the plugin %s is switched off", name);
		return OBSTACLE_OFF;
	}
	if (settings->ambiguous) {
		*ret_words = words_of("ambiguous option '--%s=...' (%s-filename, %s-filekey)", settings->ambiguous,
				      dashed_name(settings), dashed_name(settings));
		return OBSTACLE_AMBIGUOUS;
	}
	if (settings->without_value) {
		*ret_words = words_of("option '--%s-%s' requires an argument", dashed_name(settings),
				      settings->without_value);
		return OBSTACLE_WITHOUT_VALUE;
	}
	*ret_words = wrong_value(settings, profile);
	if (*ret_words)
		return OBSTACLE_VALUE;
	if (!settings->filename.value || !*settings->filename.value) {
		*ret_words =
			words_of("%s%cfilename is not set", is_own ? name : dashed_name(settings), is_own ? '_' : '-');
		return OBSTACLE_NO_FILENAME;
	}
	if (is_own && has_clear_text(settings) && !insists_on_clear_text(settings)) {
		*ret_words = words_of("%s_filekey holds a password, which option files and ps show", name);
		return OBSTACLE_CLEAR_TEXT;
	}
	return find_unknown(settings, profile, ret_words);
}

struct fault settings_obstacle(const struct server_settings *settings, const struct server_profile *profile,
			       struct obstacle *ret_obstacle)
{
	struct obstacle obstacle = { 0 };

	obstacle.kind = find_obstacle(settings, profile, &obstacle.words);
	obstacle.before_file = obstacle.kind != OBSTACLE_KDF && obstacle.kind != OBSTACLE_UNKNOWN;
	*ret_obstacle = obstacle;
	return obstacle.kind && !obstacle.words ? fault_of(FAULT_MEMORY) : fault_none();
}
