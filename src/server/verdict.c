/* SPDX-License-Identifier: MIT */
#include "server/verdict.h"

#include "core/format.h"
#include "core/words.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define WORDS_SIZE (PATH_MAX + 256)

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

/* Faults for which the server's own plugin and mkeyfile's have different messages. */
static char *words_of_own_plugin(struct fault fault, const char *path)
{
	if (fault.code == FAULT_PASSWORD_BLANK)
		return format_text("the server crashes on a password that consists of line ends, in %s", path);
	if (fault.code == FAULT_PASSWORD_EMPTY)
		return format_text("Error reading file '%s'", path);
	if (fault.code == FAULT_READ && fault.error_number == ESPIPE)
		return format_text("Can't seek in file '%s' (Errcode: %d \"%s\")", path, ESPIPE, strerror(ESPIPE));
	return NULL;
}

static bool has_own_words(struct fault fault)
{
	return fault.code == FAULT_PASSWORD_BLANK || fault.code == FAULT_PASSWORD_EMPTY ||
	       fault.code == FAULT_ENCRYPTED || (fault.code == FAULT_READ && fault.error_number != EISDIR);
}

char *server_words(const struct server_profile *profile, struct fault fault, const char *path)
{
	enum words_release release = profile->oversize == OVERSIZE_TOO_LARGE ? WORDS_FROM_11_8 : WORDS_BEFORE_11_8;
	bool is_mkeyfile = profile->edition == PLUGIN;
	char words[WORDS_SIZE];

	if (!fault.code || fault.code == FAULT_MEMORY)
		return NULL;
	if (!is_mkeyfile && has_own_words(fault))
		return words_of_own_plugin(fault, path);
	if (fault.code == FAULT_NOT_REGULAR)
		fault = words_fault_of_directory(release);
	else if (fault.code == FAULT_READ && fault.error_number == ESPIPE)
		fault = fault_of(FAULT_NOT_REGULAR);
	else if (fault.code == FAULT_READ && fault.error_number == EISDIR)
		release = WORDS_BEFORE_11_8; /* for the password file, every server prints the same */
	if (words_of_plugin(fault, path, release, words, sizeof(words)) == WORDS_OWN && !is_mkeyfile)
		return NULL;
	return strdup(words);
}
