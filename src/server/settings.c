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
static bool list_loads_plugin(const char *list, const char *plugin)
{
	while (*list) {
		size_t size = strcspn(list, ";:");
		size_t name_size = strcspn(list, "=#");

		if (name_size > size)
			name_size = size;
		if (name_size == size ? is_library(list, size, plugin)
				      : name_size == strlen(plugin) && !strncasecmp(list, plugin, name_size) &&
						is_library(list + name_size + 1, size - name_size - 1, plugin))
			return true;
		list += size + (list[size] != '\0');
	}
	return false;
}

static void set(struct setting *setting, const struct option_line *line, unsigned int order)
{
	setting->loose = line->loose && (setting->loose || !setting->value);
	setting->name = line->name;
	setting->value = line->value;
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
	};
	struct setting *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (option_name_begins(name, options[i].name, strlen(name))) {
			found = options[i].setting;
			count++;
		}
	}
	if (count == 1)
		set(found, line, order);
	else if (count)
		settings->ambiguous = line->name;
}

static void set_plugin_mode(struct server_settings *settings, const struct option_line *line)
{
	settings->plugin_off = !strcasecmp(line->value, "OFF") || !strcmp(line->value, "0");
	settings->plugin_forced = !strncasecmp(line->value, "FORCE", strlen("FORCE")) || !strcmp(line->value, "2") ||
				  !strcmp(line->value, "3");
}

static void take_line(struct server_settings *settings, const struct option_line *line, unsigned int order)
{
	static const char skip[] = "skip-";
	static const char disable[] = "disable-";
	const char *plugin = key_plugin_name(settings->plugin);
	const char *name = line->name;
	size_t size = strlen(plugin);

	if (option_name_begins(name, plugin, size) && option_name_begins(name + size, "-", 1) && name[size + 1])
		set_plugin_option(settings, line, name + size + 1, order);
	else if (option_name_is(name, plugin))
		set_plugin_mode(settings, line);
	else if ((option_name_begins(name, skip, strlen(skip)) && option_name_is(name + strlen(skip), plugin)) ||
		 (option_name_begins(name, disable, strlen(disable)) && option_name_is(name + strlen(disable), plugin)))
		settings->plugin_off = true;
	else if (option_name_is(name, "plugin-load"))
		settings->plugin_loaded = list_loads_plugin(line->value, plugin);
	else if (option_name_is(name, "plugin-load-add"))
		settings->plugin_loaded |= list_loads_plugin(line->value, plugin);
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

struct fault settings_parse(struct secret *lines, struct server_settings *ret_settings)
{
	SECRET struct secret copy = { 0 };
	SETTINGS struct server_settings own = { 0 };
	struct fault fault = fault_none();

	if (lines->data) {
		fault = secret_copy_text(&copy, lines->data, lines->size);
		if (fault.code)
			return fault;
	}
	own = settings_of(MKEYFILE_KEY_MANAGEMENT, &copy);
	if (own.plugin_loaded && !own.plugin_off) {
		*ret_settings = own;
		own = (struct server_settings){ 0 };
		secret_free(lines);
	} else {
		*ret_settings = settings_of(FILE_KEY_MANAGEMENT, lines);
	}
	return fault;
}

void settings_free(struct server_settings *settings)
{
	secret_free(&settings->lines);
	*settings = (struct server_settings){ 0 };
}

static bool parse_count(const char *text, unsigned int *ret_count)
{
	unsigned long long count;
	char *end;

	count = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || count > PBKDF2_ITERATIONS_MAX)
		return false;
	*ret_count = (unsigned int)count;
	return true;
}

bool settings_kdf(const struct server_settings *settings, struct kdf *ret_kdf)
{
	struct kdf kdf = { 0 };

	if (settings->digest.value && !digest_from_name(settings->digest.value, &kdf.digest))
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

/* The first of them that an error follows from when the server does not know it.
 * The log would show the value; a password is not repeated here. */
static char *unknown_variable(const struct server_settings *settings, bool only_kdf)
{
	const struct setting *of_kdf[] = { &settings->digest, &settings->use_pbkdf2, NULL };
	const struct setting *of_plugin[] = { &settings->digest,  &settings->use_pbkdf2,	   &settings->filename,
					      &settings->filekey, &settings->encryption_algorithm, NULL };
	const struct setting *first = NULL;

	for (const struct setting **setting = only_kdf ? of_kdf : of_plugin; *setting; setting++)
		if ((*setting)->value && !(*setting)->loose && (!first || (*setting)->order < first->order))
			first = *setting;
	if (!first)
		return NULL;
	return words_of("unknown variable '%s=%s'", first->name,
			first == &settings->filekey && !settings_password_path(settings) ? "..." : first->value);
}

static bool is_algorithm(const char *name)
{
	return !strcasecmp(name, "aes_cbc") || !strcasecmp(name, "aes_ctr");
}

static char *wrong_value(const struct server_settings *settings, const struct server_profile *profile)
{
	const char *algorithm = settings->encryption_algorithm.value;
	const char *digest = settings->digest.value;
	enum digest ignored;

	if (algorithm && !is_algorithm(algorithm))
		return words_of("Error while setting value '%s' to '%s-encryption-algorithm'", algorithm,
				dashed_name(settings));
	if ((!profile || profile->reads_kdf) && digest && !digest_from_name(digest, &ignored))
		return words_of("Error while setting value '%s' to '%s-digest'", digest, dashed_name(settings));
	return NULL;
}

/* What mkeyfile's plugin wants to be told before it takes a password from an option
 * file. */
static bool insists_on_clear_text(const struct server_settings *settings)
{
	const char *value = settings->clear_text_filekey.value;

	return value && strcasecmp(value, "OFF") && strcmp(value, "0");
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
	char *words;

	if (!settings->plugin_loaded) {
		words = unknown_variable(settings, false);
		*ret_words = words ? words : words_of("the server does not load the plugin %s", name);
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
	*ret_words = profile && !profile->reads_kdf ? unknown_variable(settings, true) : NULL;
	return *ret_words ? OBSTACLE_KDF : OBSTACLE_NONE;
}

struct fault settings_obstacle(const struct server_settings *settings, const struct server_profile *profile,
			       struct obstacle *ret_obstacle)
{
	struct obstacle obstacle = { 0 };

	obstacle.kind = find_obstacle(settings, profile, &obstacle.words);
	obstacle.before_file = obstacle.kind != OBSTACLE_KDF;
	*ret_obstacle = obstacle;
	return obstacle.kind && !obstacle.words ? fault_of(FAULT_MEMORY) : fault_none();
}
