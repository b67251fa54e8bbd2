/* SPDX-License-Identifier: MIT */
#include "cli/words/refusal_hint.h"

#include <errno.h>

static const char *key_hint(const struct server_profile *profile)
{
	if (profile->syntax == SYNTAX_VERSIONED)
		return "a key is 32, 48 or 64 hex digits";
	return "a key is 32, 48 or 64 hex digits behind ID and semicolon; this server reads no key versions";
}

const char *fault_hint(struct fault fault, const struct server_profile *profile)
{
	switch (fault.code) {
	case FAULT_SYNTAX:
		return "a line is 'ID;KEY', or a comment behind #";
	case FAULT_KEY_ID:
		return "a key ID is a number from 1 to 4294967295";
	case FAULT_KEY_VERSION:
		return "a key version is a number from 1 to 4294967294";
	case FAULT_KEY:
		return key_hint(profile);
	case FAULT_SYSTEM_KEY:
		return "every server needs key ID 1; if there is encrypted data already, it has to be the key that wrote it";
	case FAULT_TOO_LARGE:
		return "take out comments and blank lines, or keys that nothing needs any more";
	case FAULT_NOT_ENCRYPTED:
		return "run 'mkeyfile encrypt --in-place%s' to encrypt it";
	case FAULT_TRUNCATED:
		return "the file is cut: take a backup of it";
	case FAULT_WRONG_PASSWORD:
		return "this server reads files encrypted by sha1 with 1 iteration only";
	case FAULT_PASSWORD_EMPTY:
	case FAULT_PASSWORD_BLANK:
		return "write the password into the password file";
	case FAULT_PASSWORD_TOO_LONG:
		return "encrypt the file under a password of at most 256 bytes, such as generate --new-password-file makes";
	case FAULT_OPEN:
		return fault.error_number == EACCES
			       ? "give the server's user account read access to the file, and search access to every directory of its path"
			       : NULL;
	case FAULT_NOT_REGULAR:
		return "name a regular file";
	case FAULT_READ:
		if (fault.error_number == EISDIR)
			return "name a regular file";
		return "this server cannot read a named pipe: give it a file";
	default:
		return NULL;
	}
}

const char *no_password_hint(void)
{
	return "the file is encrypted: set filekey to FILE: and the absolute path of its password file";
}

static const char *not_loaded_hint(enum key_plugin plugin)
{
	if (plugin == MKEYFILE_KEY_MANAGEMENT)
		return "write plugin_load_add = mkeyfile_key_management into the group [mariadb], or run 'mkeyfile config'; a plugin installed with INSTALL SONAME is not in the option files";
	return "write plugin_load_add = file_key_management into the group [mariadb], or run 'mkeyfile config'; a plugin installed with INSTALL SONAME is not in the option files";
}

const char *obstacle_hint(enum obstacle_kind kind, enum key_plugin plugin)
{
	switch (kind) {
	case OBSTACLE_NOT_LOADED:
		return not_loaded_hint(plugin);
	case OBSTACLE_OFF:
		return plugin == MKEYFILE_KEY_MANAGEMENT
			       ? "remove the line that switches it off, or write mkeyfile_key_management = FORCE_PLUS_PERMANENT"
			       : "remove the line that switches it off, or write file_key_management = FORCE_PLUS_PERMANENT";
	case OBSTACLE_AMBIGUOUS:
		return "write the name of the setting in full";
	case OBSTACLE_WITHOUT_VALUE:
		return "write = and a value behind the setting, or take it out";
	case OBSTACLE_PREFIX:
		return "remove the prefix from the name of the setting";
	case OBSTACLE_VALUE:
		return "the digests are sha1, sha224, sha256, sha384 and sha512, the algorithms AES_CBC and AES_CTR, the modes of the plugin OFF, ON, FORCE and FORCE_PLUS_PERMANENT";
	case OBSTACLE_NO_FILENAME:
		return "set filename to the absolute path of the key file, in the group [mariadb]";
	case OBSTACLE_CLEAR_TEXT:
		return "write it to a file that only the server's user can read, and set filekey to FILE: and the path of that";
	case OBSTACLE_KDF:
		return "take the setting out: this server reads files encrypted by sha1 with 1 iteration only";
	case OBSTACLE_UNKNOWN:
		return "no plugin that is loaded has this setting: remove it, or correct its name";
	case OBSTACLE_NONE:
		break;
	}
	return NULL;
}
