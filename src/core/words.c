/* SPDX-License-Identifier: MIT */
#include "core/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *words_of(const char *format, ...)
{
	char *words = NULL;
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vasprintf(&words, format, arguments);
	va_end(arguments);
	return size < 0 ? NULL : words;
}

const char *words_at_a_place(enum fault_code code)
{
	switch (code) {
	case FAULT_SYNTAX:
		return "Syntax error";
	case FAULT_KEY_ID:
		return "Invalid key id";
	case FAULT_KEY_VERSION:
		return "Invalid key version";
	case FAULT_KEY:
		return "Invalid key";
	case FAULT_SYSTEM_KEY:
		return "System key id 1 is missing";
	default:
		return NULL;
	}
}

static const char *about_a_file(enum fault_code code)
{
	switch (code) {
	case FAULT_NOT_REGULAR:
		return "it is not a regular file";
	case FAULT_TOO_LARGE:
		return "it is larger than 1048576 bytes";
	case FAULT_NOT_A_KEYFILE:
		return "it holds no key";
	case FAULT_PASSWORD_EMPTY:
	case FAULT_PASSWORD_BLANK:
		return "it holds no password";
	case FAULT_PASSWORD_TOO_LONG:
		return "the password in it is longer than 256 bytes";
	case FAULT_MEMORY:
		return "out of memory";
	default:
		return NULL;
	}
}

static const char *about_decryption(enum fault_code code)
{
	switch (code) {
	case FAULT_ENCRYPTED:
		return "It is encrypted, and mkeyfile_key_management_filekey is not set";
	case FAULT_NOT_ENCRYPTED:
		return "Not encrypted";
	case FAULT_TRUNCATED:
	case FAULT_WRONG_PASSWORD:
		return "Wrong key, digest or PBKDF2 iteration count?";
	case FAULT_ALGORITHM:
		return "The digest or cipher is not available";
	default:
		return NULL;
	}
}

void words_of_plugin(struct fault fault, const char *path, char *words, size_t size)
{
	char reason[128];

	if (words_at_a_place(fault.code))
		snprintf(words, size, "%s at %s line %u, column %u", words_at_a_place(fault.code), path, fault.line,
			 fault.column);
	else if (about_decryption(fault.code))
		snprintf(words, size, "Cannot decrypt %s. %s", path, about_decryption(fault.code));
	else if (about_a_file(fault.code))
		snprintf(words, size, "Cannot read %s: %s", path, about_a_file(fault.code));
	else
		snprintf(words, size, "Cannot read %s: %s", path,
			 strerror_r(fault.error_number, reason, sizeof(reason)));
}
