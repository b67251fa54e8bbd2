/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/next_settings.h"

#include "cli/words/message.h"
#include "cli/words/option_value.h"
#include "core/cleanup.h"
#include "core/format.h"

#include <stdlib.h>

static void say_line(const char *plugin, const char *name, const char *value)
{
	HEAP char *quoted = value ? option_value(value) : NULL;

	message_step("loose_%s_%s%s%s", plugin, name, quoted ? " = " : "", quoted ? quoted : "");
}

static void say_filekey(const char *plugin, const char *password_file)
{
	HEAP char *path = realpath(password_file, NULL);
	HEAP char *value = format_text("FILE:%s", path ? path : password_file);

	if (value)
		say_line(plugin, "filekey", value);
}

static void say_kdf(const char *plugin, struct kdf kdf)
{
	HEAP char *iterations = format_text("%u", kdf.iterations);

	if (!server_reads_kdf(&server_profiles[0], kdf) && iterations) {
		say_line(plugin, "digest", digest_name(kdf.digest));
		say_line(plugin, "use_pbkdf2", iterations);
	}
}

static bool is_of_server(const struct options *options)
{
	return !options->target.profile || options->target.profile->edition != MAXSCALE;
}

void next_settings_of_encrypted(const struct options *options, const char *password_file)
{
	const char *plugin = key_plugin_of(options->target.profile);
	bool is_known = password_file && !is_standard_stream(password_file);

	if (!is_of_server(options))
		return;
	if (is_known)
		message_step("before you restart the server, add to the group [mariadb] of its option file:");
	else
		message_step(
			"before you restart the server, write the password to a file that only the server's user account can read, and add to the group [mariadb] of its option file:");
	say_filekey(plugin, is_known ? password_file : "/path/of/the/password/file");
	say_kdf(plugin, options->kdf);
}

void next_settings_of_plain(const struct options *options, const char *password_file)
{
	const char *plugin = key_plugin_of(options->target.profile);

	if (!is_of_server(options))
		return;
	message_step("before you restart the server, remove from its option file:");
	if (password_file && !is_standard_stream(password_file))
		say_filekey(plugin, password_file);
	else
		say_line(plugin, "filekey", NULL);
	say_kdf(plugin, options->kdf);
}
