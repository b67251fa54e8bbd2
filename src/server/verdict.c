/* SPDX-License-Identifier: MIT */
#include "server/verdict.h"

#include "core/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PLUGIN_WORDS_SIZE 4096

struct fault server_parse(const struct server_profile *profile, const struct secret *text, struct keyfile *ret_keyfile)
{
	SECRET struct secret copy = { 0 };
	struct fault fault = secret_copy(&copy, text->data, text->size);

	if (!fault.code)
		fault = keyfile_parse(&copy, profile->syntax, ret_keyfile);
	return fault.code ? fault : keyfile_check_system_key(ret_keyfile);
}

struct fault server_judge(const struct server_profile *profile, const struct secret *text, size_t disk_size)
{
	KEYFILE struct keyfile keyfile = { 0 };

	return disk_size > KEYFILE_MAX_SIZE ? fault_of(FAULT_TOO_LARGE) : server_parse(profile, text, &keyfile);
}

static char *plugin_words(const struct server_profile *profile, struct fault fault, const char *path)
{
	enum words_release release = profile->oversize == OVERSIZE_TOO_LARGE ? WORDS_FROM_11_8 : WORDS_BEFORE_11_8;
	char words[PLUGIN_WORDS_SIZE];

	if (fault.code == FAULT_NOT_REGULAR)
		fault = words_fault_of_directory(release);
	else if (fault.code == FAULT_READ && fault.error_number == ESPIPE)
		fault = fault_of(FAULT_NOT_REGULAR);
	else if (fault.code == FAULT_READ && fault.error_number == EISDIR)
		release = WORDS_BEFORE_11_8; /* the password file: the same words everywhere */
	(void)words_of_plugin(fault, path, release, words, sizeof(words));
	return strdup(words);
}

static bool has_words(struct fault fault)
{
	return fault.code && fault.code != FAULT_MEMORY;
}

char *server_words(const struct server_profile *profile, struct fault fault, const char *path)
{
	char *words = NULL;
	int size = -1;

	if (profile->edition == PLUGIN)
		return has_words(fault) ? plugin_words(profile, fault, path) : NULL;
	if (words_at_a_place(fault.code))
		size = asprintf(&words, "%s at %s line %u, column %u", words_at_a_place(fault.code), path, fault.line,
				fault.column);
	else if (fault.code == FAULT_NOT_ENCRYPTED)
		size = asprintf(&words, "Cannot decrypt %s. Not encrypted", path);
	else if (fault.code == FAULT_TRUNCATED || fault.code == FAULT_WRONG_PASSWORD)
		size = asprintf(&words, "Cannot decrypt %s. Wrong key?", path);
	else if (fault.code == FAULT_PASSWORD_TOO_LONG)
		size = asprintf(&words, "Cannot read %s, the filekey is too long, max secret size is 256%s", path,
				profile->oversize == OVERSIZE_TOO_LARGE ? " bytes" : "B");
	else if (fault.code == FAULT_PASSWORD_BLANK)
		size = asprintf(&words, "the server crashes on a password of nothing but line ends, in %s", path);
	else if (fault.code == FAULT_READ && fault.error_number == ESPIPE)
		size = asprintf(&words, "Can't seek in file '%s' (Errcode: %d \"%s\")", path, fault.error_number,
				strerror(fault.error_number));
	else if (fault.code == FAULT_READ && fault.error_number == EISDIR)
		size = asprintf(&words, "Error reading file '%s' (Errcode: %d \"%s\")", path, fault.error_number,
				strerror(fault.error_number));
	else if (fault.code == FAULT_NOT_REGULAR && profile->oversize == OVERSIZE_TOO_LARGE)
		size = asprintf(&words, "Read from %s failed, errno %d", path, EISDIR);
	else if (fault.code == FAULT_NOT_REGULAR)
		size = asprintf(&words, "Error reading file '%s' (Errcode: %d \"%s\")", path, EFBIG, strerror(EFBIG));
	else if (fault.code == FAULT_PASSWORD_EMPTY)
		size = asprintf(&words, "Error reading file '%s'", path);
	else if (fault.code == FAULT_OPEN)
		size = asprintf(&words, "File '%s' not found (Errcode: %d \"%s\")", path, fault.error_number,
				strerror(fault.error_number));
	else if (fault.code == FAULT_TOO_LARGE && profile->oversize == OVERSIZE_TOO_LARGE)
		size = asprintf(&words, "File %s too large, must be less than %d bytes", path, KEYFILE_MAX_SIZE);
	else if (fault.code == FAULT_TOO_LARGE)
		size = asprintf(&words, "Error reading file '%s' (Errcode: 27 \"File too large\")", path);
	return size < 0 ? NULL : words;
}
