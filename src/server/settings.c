/* SPDX-License-Identifier: MIT */
#include "server/settings.h"

#include "server/option_files.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLUGIN "file-key-management"
#define LIBRARY "file_key_management"
#define FILE_PREFIX "FILE:"

static bool is_library(const char *name, size_t size)
{
	static const char ending[] = ".so";

	if (size > strlen(ending) && !strncmp(name + size - strlen(ending), ending, strlen(ending)))
		size -= strlen(ending);
	return size == strlen(LIBRARY) && !strncmp(name, LIBRARY, size);
}

/* "LIBRARY", which loads all that is in it, or "NAME=LIBRARY"; several with ";" or
 * ":" between them (sql/sql_plugin.cc, plugin_load_list). */
static bool list_loads_plugin(const char *list)
{
	while (*list) {
		size_t size = strcspn(list, ";:");
		size_t name_size = strcspn(list, "=#");

		if (name_size > size)
			name_size = size;
		if (name_size == size ? is_library(list, size)
				      : name_size == strlen(LIBRARY) && !strncasecmp(list, LIBRARY, name_size) &&
						is_library(list + name_size + 1, size - name_size - 1))
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
	const char *name = line->name;

	if (option_name_begins(name, PLUGIN "-", strlen(PLUGIN "-")) && name[strlen(PLUGIN "-")])
		set_plugin_option(settings, line, name + strlen(PLUGIN "-"), order);
	else if (option_name_is(name, PLUGIN))
		set_plugin_mode(settings, line);
	else if (option_name_is(name, "skip-" PLUGIN) || option_name_is(name, "disable-" PLUGIN))
		settings->plugin_off = true;
	else if (option_name_is(name, "plugin-load"))
		settings->plugin_loaded = list_loads_plugin(line->value);
	else if (option_name_is(name, "plugin-load-add"))
		settings->plugin_loaded |= list_loads_plugin(line->value);
	else if (option_name_is(name, "user"))
		settings->user = line->value;
	else if (option_name_is(name, "datadir"))
		settings->datadir = line->value;
}

void settings_parse(struct secret *lines, struct server_settings *ret_settings)
{
	struct server_settings settings = { .lines = secret_take(lines) };
	struct option_line line;
	char *rest = (char *)settings.lines.data;

	for (unsigned int order = 0; rest && option_files_next(&rest, &line); order++)
		take_line(&settings, &line, order);
	*ret_settings = settings;
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

__attribute__((format(printf, 1, 2))) static char *words_of(const char *format, ...)
{
	char *words = NULL;
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vasprintf(&words, format, arguments);
	va_end(arguments);
	return size < 0 ? NULL : words;
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
	enum digest digest;

	if (settings->encryption_algorithm.value && !is_algorithm(settings->encryption_algorithm.value))
		return words_of("Error while setting value '%s' to '" PLUGIN "-encryption-algorithm'",
				settings->encryption_algorithm.value);
	if ((!profile || profile->reads_kdf) && settings->digest.value &&
	    !digest_from_name(settings->digest.value, &digest))
		return words_of("Error while setting value '%s' to '" PLUGIN "-digest'", settings->digest.value);
	return NULL;
}

static struct obstacle find_obstacle(const struct server_settings *settings, const struct server_profile *profile)
{
	struct obstacle obstacle = { .before_file = true };

	if (!settings->plugin_loaded) {
		obstacle.kind = OBSTACLE_NOT_LOADED;
		obstacle.words = unknown_variable(settings, false);
		if (!obstacle.words)
			obstacle.words = words_of("the server does not load the plugin " LIBRARY);
	} else if (settings->plugin_off) {
		obstacle.kind = OBSTACLE_OFF;
		obstacle.words = words_of("the plugin " LIBRARY " is switched off");
	} else if (settings->ambiguous) {
		obstacle.kind = OBSTACLE_AMBIGUOUS;
		obstacle.words = words_of("ambiguous option '--%s=...' (" PLUGIN "-filename, " PLUGIN "-filekey)",
					  settings->ambiguous);
	} else if ((obstacle.words = wrong_value(settings, profile))) {
		obstacle.kind = OBSTACLE_VALUE;
	} else if (!settings->filename.value || !*settings->filename.value) {
		obstacle.kind = OBSTACLE_NO_FILENAME;
		obstacle.words = words_of(PLUGIN "-filename is not set");
	} else if (profile && !profile->reads_kdf && (obstacle.words = unknown_variable(settings, true))) {
		obstacle.kind = OBSTACLE_KDF;
		obstacle.before_file = false;
	}
	return obstacle;
}

struct fault settings_obstacle(const struct server_settings *settings, const struct server_profile *profile,
			       struct obstacle *ret_obstacle)
{
	*ret_obstacle = find_obstacle(settings, profile);
	return ret_obstacle->kind && !ret_obstacle->words ? fault_of(FAULT_MEMORY) : fault_none();
}
