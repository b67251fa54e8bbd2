/* SPDX-License-Identifier: MIT */
#include "cli/words/refusal_hint.h"

#include <errno.h>

#define REGULAR_FILE_HINT "use a regular file"

static const char *key_hint(const struct server_profile *profile)
{
	if (profile->syntax == SYNTAX_VERSIONED)
		return "write the key as 32, 48 or 64 hex digits";
	return "write 32, 48 or 64 hex digits after the ID and a semicolon: this server does not read key versions";
}

const char *fault_hint(struct fault fault, const struct server_profile *profile)
{
	switch (fault.code) {
	case FAULT_SYNTAX:
		return "write each line as 'ID;KEY', or as a comment that starts with #";
	case FAULT_KEY_ID:
		return "use a number from 1 to 4294967295 as the key ID";
	case FAULT_KEY_VERSION:
		return "use a number from 1 to 4294967294 as the key version";
	case FAULT_KEY:
		return key_hint(profile);
	case FAULT_SYSTEM_KEY:
		return "add key ID 1, which every server needs, and use the original key if encrypted data already exists";
	case FAULT_TOO_LARGE:
		return "remove comments, blank lines, or keys that no data needs";
	case FAULT_NOT_ENCRYPTED:
		return ENCRYPT_HINT;
	case FAULT_TRUNCATED:
		return "restore the file from a backup: it is truncated";
	case FAULT_WRONG_PASSWORD:
		return "encrypt the file with sha1 and 1 iteration: this server reads nothing else";
	case FAULT_PASSWORD_EMPTY:
	case FAULT_PASSWORD_BLANK:
		return "write the password to the password file";
	case FAULT_PASSWORD_TOO_LONG:
		return "encrypt the file with a password of at most 256 bytes, such as generate --new-password-file creates";
	case FAULT_OPEN:
		return fault.error_number == EACCES
			       ? "give the server's user account read access to the file and search access to every directory in its path"
			       : NULL;
	case FAULT_NOT_REGULAR:
		return REGULAR_FILE_HINT;
	case FAULT_READ:
		if (fault.error_number == EISDIR)
			return REGULAR_FILE_HINT;
		return REGULAR_FILE_HINT ": this server cannot read named pipes";
	default:
		return NULL;
	}
}

const char *no_password_hint(void)
{
	return "set filekey to FILE: and the absolute path of the password file: the key file is encrypted";
}

#define LOAD_HINT(plugin)                                                                                              \
	"set plugin_load_add = " plugin                                                                                \
	" in the group [mariadb], as 'mkeyfile config' prints it, unless the plugin was installed with INSTALL SONAME"
#define ENABLE_HINT(plugin) "remove the line that disables the plugin, or set " plugin " = FORCE_PLUS_PERMANENT"

static const char *not_loaded_hint(enum key_plugin plugin)
{
	if (plugin == MKEYFILE_KEY_MANAGEMENT)
		return LOAD_HINT("mkeyfile_key_management");
	return LOAD_HINT("file_key_management");
}

const char *obstacle_hint(enum obstacle_kind kind, enum key_plugin plugin)
{
	switch (kind) {
	case OBSTACLE_NOT_LOADED:
		return not_loaded_hint(plugin);
	case OBSTACLE_OFF:
		return plugin == MKEYFILE_KEY_MANAGEMENT ? ENABLE_HINT("mkeyfile_key_management")
							 : ENABLE_HINT("file_key_management");
	case OBSTACLE_AMBIGUOUS:
		return "write the full name of the setting";
	case OBSTACLE_WITHOUT_VALUE:
		return "add = and a value to the setting, or remove the setting";
	case OBSTACLE_PREFIX:
		return "remove the prefix from the name of the setting";
	case OBSTACLE_VALUE:
		return "use a digest (sha1, sha224, sha256, sha384, sha512), an algorithm (AES_CBC, AES_CTR) or a plugin mode (OFF, ON, FORCE, FORCE_PLUS_PERMANENT)";
	case OBSTACLE_NO_FILENAME:
		return "set filename to the absolute path of the key file, in the group [mariadb]";
	case OBSTACLE_CLEAR_TEXT:
		return PASSWORD_IN_CLEAR_HINT;
	case OBSTACLE_KDF:
		return "remove the setting: this server only reads files encrypted with sha1 and 1 iteration";
	case OBSTACLE_UNKNOWN:
		return "remove the setting or correct its name: no loaded plugin has this setting";
	case OBSTACLE_NONE:
		break;
	}
	return NULL;
}
