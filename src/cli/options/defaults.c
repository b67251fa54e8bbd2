/* SPDX-License-Identifier: MIT */
#include "cli/options/defaults.h"

#include "cli/options/repeatable.h"
#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/file.h"
#include "core/format.h"
#include "server/installed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRINT_DEFAULTS "my_print_defaults"
#define OWN_GROUP "mkeyfile"
#define SERVER_GROUPS "--mysqld"
#define TARGET_SHOWN 32
#define DATADIR_DEFAULT "/var/lib/mysql"

struct option_files defaults_option_files(const struct host *host)
{
	const char *program = option_from_environment("MKEYFILE_PRINT_DEFAULTS");

	return (struct option_files){
		.program = program ? program : PRINT_DEFAULTS,
		.defaults_file = host->defaults_file,
		.group_suffix = host->defaults_group_suffix,
		.environment = host->environment,
		.copy = host->option_files.copy,
	};
}

static bool is_missing(struct fault fault)
{
	return fault.code == FAULT_COMMAND_FAILED && fault.error_number == -ENOENT;
}

/* Without options for option files, a host without MariaDB needs none. */
static bool may_be_missing(const struct host *host)
{
	return !host->defaults_file && !host->defaults_group_suffix &&
	       !option_from_environment("MKEYFILE_PRINT_DEFAULTS");
}

static void hint_at_no_defaults(void)
{
	message_hint("use --no-defaults to ignore the option files");
}

static enum status say_unreadable(const struct option_files *files, struct fault fault)
{
	if (fault.code == FAULT_TOO_LARGE) {
		message_error("cannot read the option files: '%s' prints too much output", files->program);
	} else {
		enum status status = message_program_fault(fault, files->program);

		if (fault.code == FAULT_MEMORY)
			return status;
	}
	hint_at_no_defaults();
	return STATUS_FAILED;
}

/* Messages of my_print_defaults about the files are printed once, with the first group. */
static enum status read_group(const struct host *host, const char *group, struct option_lines *ret_lines)
{
	const struct option_files files = defaults_option_files(host);
	bool is_said = host->own_lines.text.data || host->has_server_lines;
	struct fault fault = option_files_read(&files, group, is_said, ret_lines);

	if (!fault.code || (is_missing(fault) && may_be_missing(host)))
		return STATUS_DONE;
	return say_unreadable(&files, fault);
}

static enum status read_server_lines(struct host *host)
{
	enum status status =
		host->has_server_lines ? STATUS_DONE : read_group(host, SERVER_GROUPS, &host->server_lines);

	host->has_server_lines |= !status;
	return status;
}

enum status defaults_find_places(struct host *host, struct server_places *ret_places)
{
	enum status status = read_server_lines(host);

	if (status)
		return status;
	return message_fault(server_places_find(&host->server_lines, DATADIR_DEFAULT, ret_places), "");
}

enum status defaults_find_files(struct host *host, const char *datadir, struct server_places *ret_files)
{
	enum status status = read_server_lines(host);

	if (status)
		return status;
	return message_fault(server_files_find(&host->server_lines, datadir, ret_files), "");
}

static bool is_installed_server(const char *target)
{
	return target && !strcasecmp(target, "auto");
}

/* Standard input is never the server's file. */
static bool may_be_servers(const char *file)
{
	return !file || !is_standard_stream(file);
}

static bool is_named(const struct host *host, const struct refused_option_file *file)
{
	return host->defaults_file && !strcmp(host->defaults_file, file->path);
}

/* Refuses an untrusted option file that is given on the command line. Other untrusted files are
 * ignored. */
static enum status refuse_named(const struct host *host)
{
	const struct option_files_seen *seen = &host->option_files;

	for (size_t i = 0; i < seen->refused_count; i++) {
		if (!is_named(host, &seen->refused[i]))
			continue;
		message_untrusted(seen->refused[i].path, &seen->refused[i].refusal);
		return STATUS_REFUSED;
	}
	return STATUS_DONE;
}

/* Called after the group [mkeyfile] of the other files, which may set --quiet. */
static void say_ignored(const struct host *host)
{
	const struct option_files_seen *seen = &host->option_files;

	for (size_t i = 0; i < seen->refused_count; i++)
		if (!seen->refused[i].absent)
			message_ignored(seen->refused[i].path, &seen->refused[i].refusal);
}

/* Finds the option files and their owners. */
static enum status look_at_files(struct host *host)
{
	const struct option_files files = defaults_option_files(host);
	struct fault fault = option_files_look(&files, &host->option_files);

	if (!fault.code)
		return refuse_named(host);
	return is_missing(fault) && may_be_missing(host) ? STATUS_DONE : say_unreadable(&files, fault);
}

/* Whether path may belong to the server's user account, which the server's groups set. */
static bool may_be_of_server_user(const char *path)
{
	return path && trust_judge_path(NULL, path).code == FAULT_UNTRUSTED;
}

/* Whether the target or a KDF that it reads is missing, or which of two plugins serves. */
static bool misses_key_settings(const struct options *options)
{
	struct server_profile profile;

	if (!options->target.name || !target_profile(options->target.name, &profile))
		return true;
	return option_files_may_load_two(&options->host.option_files) ||
	       (profile.reads_kdf && !(options->given.digest && options->given.iterations));
}

/* Whether the server's groups may set anything that is still missing: a file, a password,
 * settings of the keys, whom to trust, and whether a named pipe is the server's. */
static bool needs_server(const struct options *options)
{
	if (options->host.is_judged || !options->file || !options_count_passwords(options) ||
	    file_is_named_pipe(options->file))
		return true;
	if (option_files_may_set_keys(&options->host.option_files) && misses_key_settings(options))
		return true;
	return !options->accounts.server_user &&
	       (may_be_of_server_user(options->file) || may_be_of_server_user(options->password.file) ||
		parser_has_path(options->command_line, may_be_of_server_user));
}

/* ---- the group [mkeyfile] ---- */

/* Turns the line, in place, into an argument: "--password-file=pw". */
static char *argument_of(const struct option_line *line)
{
	char *argument = (char *)line->name - 2;

	argument[0] = argument[1] = '-';
	for (char *byte = argument; *byte; byte++)
		if (*byte == '_')
			*byte = '-';
	if (line->value > line->name + strlen(line->name))
		argument[strlen(argument)] = '=';
	return argument;
}

/* Whether own has an option that only the command line may give: where the option files are,
 * or a dangerous way to make one change. */
static bool is_for_command_line(const struct options *options)
{
	return options->host.no_defaults || options->host.defaults_file || options->host.defaults_group_suffix ||
	       options->writing.in_place_backup;
}

static enum status parse_own_line(const struct option_line *line, const struct parser *parser,
				  const struct options *own)
{
	bool loose = line->loose;
	char *argument = argument_of(line);
	const char *nearest;
	const char *name;
	size_t size;

	if ((!parser_take(parser, argument) && !is_for_command_line(own)) || loose)
		return STATUS_DONE;
	name = parser_repeatable(parser, argument + 2, &size);
	message_error("the group [" OWN_GROUP "] of the option files has an unknown option or an invalid value: '%.*s'",
		      (int)size, name);
	nearest = parser_nearest(parser, argument + 2, strcspn(argument + 2, "="));
	if (nearest)
		message_hint("did you mean '%s'?", nearest);
	else
		hint_at_no_defaults();
	return STATUS_USAGE;
}

/* Sets options that are not given from own, whose parser this is. */
static void inherit(struct options *options, struct options *own, const struct parser *parser)
{
	struct accounts *accounts = &options->accounts;

	for (size_t i = 0; i < own->accounts.trusted_count && accounts->trusted_count < TRUST_OWNERS_MAX; i++)
		accounts->trusted[accounts->trusted_count++] = own->accounts.trusted[i];
	/* one source of the password is enough */
	if (options_count_passwords(options)) {
		own->password.file = own->password.command = NULL;
		own->password.descriptor = -1;
	}
	/* only the command line asks for a backup */
	own->writing.keep = 0;
	parser_fill(parser, own, options);
	options->given.digest |= own->given.digest;
	options->given.iterations |= own->given.iterations;
}

static enum status read_own_group(struct options *options)
{
	const struct option_lines *lines = &options->host.own_lines;
	struct options own;
	enum status status = read_group(&options->host, OWN_GROUP, &options->host.own_lines);
	struct parser parser = { 0 };

	options_start(&own, options->host.environment);
	parser_add(&parser, &shared_table, &own);
	parser_add(&parser, &lock_table, &own);
	parser_add(&parser, &date_table, &own);
	parser_add(&parser, &settings_table, &own);
	for (size_t i = 0; !status && i < lines->count; i++)
		status = parse_own_line(&lines->items[i], &parser, &own);
	if (status)
		return status;
	inherit(options, &own, &parser);
	if (options_count_passwords(options) <= 1)
		return option_check_descriptor(options->password.descriptor);
	return usage_error("the group [" OWN_GROUP "] of the option files sets more than one source of the password");
}

/* ---- the server's groups ---- */

/* The server resolves a relative path in its data directory, and leaves an empty path
 * unchanged. */
static char *server_path(const struct server_settings *settings, const char *path)
{
	if (*path == '/' || !*path)
		return strdup(path);
	return format_text("%s/%s", settings->datadir ? settings->datadir : DATADIR_DEFAULT, path);
}

static enum status resolve_paths(struct host *host)
{
	const char *file = host->settings.filename.value;
	const char *password_file = settings_password_path(&host->settings);

	if (file && *file)
		host->file = server_path(&host->settings, file);
	if (password_file)
		host->password_file = server_path(&host->settings, password_file);
	if ((file && *file && !host->file) || (password_file && !host->password_file))
		return message_fault(fault_of(FAULT_MEMORY), "");
	return STATUS_DONE;
}

static bool names_same_file(const char *one, const char *other)
{
	return !strcmp(one, other) || file_is_same_path(one, other);
}

static void take_server_files(struct options *options)
{
	struct host *host = &options->host;

	if (!host->file || (options->file && !names_same_file(options->file, host->file)))
		return;
	host->names_file = true;
	options->file = options->file ? options->file : host->file;
	if (options_count_passwords(options))
		return;
	options->password.file = host->password_file;
	if (!host->password_file && host->settings.filekey.value && *host->settings.filekey.value)
		options->password.text = host->settings.filekey.value;
}

/* ---- two plugins ---- */

/* Whether the other plugin reads this file: then it is the server's as well. */
static bool is_of_rival(const struct host *host, const char *file)
{
	const char *rival_file = host->settings.rival_filename;
	HEAP char *path = rival_file && *rival_file ? server_path(&host->settings, rival_file) : NULL;

	return path && names_same_file(file, path);
}

static char *plugin_and_file(const char *plugin, const char *file)
{
	return file && *file ? format_text("%s ('%s')", plugin, file) : strdup(plugin);
}

/* A server that loads two key management plugins uses only one of them. Which one is undefined
 * (sql/encryption.cc: the first one initialized, in the order of a hash). */
static enum status refuse_two_plugins(const struct options *options)
{
	const struct server_settings *settings = &options->host.settings;
	const char *name = key_plugin_name(settings->plugin);
	HEAP char *one = NULL;
	HEAP char *other = NULL;

	if (!settings->rival ||
	    (options->file && !options->host.names_file && !is_of_rival(&options->host, options->file)))
		return STATUS_DONE;
	one = plugin_and_file(name, settings->filename.value);
	other = plugin_and_file(settings->rival, settings->rival_filename);
	message_error("the option files load two key management plugins: %s and %s", one ? one : name,
		      other ? other : settings->rival);
	message_hint("the server uses only one of them, and it is undefined which: load only one, or set %s = OFF",
		     settings->rival);
	message_hint("use --no-defaults with --file=FILE to ignore the option files");
	return STATUS_REFUSED;
}

/* Asks the installed server for its release only if that makes a difference. */
static void parse_settings(struct host *host)
{
	struct server_profile profile;
	HEAP char *version = NULL;

	settings_parse(&host->server_lines, NULL, &host->settings);
	if (!host->settings.list_cut || installed_server(host->environment, &version).code ||
	    !target_profile(version, &profile))
		return;
	settings_free(&host->settings);
	settings_parse(&host->server_lines, &profile, &host->settings);
}

static enum status read_server_groups(struct options *options)
{
	struct host *host = &options->host;
	enum status status = read_server_lines(host);

	if (status)
		return status;
	host->is_asked = true;
	parse_settings(host);
	status = resolve_paths(host);
	if (!status)
		take_server_files(options);
	return status ? status : refuse_two_plugins(options);
}

/* A server without these settings ignores them. */
static void take_server_kdf(struct options *options)
{
	struct kdf kdf;

	if (!settings_kdf(&options->host.settings, &kdf) ||
	    (options->target.profile && !options->target.profile->reads_kdf))
		return;
	if (!options->given.digest)
		options->kdf.digest = kdf.digest;
	if (!options->given.iterations)
		options->kdf.iterations = kdf.iterations;
}

/* ---- the target ---- */

/* Adds "+plugin" to the installed server's version if its option files load mkeyfile's plugin. */
static void add_plugin(struct host *host)
{
	char *version;

	if (host->settings.plugin != MKEYFILE_KEY_MANAGEMENT || host->settings.rival)
		return;
	version = format_text("%s+plugin", host->server_version);
	if (!version)
		return;
	free(host->server_version);
	host->server_version = version;
}

static enum status find_installed_server(struct options *options, bool required)
{
	struct host *host = &options->host;
	struct fault fault = installed_server(options->host.environment, &host->server_version);

	if (!fault.code)
		add_plugin(host);
	if (!fault.code && target_profile(host->server_version, &options->target.found)) {
		options->target.name = host->server_version;
		options->target.profile = &options->target.found;
		return STATUS_DONE;
	}
	if (!required)
		return STATUS_DONE;
	if (!fault.code)
		message_error("the server installed on this host, '%s', has no file_key_management",
			      host->server_version);
	else if (is_missing(fault))
		message_error("no MariaDB server is installed on this host");
	else if (fault.code == FAULT_NO_VERSION)
		message_error("the server installed on this host does not print its version");
	else
		return message_program_fault(fault, "mariadbd");
	message_hint("use --target=SERVER, as SELECT VERSION() prints it");
	return STATUS_FAILED;
}

/* Versions can be repeated, even unknown ones; a long word may be a secret. */
static const char *repeatable_target(const char *name)
{
	size_t digits = strspn(name, "0123456789");
	bool is_version = digits && digits <= 3 && name[digits] == '.' && strlen(name) <= TARGET_SHOWN;

	return is_version ? name : repeatable_near(name, "maxscale mariadb auto");
}

static enum status resolve_target(struct options *options)
{
	const char *name = options->target.name;

	if (!name)
		return options->host.names_file ? find_installed_server(options, false) : STATUS_DONE;
	if (is_installed_server(name))
		return find_installed_server(options, true);
	if (target_profile(name, &options->target.found)) {
		options->target.profile = &options->target.found;
		return STATUS_DONE;
	}
	message_error("unknown target '%s'", repeatable_target(name));
	message_hint("use a version as SELECT VERSION() prints it, such as 10.11, 11.8.9-MariaDB or 11.8-enterprise");
	return STATUS_USAGE;
}

static void say_where_from(const struct options *options)
{
	if (options->talk.quiet || options->file != options->host.file)
		return;
	if (options->target.name)
		message_note("key file '%s', from the server's option files; server %s", options->file,
			     options->target.name);
	else
		message_note("key file '%s', from the server's option files", options->file);
}

enum status defaults_fill(struct options *options)
{
	bool reads_files = !options->host.no_defaults;
	enum status status = reads_files ? look_at_files(&options->host) : STATUS_DONE;

	if (!status && reads_files && option_files_may_have(&options->host.option_files, OWN_GROUP))
		status = read_own_group(options);
	message_set_quiet(options->talk.quiet);
	color_set(options->talk.color);
	if (!status)
		say_ignored(&options->host);
	if (!status && reads_files && (may_be_servers(options->file) || is_installed_server(options->target.name)) &&
	    needs_server(options))
		status = read_server_groups(options);
	if (!status)
		status = resolve_target(options);
	if (status || !options->host.names_file)
		return status;
	take_server_kdf(options);
	say_where_from(options);
	return STATUS_DONE;
}

enum status defaults_complete_host(struct options *options)
{
	if (options->host.is_asked || options->host.no_defaults || !may_be_servers(options->file))
		return STATUS_DONE;
	return read_server_groups(options);
}

/* ---- settings in groups that the server does not read ---- */

static bool has_line(const struct option_lines *lines, const struct option_line *wanted)
{
	for (size_t i = 0; i < lines->count; i++)
		if (option_name_is(lines->items[i].name, wanted->name) && !strcmp(lines->items[i].value, wanted->value))
			return true;
	return false;
}

/* The plugin of the first line of the group that the server's groups do not contain; or NULL. */
static const char *stray_plugin(const struct option_lines *server_lines, const struct option_lines *group_lines)
{
	for (size_t i = 0; i < group_lines->count; i++) {
		const struct option_line *line = &group_lines->items[i];

		for (enum key_plugin plugin = FILE_KEY_MANAGEMENT; plugin <= MKEYFILE_KEY_MANAGEMENT; plugin++) {
			const char *name = key_plugin_name(plugin);

			if (option_name_begins(line->name, name, strlen(name)) && !has_line(server_lines, line))
				return name;
		}
	}
	return NULL;
}

enum status defaults_find_stray_group(const struct host *host, char **ret_group, const char **ret_plugin)
{
	const struct option_names *groups = &host->option_files.groups;
	enum status status = STATUS_DONE;

	*ret_plugin = NULL;
	for (size_t i = 0; !status && !*ret_group && i < groups->count; i++) {
		OPTION_LINES struct option_lines lines = { 0 };

		status = read_group(host, groups->items[i], &lines);
		*ret_plugin = stray_plugin(&host->server_lines, &lines);
		if (*ret_plugin)
			*ret_group = strdup(groups->items[i]);
	}
	return status;
}

enum status defaults_say_no_file(const struct host *host)
{
	HEAP char *group = NULL;
	const char *plugin;

	message_error("no key file given");
	message_hint("use --file=FILE or set the environment variable MKEYFILE_FILE");
	if (!host->no_defaults && !defaults_find_stray_group(host, &group, &plugin) && group)
		message_hint("the option files set a key file in the group [%s], which the server does not read",
			     group);
	else if (host->settings.plugin_loaded)
		message_hint("the option files load %s but do not set its filename",
			     key_plugin_name(host->settings.plugin));
	return STATUS_USAGE;
}
