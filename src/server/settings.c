/* SPDX-License-Identifier: MIT */
#include "server/settings.h"

#include "core/format.h"
#include "core/words.h"
#include "server/option_match.h"

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

/* Returns the number of a value as the server finds it: by number, by name, or by the beginning
 * of exactly one name. Returns -1 if there is none. */
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

enum { MODE_OFF, MODE_ON, MODE_FORCE, MODE_FORCE_PLUS_PERMANENT, MODE_COUNT };

static int find_mode(const char *value)
{
	static const char *const names[MODE_COUNT] = { "OFF", "ON", "FORCE", "FORCE_PLUS_PERMANENT" };

	return find_value(value, names, MODE_COUNT);
}

/* Parses a number with an optional suffix that multiplies it. A number that is too large becomes
 * the maximum. */
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

/* ---- the options of the plugins ---- */

enum plugin_option {
	OPTION_MODE,
	OPTION_FILENAME,
	OPTION_FILEKEY,
	OPTION_ALGORITHM,
	OPTION_DIGEST,
	OPTION_PBKDF2,
	OPTION_CLEAR_TEXT,
	OPTION_RELOAD
};

/* The server has each option with "plugin-" before its name as well. */
#define NAMES(plugin, option) plugin option, "plugin-" plugin option

/* In the order in which the plugin declares them: error messages depend on it. */
static const char *const stock_names[] = {
	NAMES("file-key-management", ""),	  NAMES("file-key-management", "-filename"),
	NAMES("file-key-management", "-filekey"), NAMES("file-key-management", "-encryption-algorithm"),
	NAMES("file-key-management", "-digest"),  NAMES("file-key-management", "-use-pbkdf2"),
};

static const char *const own_names[] = {
	NAMES("mkeyfile-key-management", ""),
	NAMES("mkeyfile-key-management", "-filename"),
	NAMES("mkeyfile-key-management", "-filekey"),
	NAMES("mkeyfile-key-management", "-encryption-algorithm"),
	NAMES("mkeyfile-key-management", "-digest"),
	NAMES("mkeyfile-key-management", "-use-pbkdf2"),
	NAMES("mkeyfile-key-management", "-clear-text-filekey"),
	NAMES("mkeyfile-key-management", "-reload"),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_own(const struct server_settings *settings)
{
	return settings->plugin == MKEYFILE_KEY_MANAGEMENT;
}

static struct option_match match_option(const struct server_settings *settings, const struct option_line *line)
{
	return is_own(settings) ? option_match(line, own_names, COUNT(own_names))
				: option_match(line, stock_names, COUNT(stock_names));
}

static const char *option_name(const struct server_settings *settings, size_t index)
{
	return is_own(settings) ? own_names[index] : stock_names[index];
}

/* Treats digest and use_pbkdf2 as options that the server does not have. */
static const char *last_name(const struct server_settings *settings, const struct option_match *match)
{
	const size_t end = is_own(settings) ? COUNT(own_names) : 2 * (size_t)OPTION_DIGEST;

	return option_name(settings, match->last < end ? match->last : end - 2);
}

static struct setting *setting_of(struct server_settings *settings, enum plugin_option option)
{
	switch (option) {
	case OPTION_FILENAME:
		return &settings->filename;
	case OPTION_FILEKEY:
		return &settings->filekey;
	case OPTION_ALGORITHM:
		return &settings->encryption_algorithm;
	case OPTION_DIGEST:
		return &settings->digest;
	case OPTION_PBKDF2:
		return &settings->use_pbkdf2;
	case OPTION_CLEAR_TEXT:
		return &settings->clear_text_filekey;
	default:
		return &settings->reload;
	}
}

static bool is_of_kdf(const struct server_settings *settings, enum plugin_option option)
{
	return !is_own(settings) && (option == OPTION_DIGEST || option == OPTION_PBKDF2);
}

static bool has_error(const struct option_error *error)
{
	return error->kind != OBSTACLE_NONE;
}

/* Keeps the first error. Takes ownership of words. */
static void set_error(struct option_error *error, enum obstacle_kind kind, unsigned int order, char *words)
{
	if (has_error(error))
		free(words);
	else
		*error = (struct option_error){ .kind = kind, .words = words, .order = order };
}

static const char *value_to_show(const struct option_line *line)
{
	return line->has_value ? "=..." : "";
}

static char *ambiguous_words(const struct option_line *line, const struct option_match *match, const char *first,
			     const char *last)
{
	if (match->prefix)
		return format_text("ambiguous option '--%s-%s%s' (--%s-%s)", match->prefix, match->rest,
				   value_to_show(line), match->prefix, first);
	return format_text("ambiguous option '--%s%s' (%s, %s)", line->whole, value_to_show(line), first, last);
}

/* The server's log shows the value. A value that may be a password is not repeated here. */
static char *unknown_words(const struct option_line *line, bool is_path)
{
	if (!line->has_value)
		return format_text("unknown option '--%s'", line->whole);
	return format_text("unknown variable '%s=%s'", line->whole, is_path ? line->value : "...");
}

static bool is_path(enum plugin_option option, const char *value)
{
	return option == OPTION_FILEKEY ? value && !strncmp(value, FILE_PREFIX, strlen(FILE_PREFIX))
					: option < OPTION_CLEAR_TEXT;
}

static bool is_valid(enum plugin_option option, const char *value)
{
	enum digest digest;
	unsigned int count;

	switch (option) {
	case OPTION_MODE:
		return find_mode(value) >= 0;
	case OPTION_ALGORITHM:
		return find_algorithm(value) >= 0;
	case OPTION_DIGEST:
		return find_digest(value, &digest);
	case OPTION_PBKDF2:
		return parse_count(value, &count);
	default:
		return true;
	}
}

/* Returns the server's message about a wrong prefix or a missing value, or NULL. */
static char *refusal_of_form(const struct option_match *match, const char *name, bool needs_value,
			     enum obstacle_kind *ret_kind)
{
	*ret_kind = OBSTACLE_PREFIX;
	if (match->autoset)
		return match->value ? format_text("automatically set option '--%s' cannot take an argument", name)
				    : format_text("automatic setup request is unsupported by option '--%s'", name);
	*ret_kind = OBSTACLE_WITHOUT_VALUE;
	if (needs_value && !match->value)
		return format_text("option '--%s' requires an argument", name);
	*ret_kind = OBSTACLE_NONE;
	return NULL;
}

/* Returns the server's message if it cannot set the option this way, or NULL. */
static char *refusal_of(const struct option_match *match, const char *name, enum plugin_option option,
			enum obstacle_kind *ret_kind)
{
	char *words = refusal_of_form(match, name, option >= OPTION_FILENAME && option <= OPTION_PBKDF2, ret_kind);

	if (*ret_kind)
		return words;
	*ret_kind = OBSTACLE_PREFIX;
	if (match->maximum && option == OPTION_MODE)
		return format_text("Maximum value of '%s' cannot be set", name);
	*ret_kind = OBSTACLE_VALUE;
	if (match->value && !is_valid(option, match->value))
		return format_text("Error while setting value '%s' to '%s'", match->value, name);
	*ret_kind = OBSTACLE_NONE;
	return NULL;
}

static void set_mode(struct server_settings *settings, const char *value)
{
	const int mode = value ? find_mode(value) : MODE_ON;

	settings->plugin_off = mode == MODE_OFF;
	settings->plugin_forced = mode >= MODE_FORCE;
}

static void set_option(struct server_settings *settings, const struct option_line *line,
		       const struct option_match *match, enum plugin_option option)
{
	struct setting *setting;

	if (option == OPTION_MODE) {
		set_mode(settings, match->value);
		return;
	}
	setting = setting_of(settings, option);
	setting->loose = match->loose && (setting->loose || !setting->value);
	setting->name = line->name;
	setting->value = !match->value ? "1" : match->enabled && option <= OPTION_FILEKEY ? "" : match->value;
}

/* Handles an option of the plugin as the plugin's own parser does if it is loaded. */
static void take_option(struct server_settings *settings, const struct option_line *line,
			const struct option_match *match, unsigned int order)
{
	const enum plugin_option option = (enum plugin_option)(match->first / 2);
	struct option_error *error = is_of_kdf(settings, option) ? &settings->kdf_error : &settings->error;
	enum obstacle_kind kind;
	char *words = refusal_of(match, option_name(settings, match->first), option, &kind);

	if (!kind)
		set_option(settings, line, match, option);
	else if (match->loose && (kind == OBSTACLE_VALUE || match->maximum))
		free(words); /* the server prints this, continues, and keeps the earlier value */
	else
		set_error(error, kind, order, words);
	if (kind == OBSTACLE_VALUE && !match->loose)
		set_option(settings, line, match, option);
	if (!match->loose && is_of_kdf(settings, option))
		set_error(&settings->unknown_kdf, OBSTACLE_KDF, order, unknown_words(line, true));
	if (!match->loose)
		set_error(&settings->without_plugin, OBSTACLE_UNKNOWN, order,
			  unknown_words(line, is_path(option, line->value)));
}

/* Whether name contains the name of a plugin or option, at the beginning or after prefixes, which
 * the server may not know. No other option contains such a name. */
static bool has_part(const char *name, const char *part)
{
	while (*name && !option_name_begins(name, part, strlen(part))) {
		name += strcspn(name, "-_");
		name += strspn(name, "-_");
	}
	return *name;
}

static bool is_for_plugin(const struct server_settings *settings, const char *name)
{
	return has_part(name, key_plugin_name(settings->plugin));
}

/* Handles any line that is meant for the plugin, known or not. */
static void take_plugin_line(struct server_settings *settings, const struct option_line *line, unsigned int order)
{
	const struct option_match match = match_option(settings, line);

	if (match.count == 1) {
		take_option(settings, line, &match, order);
		return;
	}
	if (match.count > 1)
		set_error(&settings->error, OBSTACLE_AMBIGUOUS, order,
			  ambiguous_words(line, &match, option_name(settings, match.first),
					  last_name(settings, &match)));
	else if (!match.loose && is_for_plugin(settings, match.rest))
		set_error(&settings->unknown, OBSTACLE_UNKNOWN, order, unknown_words(line, false));
	if (!match.loose && (match.count || is_for_plugin(settings, match.rest)))
		set_error(&settings->without_plugin, OBSTACLE_UNKNOWN, order, unknown_words(line, false));
}

/* ---- what is loaded, and as whom the server runs ---- */

/* Plugins that provide keys. A server uses at most one of them. */
enum { RIVAL_COUNT = 6 };

static const char *const key_plugins[RIVAL_COUNT] = {
	[FILE_KEY_MANAGEMENT] = "file_key_management",
	[MKEYFILE_KEY_MANAGEMENT] = "mkeyfile_key_management",
	"hashicorp_key_management",
	"aws_key_management",
	"debug_key_management",
	"example_key_management",
};

struct loads {
	bool loaded[RIVAL_COUNT];
	bool off[RIVAL_COUNT]; /* of plugins that are not parsed here */
	bool goes_on;	       /* after a library that does not load */
	bool cut;	       /* the list had more items after that, which were dropped */
};

/* Returns the key plugin that a library contains, by its file name; -1: none. */
static int plugin_in(const char *library, size_t size)
{
	static const char ending[] = ".so";

	if (size > strlen(ending) && !strncmp(library + size - strlen(ending), ending, strlen(ending)))
		size -= strlen(ending);
	for (int i = 0; i < RIVAL_COUNT; i++)
		if (size == strlen(key_plugins[i]) && !strncmp(library, key_plugins[i], size))
			return i;
	return -1;
}

/* The characters of usual library names. A blank or a quote is a mistake in the option file. */
static const char library_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.";

/* Handles one item of a list: "LIBRARY", which loads everything in it, or "NAME=LIBRARY". Returns
 * false if the server cannot load it. */
static bool load_item(struct loads *loads, const char *item, size_t size)
{
	const size_t name_size = strcspn(item, "=#");
	const bool has_name = name_size < size;
	const char *library = has_name ? item + name_size + 1 : item;
	const size_t library_size = has_name ? size - name_size - 1 : size;
	const int plugin = plugin_in(library, library_size);

	if (plugin < 0)
		return library_size && strspn(library, library_bytes) >= library_size;
	if (has_name && (name_size != strlen(key_plugins[plugin]) ||
			 strncasecmp(item, key_plugins[plugin], name_size) || loads->loaded[plugin]))
		return false;
	loads->loaded[plugin] = true;
	return true;
}

/* Handles a list separated by ";" or ":". After an item that does not load, the server drops the
 * rest (sql/sql_plugin.cc, plugin_load_list; measured: 11.8.9 does not). */
static void load_list(struct loads *loads, const char *list)
{
	bool done = false;

	while (*list && !done) {
		const size_t size = strcspn(list, ";:");

		done = size && !load_item(loads, list, size) && !loads->goes_on;
		list += size + (list[size] != '\0');
	}
	loads->cut |= *list != '\0';
}

/* Options that the server reads before it loads plugins. */
static const char *const early_names[] = { "plugin-load", "plugin-load-add", "plugin_dir", "plugin_maturity" };

static char *string_refusal(const struct option_line *line, const struct option_match *match, const char *const *names,
			    enum obstacle_kind *ret_kind)
{
	const char *name = names[match->first];

	*ret_kind = OBSTACLE_AMBIGUOUS;
	if (match->count > 1)
		return ambiguous_words(line, match, name, names[match->last]);
	return refusal_of_form(match, name, true, ret_kind);
}

/* plugin_load empties the list to which plugin_load_add appends. Each list fails on its own. */
static void take_load_line(struct server_settings *settings, struct loads *loads, const struct option_line *line,
			   unsigned int order)
{
	const struct option_match match = option_match(line, early_names, COUNT(early_names));
	enum obstacle_kind kind;
	char *words;

	if (!match.count && !match.loose && has_part(match.rest, early_names[0]))
		set_error(&settings->unknown, OBSTACLE_UNKNOWN, order, unknown_words(line, true));
	if (!match.count)
		return;
	words = string_refusal(line, &match, early_names, &kind);
	if (kind) {
		set_error(&settings->load_error, kind, order, words);
		return;
	}
	if (!strcmp(early_names[match.first], "plugin-load"))
		memset(loads->loaded, 0, sizeof(loads->loaded));
	if (option_name_begins(early_names[match.first], "plugin-load", strlen("plugin-load")))
		load_list(loads, match.value);
}

static void take_rival_line(struct loads *loads, const struct option_line *line)
{
	for (size_t i = MKEYFILE_KEY_MANAGEMENT + 1; i < RIVAL_COUNT; i++) {
		const struct option_match match = option_match(line, &key_plugins[i], 1);

		if (match.count == 1 && strlen(match.rest) == strlen(key_plugins[i]))
			loads->off[i] = match.value && find_mode(match.value) == MODE_OFF;
	}
}

/* Options that the server reads next: datadir, user, and others with the same beginnings, in the
 * server's order. Measured on 10.5.23, 10.11.19 and 11.8.9. */
static const char *const place_names[] = { "debug", "datadir", "default_regex_flags", "user", "use_stat_tables" };
static const char *const older_place_names[] = { "debug", "datadir",	     "date_format",	     "datetime_format",
						 "user",  "use_stat_tables", "debug_no_thread_alarm" };

static void take_place_error(struct option_error *error, const struct option_line *line, const char *const *names,
			     size_t count, unsigned int order)
{
	const struct option_match match = option_match(line, names, count);
	const bool is_datadir = match.count == 1 && !strcmp(names[match.first], "datadir");
	enum obstacle_kind kind;
	char *words;

	if (match.count < 2 && !is_datadir)
		return;
	words = string_refusal(line, &match, names, &kind);
	if (kind)
		set_error(error, kind, order, words);
	else if (match.maximum)
		set_error(error, OBSTACLE_PREFIX, order, format_text("Maximum value of 'datadir' cannot be set"));
}

static void take_place_line(struct server_settings *settings, const struct option_line *line, unsigned int order)
{
	const struct option_match match = option_match(line, place_names, COUNT(place_names));

	take_place_error(&settings->place_error, line, place_names, COUNT(place_names), order);
	take_place_error(&settings->older_place, line, older_place_names, COUNT(older_place_names), order);
	if (match.count != 1 || !match.value)
		return;
	if (!strcmp(place_names[match.first], "datadir"))
		settings->datadir = match.value;
	if (!strcmp(place_names[match.first], "user") && !settings->user)
		settings->user = match.value;
}

static void take_default_key(struct server_settings *settings, const struct option_line *line)
{
	static const char *const names[] = { "innodb_default_encryption_key_id", "innodb_default_row_format" };
	const struct option_match match = option_match(line, names, COUNT(names));
	unsigned long id;

	if (match.count != 1 || match.first || !match.value)
		return;
	id = strtoul(match.value, NULL, 10);
	settings->default_key_id = id <= KEY_ID_MAX ? (uint32_t)id : 0;
}

/* Finds a name that is known except for its capital letters, and "LOOSE-". */
static void take_capitals(struct server_settings *settings, const struct option_line *line, unsigned int order)
{
	static const char loose[] = "loose";
	const bool is_loose = line->loose && !strncmp(line->whole, loose, strlen(loose));

	if (is_loose || !strpbrk(line->whole, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return;
	if (line->loose || option_match(line, early_names, COUNT(early_names)).count ||
	    option_match(line, place_names, COUNT(place_names)).count ||
	    option_match(line, own_names, COUNT(own_names)).count ||
	    option_match(line, stock_names, COUNT(stock_names)).count)
		set_error(&settings->capitals_error, OBSTACLE_UNKNOWN, order, unknown_words(line, false));
}

/* The server drops a plugin if it cannot set one of its options. */
static bool serves(const struct server_settings *settings)
{
	return settings->plugin_loaded && !settings->plugin_off && !has_error(&settings->error);
}

/* Ranks the plugins by how likely the operator means them. */
static int rank(const struct server_settings *settings)
{
	if (serves(settings))
		return 3;
	return settings->plugin_loaded ? 2 : settings->filename.value != NULL;
}

static void option_error_free(struct option_error *error)
{
	free(error->words);
	*error = (struct option_error){ 0 };
}

/* Moves the error to place if it is on an earlier line. */
static void merge_error(struct option_error *place, struct option_error *error)
{
	if (!has_error(error) || (has_error(place) && place->order < error->order))
		return;
	option_error_free(place);
	*place = *error;
	*error = (struct option_error){ 0 };
}

/* Returns the error of the other plugin that stops the server. The server continues without a
 * plugin that it drops, unless the plugin is forced (10.11.19: then it prints nothing about the
 * plugin's other options). */
static struct option_error *error_of_other(struct server_settings *other)
{
	if (!other->plugin_loaded)
		return &other->without_plugin;
	return has_error(&other->error) && other->plugin_forced ? &other->error : &other->unknown;
}

/* Decides what depends on both plugins. settings belongs to the chosen one. */
static void settle(struct server_settings *settings, struct server_settings *other, const struct loads *loads)
{
	if (!settings->plugin_loaded)
		merge_error(&settings->unknown, &settings->without_plugin);
	merge_error(&settings->unknown, error_of_other(other));
	if (!serves(settings))
		return;
	if (serves(other)) {
		settings->rival = key_plugin_name(other->plugin);
		settings->rival_filename = other->filename.value;
	}
	for (size_t i = MKEYFILE_KEY_MANAGEMENT + 1; i < RIVAL_COUNT; i++)
		if (loads->loaded[i] && !loads->off[i])
			settings->rival = key_plugins[i];
}

void settings_parse(const struct option_lines *lines, const struct server_profile *profile,
		    struct server_settings *ret_settings)
{
	SETTINGS struct server_settings own = { .plugin = MKEYFILE_KEY_MANAGEMENT };
	SETTINGS struct server_settings stock = { .plugin = FILE_KEY_MANAGEMENT };
	SETTINGS struct server_settings common = { 0 };
	struct server_settings *chosen;
	struct loads loads = { .goes_on = profile && !profile->options_before_11_8 };

	for (unsigned int order = 0; order < lines->count; order++) {
		const struct option_line *line = &lines->items[order];

		take_load_line(&common, &loads, line, order);
		take_plugin_line(&own, line, order);
		take_plugin_line(&stock, line, order);
		take_rival_line(&loads, line);
		take_place_line(&common, line, order);
		take_default_key(&common, line);
		take_capitals(&common, line, order);
	}
	own.plugin_loaded = loads.loaded[MKEYFILE_KEY_MANAGEMENT];
	stock.plugin_loaded = loads.loaded[FILE_KEY_MANAGEMENT];
	chosen = rank(&own) > rank(&stock) ? &own : &stock;
	settle(chosen, chosen == &own ? &stock : &own, &loads);
	chosen->user = common.user;
	chosen->datadir = common.datadir;
	chosen->default_key_id = common.default_key_id;
	chosen->list_cut = loads.cut;
	merge_error(&chosen->load_error, &common.load_error);
	merge_error(&chosen->unknown, &common.unknown);
	merge_error(&chosen->capitals_error, &common.capitals_error);
	merge_error(&chosen->place_error, &common.place_error);
	merge_error(&chosen->older_place, &common.older_place);
	*ret_settings = *chosen;
	*chosen = (struct server_settings){ 0 };
}

void settings_free(struct server_settings *settings)
{
	option_error_free(&settings->load_error);
	option_error_free(&settings->capitals_error);
	option_error_free(&settings->place_error);
	option_error_free(&settings->older_place);
	option_error_free(&settings->error);
	option_error_free(&settings->kdf_error);
	option_error_free(&settings->unknown_kdf);
	option_error_free(&settings->unknown);
	option_error_free(&settings->without_plugin);
	*settings = (struct server_settings){ 0 };
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

/* The name as the server writes it in some of its errors. */
static const char *dashed_name(const struct server_settings *settings)
{
	return is_own(settings) ? own_names[OPTION_MODE] : stock_names[OPTION_MODE];
}

/* Whether the option file allows a password in clear text, which mkeyfile's plugin requires. */
static bool allows_clear_text(const struct server_settings *settings)
{
	const char *value = settings->clear_text_filekey.value;

	return value && (!strcasecmp(value, "ON") || !strcasecmp(value, "TRUE") || !strcmp(value, "1"));
}

static bool has_clear_text(const struct server_settings *settings)
{
	return settings->filekey.value && *settings->filekey.value && !settings_password_path(settings);
}

/* Returns the first error. If the server has the KDF settings, this is the error on the earlier
 * line. */
static const struct option_error *first_error(const struct server_settings *settings,
					      const struct server_profile *profile)
{
	const struct option_error *error = &settings->error;
	const struct option_error *kdf = &settings->kdf_error;

	if (profile && !profile->reads_kdf)
		return error;
	return has_error(kdf) && (!has_error(error) || kdf->order < error->order) ? kdf : error;
}

/* Returns the first unknown option. The server looks for it after the plugin has loaded the key
 * file. The options of an Enterprise Server are not fully documented. */
static const struct option_error *first_unknown(const struct server_settings *settings,
						const struct server_profile *profile)
{
	const bool is_known = profile && (profile->edition == COMMUNITY || profile->edition == PLUGIN);
	const struct option_error *kdf = &settings->unknown_kdf;
	const struct option_error *unknown = &settings->unknown;

	if (!is_known)
		unknown = NULL;
	if (!profile || profile->reads_kdf || !has_error(kdf))
		return unknown;
	return unknown && has_error(unknown) && unknown->order < kdf->order ? unknown : kdf;
}

static enum obstacle_kind take_error(const struct option_error *error, char **ret_words)
{
	*ret_words = error->words ? strdup(error->words) : NULL;
	return error->kind;
}

static enum obstacle_kind find_obstacle(const struct server_settings *settings, const struct server_profile *profile,
					char **ret_words)
{
	const char *name = key_plugin_name(settings->plugin);
	const struct option_error *error = first_error(settings, profile);
	const struct option_error *place_error =
		profile && profile->options_before_11_8 ? &settings->older_place : &settings->place_error;

	if (has_error(&settings->load_error))
		return take_error(&settings->load_error, ret_words);
	if (profile && profile->no_capitals && has_error(&settings->capitals_error))
		return take_error(&settings->capitals_error, ret_words);
	if (has_error(place_error))
		return take_error(place_error, ret_words);
	if (!settings->plugin_loaded) {
		if (!has_error(&settings->unknown))
			*ret_words = format_text("the server does not load the plugin %s", name);
		else
			take_error(&settings->unknown, ret_words);
		return OBSTACLE_NOT_LOADED;
	}
	if (has_error(error))
		return take_error(error, ret_words);
	if (settings->plugin_off) {
		error = first_unknown(settings, profile);
		if (!error || !take_error(error, ret_words))
			*ret_words = format_text("the plugin %s is switched off", name);
		return OBSTACLE_OFF;
	}
	if (!settings->filename.value || !*settings->filename.value) {
		*ret_words = format_text("%s%cfilename is not set", is_own(settings) ? name : dashed_name(settings),
					 is_own(settings) ? '_' : '-');
		return OBSTACLE_NO_FILENAME;
	}
	if (is_own(settings) && has_clear_text(settings) && !allows_clear_text(settings)) {
		*ret_words = format_text("%s" WORDS_CLEAR_TEXT_PASSWORD, name);
		return OBSTACLE_CLEAR_TEXT;
	}
	error = first_unknown(settings, profile);
	return error ? take_error(error, ret_words) : OBSTACLE_NONE;
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
