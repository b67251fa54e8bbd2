/* SPDX-License-Identifier: MIT */
#include "cli/commands/manager_section.h"

#include "cli/managers/vault.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "cli/words/option_value.h"
#include "cli/words/shell_word.h"
#include "core/cleanup.h"
#include "core/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GROUP "mariadb"

static void set(json_t *settings, const struct manager *manager, const char *name, const char *value)
{
	HEAP char *whole = format_text("loose_%s%s", manager_plugin(manager), name);

	if (whole)
		json_object_set_new(settings, whole, json_text(value));
}

/* As the server's plugin requires it. */
static bool is_usable_url(const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = host ? strchr(host + 3, '/') : NULL;

	return !strncasecmp(url, "http", 4) && path && !strncmp(path, "/v1/", 4) && path[4] && path[4] != '/';
}

/* The settings in the order of printing, or NULL: the error was printed. */
static json_t *make_settings(const struct manager *manager)
{
	bool is_vault = manager->kind == MANAGER_VAULT;
	HEAP char *url = is_vault ? vault_url(manager->place) : NULL;
	HEAP char *authorities = is_vault ? vault_authorities() : NULL;
	json_t *settings;

	if (is_vault && !url) {
		message_error("VAULT_ADDR is not set");
		message_hint("use --file=vault:https://HOST:8200/v1/MOUNT, or set VAULT_ADDR");
		return NULL;
	}
	if (url && !is_usable_url(url)) {
		message_error("'%s' is not the URL of a mount", url);
		message_hint("use --file=vault:https://HOST:8200/v1/MOUNT");
		return NULL;
	}
	settings = json_object();
	json_object_set_new(settings, "plugin_load_add", json_string(manager_plugin(manager)));
	set(settings, manager, "", "FORCE_PLUS_PERMANENT");
	if (url)
		set(settings, manager, "_vault_url", url);
	if (authorities)
		set(settings, manager, "_vault_ca", authorities);
	return settings;
}

static void print_settings(json_t *settings)
{
	const char *name;
	json_t *value;

	puts("[" GROUP "]");
	json_object_foreach(settings, name, value)
	{
		HEAP char *quoted = option_value(json_string_value(value));

		printf("%s = %s\n", name, quoted ? quoted : "");
	}
}

static void set_document(const struct manager *manager, json_t *settings)
{
	json_t *object = json_object();

	json_object_set_new(object, "path", json_text(manager->name));
	json_object_set_new(object, "encrypted", json_false());
	json_object_set_new(object, "group", json_string(GROUP));
	json_object_set(object, "settings", settings);
	json_object_set_new(object, "way_back", json_null());
	json_object_set_new(object, "steps", document_steps());
	document_set(object);
}

static void say_steps(const struct manager *manager)
{
	HEAP char *name = shell_word(manager->name);

	message_step("run 'mkeyfile export --datadir=DIR %s' to copy the keys there", name ? name : "");
	message_step("run 'mkeyfile verify --file=%s --datadir=DIR' to check them", name ? name : "");
	message_step(
		"stop the server, and replace the settings of the other plugin in its option files with this section");
	if (manager->kind == MANAGER_VAULT)
		message_step(
			"set VAULT_TOKEN for the server, or loose_hashicorp_key_management_token in a file that only the server can read");
	else
		message_step("set loose_aws_key_management_master_key_id to the KMS key that encrypts new keys");
	message_step("start the server, and keep the key file until no backup needs it: see mkeyfile-migrate(7)");
}

enum status manager_section_write(const struct manager *manager)
{
	json_auto_t *settings = make_settings(manager);

	if (!settings)
		return STATUS_FAILED;
	if (manager->options->talk.json)
		set_document(manager, settings);
	else
		print_settings(settings);
	fflush(stdout);
	say_steps(manager);
	return STATUS_DONE;
}
