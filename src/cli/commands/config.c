/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/commands/manager_section.h"
#include "cli/keyfile/content.h"
#include "cli/keyfile/input.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/options/repeatable.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "cli/words/option_value.h"
#include "core/cleanup.h"
#include "core/format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP "mariadb"

/* The plugin that the section is for. */
enum section_plugin {
	SECTION_AS_FOUND, /* by the target and by the name of FILE */
	SECTION_FILE,
	SECTION_MKEYFILE,
	SECTION_HASHICORP,
	SECTION_AWS,
};

struct arguments {
	struct options *options;
	const char *algorithm; /* NULL: AES_CTR */
	enum section_plugin plugin;
};

/* "hashicorp" or "hashicorp_key_management". */
static bool is_plugin_name(const char *value, const char *name)
{
	size_t length = strlen(name);

	return !strncasecmp(value, name, length) && (!value[length] || !strcasecmp(value + length, "_key_management"));
}

static enum status take_plugin_name(const struct option_spec *spec, const char *value, void *place)
{
	static const char *const names[] = { [SECTION_FILE] = "file",
					     [SECTION_MKEYFILE] = "mkeyfile",
					     [SECTION_HASHICORP] = "hashicorp",
					     [SECTION_AWS] = "aws" };
	enum section_plugin *plugin = place;

	(void)spec;
	*plugin = value ? SECTION_FILE : SECTION_MKEYFILE;
	while (value && *plugin <= SECTION_AWS && !is_plugin_name(value, names[*plugin]))
		++*plugin;
	if (*plugin <= SECTION_AWS)
		return STATUS_DONE;
	return option_refuse("unknown plugin '%s': use mkeyfile, file, hashicorp or aws",
			     repeatable_near(value, "mkeyfile file hashicorp aws"));
}

static const struct option_spec specs[] = {
	{ "plugin", 0, "NAME", "Print the section for plugin NAME: mkeyfile (default), file, hashicorp or aws",
	  OPTION_INTO(struct arguments, plugin, enum section_plugin, take_plugin_name), .optional = true },
	{ "encryption-algorithm", 0, "NAME", "Encrypt data with NAME: AES_CTR or AES_CBC (default: AES_CTR)",
	  OPTION_ALGORITHM(struct arguments, algorithm) },
	{ 0 },
};

static const char *algorithm_of(const struct arguments *arguments)
{
	return arguments->algorithm ? arguments->algorithm : "AES_CTR";
}

/* The settings, in the order of printing. */
struct section {
	const char *plugin; /* to load */
	struct {
		char *name;
		const char *value;
	} lines[8];
	size_t count;
	char *filename;
	char *filekey;
	char iterations[12];
};

static void section_free(struct section *section)
{
	for (size_t i = 0; i < section->count; i++)
		free(section->lines[i].name);
	free(section->filename);
	free(section->filekey);
}

#define SECTION __attribute__((cleanup(section_free)))

/* name: what follows the plugin's name; NULL for the setting of the plugin's own name. Tools
 * that read the same group without loading the plugin ignore settings with "loose_". */
static void add_line(struct section *section, enum key_plugin plugin, const char *name, const char *value)
{
	char *whole = format_text("loose_%s%s%s", key_plugin_name(plugin), name ? "_" : "", name ? name : "");

	if (!whole)
		return;
	section->lines[section->count].name = whole;
	section->lines[section->count++].value = value;
}

/* ---- making the section ---- */

/* No other process can open a pipe such as <(COMMAND) by its name. */
static enum status refuse_unnamed(const char *path)
{
	message_error("the server cannot open '%s', which is a pipe of this process", path);
	message_hint("use a file name");
	return STATUS_REFUSED;
}

static enum status absolute_path(const char *path, const char *prefix, char **ret_text)
{
	HEAP char *absolute = realpath(path, NULL);

	if (!absolute && errno == ENOENT)
		return refuse_unnamed(path);
	if (!absolute)
		return message_fault(fault_errno(FAULT_OPEN, errno), path);
	*ret_text = format_text("%s%s", prefix, absolute);
	if (!*ret_text)
		return message_fault(fault_of(FAULT_MEMORY), path);
	if (!strpbrk(*ret_text, "\r\n"))
		return STATUS_DONE;
	message_error("the path of '%s' contains a line break, which option files do not allow", path);
	return STATUS_REFUSED;
}

static enum status check_password_source(const struct password_source *source)
{
	if (source->file && !is_standard_stream(source->file))
		return STATUS_DONE;
	message_error("the server reads the password from a file, but no password file was given");
	message_hint("use --password-file=FILE");
	return STATUS_REFUSED;
}

static enum status refuse_maxscale(const char *target, const char *file)
{
	message_error("%s does not have the settings of a MariaDB server", target);
	message_hint("set key_manager = file and file.keyfile = '%s' in the section [maxscale], for a plain key file",
		     file);
	return STATUS_REFUSED;
}

/* With a key file that does not load, the section would keep the server from starting. */
static enum status check_key_file(const struct options *options, struct content *content)
{
	const char *name = options->file;
	SECRET struct secret raw = { 0 };
	SECRET struct secret ignored = { 0 };
	const struct encryption encryption = { &content->password, options->kdf };
	enum status status;

	if (is_standard_stream(name))
		return usage_error("a server cannot read standard input: use --file=FILE");
	if (options->target.profile && options->target.profile->edition == MAXSCALE)
		return refuse_maxscale(options->target.name, name);
	status = input_read_key_file(name, &options->host, &raw, NULL);
	if (!status && envelope_is_encrypted(raw.data, raw.size))
		status = check_password_source(&options->password);
	if (!status)
		status = content_open(&options->password, options->kdf, name, &raw, content);
	if (!status)
		seal_warn(options, name, message_given(), content->seal);
	if (!status)
		status = content_make(&options->target, name, &content->keyfile.text, NULL,
				      content->encrypted ? &encryption : NULL, &ignored);
	return status;
}

static bool has_usual_kdf(const struct content *content)
{
	return !content->encrypted || (content->kdf.digest == DIGEST_SHA1 && !content->kdf.iterations);
}

static enum status make_section(const struct arguments *arguments, const struct content *content,
				enum key_plugin plugin, struct section *section)
{
	const struct options *options = arguments->options;
	enum status status = absolute_path(options->file, "", &section->filename);

	if (!status && content->encrypted)
		status = absolute_path(options->password.file, "FILE:", &section->filekey);
	if (status)
		return status;
	section->plugin = key_plugin_name(plugin);
	add_line(section, plugin, NULL, "FORCE_PLUS_PERMANENT");
	add_line(section, plugin, "filename", section->filename);
	if (content->encrypted)
		add_line(section, plugin, "filekey", section->filekey);
	add_line(section, plugin, "encryption_algorithm", algorithm_of(arguments));
	if (!has_usual_kdf(content)) {
		snprintf(section->iterations, sizeof(section->iterations), "%u", content->kdf.iterations);
		add_line(section, plugin, "digest", digest_name(content->kdf.digest));
		add_line(section, plugin, "use_pbkdf2", section->iterations);
	}
	return STATUS_DONE;
}

/* ---- printing it ---- */

static void print_value(const char *value)
{
	char *quoted = option_value(value);

	fputs(quoted ? quoted : "", stdout);
	free(quoted);
}

/* comment: the beginning of each line. */
static void print_section(const struct section *section, const char *comment)
{
	printf("%s[" GROUP "]\n%splugin_load_add = %s\n", comment, comment, section->plugin);
	for (size_t i = 0; i < section->count; i++) {
		printf("%s%s = ", comment, section->lines[i].name);
		print_value(section->lines[i].value);
		putchar('\n');
	}
}

static json_t *settings_json(const struct section *section)
{
	json_t *settings = json_object();

	json_object_set_new(settings, "plugin_load_add", json_string(section->plugin));
	for (size_t i = 0; i < section->count; i++)
		json_object_set_new(settings, section->lines[i].name, json_text(section->lines[i].value));
	return settings;
}

static void set_json(const struct arguments *arguments, bool encrypted, const struct section *section,
		     const struct section *way_back)
{
	json_t *object = json_object();

	json_object_set_new(object, "path", json_text(arguments->options->file));
	json_object_set_new(object, "encrypted", json_boolean(encrypted));
	json_object_set_new(object, "group", json_string(GROUP));
	json_object_set_new(object, "settings", settings_json(section));
	json_object_set_new(object, "way_back", way_back->count ? settings_json(way_back) : json_null());
	json_object_set_new(object, "steps", document_steps());
	document_set(object);
}

static void print_sections(const struct section *section, const struct section *way_back)
{
	print_section(section, "");
	if (!way_back->count)
		return;
	puts("# To switch back while the file has no key versions, replace the lines above with:");
	print_section(way_back, "# ");
}

static void say_next_steps(const struct arguments *arguments)
{
	if (!arguments->algorithm)
		message_note("note: data encrypted with AES_CTR can never move to Vault or AWS KMS;\n"
			     "      use --encryption-algorithm=AES_CBC to keep that move possible");
	if (!strcmp(algorithm_of(arguments), "AES_CTR"))
		message_note("note: existing encrypted data can be read only with the algorithm that encrypted it;\n"
			     "      use --encryption-algorithm=AES_CBC if that is AES_CBC, the server's default");
	message_step("save this in an option file, such as /etc/mysql/mariadb.conf.d/60-key-file.cnf");
	message_step("run 'mkeyfile verify' to check that the server will start with it");
}

static enum status write_sections(const struct arguments *arguments)
{
	const struct options *options = arguments->options;
	bool plugin = options->target.profile && options->target.profile->edition == PLUGIN;
	CONTENT struct content content = { 0 };
	SECTION struct section section = { 0 };
	SECTION struct section way_back = { 0 };
	enum status status = check_key_file(options, &content);

	if (!status)
		status = make_section(arguments, &content, plugin ? MKEYFILE_KEY_MANAGEMENT : FILE_KEY_MANAGEMENT,
				      &section);
	if (!status && plugin && !content.keyfile.has_versions && has_usual_kdf(&content))
		status = make_section(arguments, &content, FILE_KEY_MANAGEMENT, &way_back);
	if (status)
		return status;
	if (options->talk.json)
		set_json(arguments, content.encrypted, &section, &way_back);
	else
		print_sections(&section, &way_back);
	fflush(stdout);
	say_next_steps(arguments);
	return STATUS_DONE;
}

static enum status set_target(struct target *target, const char *name)
{
	if (!name)
		return message_fault(fault_of(FAULT_MEMORY), "");
	if (!target_profile(name, &target->found))
		return STATUS_REFUSED;
	target->name = name;
	target->profile = &target->found;
	return STATUS_DONE;
}

/* Turns a target with mkeyfile's plugin into the same server without it. */
static enum status leave_plugin(struct target *target, char **ret_name)
{
	if (!target->profile || target->profile->edition != PLUGIN)
		return STATUS_DONE;
	*ret_name = format_text("%.*s", (int)strcspn(target->name, "+"), target->name);
	return set_target(target, *ret_name);
}

/* Turns the target, or any server, into one with mkeyfile's plugin. */
static enum status take_plugin(struct target *target, char **ret_name)
{
	const char *name = target->name ? target->name : "10.11";
	enum status status;

	if (target->profile && target->profile->edition == PLUGIN)
		return STATUS_DONE;
	*ret_name = format_text("%s+plugin", name);
	status = set_target(target, *ret_name);
	if (status == STATUS_REFUSED)
		message_error("mkeyfile's plugin requires MariaDB 10.6 or later, not %s", name);
	return status;
}

/* Whose keys are in a file. */
static enum status config_file(const struct arguments *arguments)
{
	HEAP char *target = NULL;
	enum status status = STATUS_DONE;

	if (arguments->plugin == SECTION_MKEYFILE)
		status = take_plugin(&arguments->options->target, &target);
	else if (arguments->plugin == SECTION_FILE)
		status = leave_plugin(&arguments->options->target, &target);
	return status ? status : write_sections(arguments);
}

static enum status config_manager(const struct arguments *arguments, const struct manager *manager)
{
	if (arguments->algorithm && !strcmp(arguments->algorithm, "AES_CTR")) {
		message_error("%s does not support AES_CTR", manager_plugin(manager));
		return STATUS_REFUSED;
	}
	return manager_section_write(manager);
}

static enum status config(void *input)
{
	static const enum section_plugin plugins[] = {
		[MANAGER_FILE] = SECTION_FILE, [MANAGER_AWS] = SECTION_AWS, [MANAGER_VAULT] = SECTION_HASHICORP
	};
	const struct arguments *arguments = input;
	const struct manager manager = manager_of(arguments->options->file, arguments->options, NULL);
	enum section_plugin plugin = arguments->plugin;

	if (plugin == SECTION_AS_FOUND)
		plugin = plugins[manager.kind];
	if (plugin == SECTION_HASHICORP && manager.kind != MANAGER_VAULT)
		return usage_error("use --file=vault:https://HOST:8200/v1/MOUNT with --plugin=hashicorp");
	if (plugin == SECTION_AWS && manager.kind != MANAGER_AWS)
		return usage_error("use --file=aws:DIR with --plugin=aws, where DIR is the data directory");
	if (manager.kind == MANAGER_FILE)
		return config_file(arguments);
	if (plugin != plugins[manager.kind])
		return usage_error("use --file=FILE to choose a key file for this plugin");
	return config_manager(arguments, &manager);
}

const struct command config_command = {
	.name = "config",
	.operands = "",
	.summary = "print the option file section for the server",
	.description = "Print the option file section that makes a server use the key file.",
	.examples = { "mkeyfile config -f keyfile -P keyfile.key >60-key-file.cnf", "mkeyfile config --plugin=mkeyfile",
		      "mkeyfile config -f vault:https://vault.example:8200/v1/mariadb" },
	.own = { .specs = specs },
	COMMAND_ARGUMENTS(struct arguments),
	.takes_managers = true,
	.run = config,
};
