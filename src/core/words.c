/* SPDX-License-Identifier: MIT */
#include "core/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What servers say about a position in a key file; NULL for other faults. */
static const char *about_place(enum fault_code code)
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

static const char *about_decryption(enum fault_code code)
{
	switch (code) {
	case FAULT_NOT_ENCRYPTED:
		return "Not encrypted";
	/* here the server's own plugin uses the empty password */
	case FAULT_ENCRYPTED:
	case FAULT_TRUNCATED:
	case FAULT_WRONG_PASSWORD:
		return "Wrong key?";
	default:
		return NULL;
	}
}

static const char *own_reason(enum fault_code code)
{
	switch (code) {
	case FAULT_NOT_REGULAR:
		return "it is not a regular file";
	case FAULT_NOT_A_KEYFILE:
		return "it contains no key";
	case FAULT_PASSWORD_BLANK:
		return "it contains no password";
	case FAULT_ALGORITHM:
		return "the digest or cipher is not available";
	default:
		return "out of memory";
	}
}

/* Writes a system error in the server's words. */
static void write_read_error(struct fault fault, const char *path, enum words_release release, char *words, size_t size)
{
	char reason[128];

	if (release == WORDS_FROM_11_8)
		snprintf(words, size, "Read from %s failed, errno %d", path, fault.error_number);
	else
		snprintf(words, size, "Error reading file '%s' (Errcode: %d \"%s\")", path, fault.error_number,
			 strerror_r(fault.error_number, reason, sizeof(reason)));
}

static void write_too_large(const char *path, enum words_release release, char *words, size_t size)
{
	if (release == WORDS_FROM_11_8)
		snprintf(words, size, "File %s too large, must be less than 1048576 bytes", path);
	else
		snprintf(words, size, "Error reading file '%s' (Errcode: 27 \"File too large\")", path);
}

static unsigned int write_system_words(struct fault fault, const char *path, enum words_release release, char *words,
				       size_t size)
{
	char reason[128];

	switch (fault.code) {
	case FAULT_OPEN:
		snprintf(words, size, "File '%s' not found (Errcode: %d \"%s\")", path, fault.error_number,
			 strerror_r(fault.error_number, reason, sizeof(reason)));
		return WORDS_NOT_FOUND;
	case FAULT_READ:
		write_read_error(fault, path, release, words, size);
		return WORDS_READ;
	case FAULT_TOO_LARGE:
		write_too_large(path, release, words, size);
		return WORDS_READ;
	case FAULT_PASSWORD_TOO_LONG:
		snprintf(words, size, "Cannot read %s, the filekey is too long, max secret size is 256%s", path,
			 release == WORDS_FROM_11_8 ? " bytes" : "B");
		return WORDS_READ;
	case FAULT_PASSWORD_EMPTY:
		/* before 11.8, the number is a leftover errno */
		snprintf(words, size,
			 "Error reading file '%s' (Errcode: 0 \"Internal error/check (Not system error)\")", path);
		return WORDS_READ;
	default:
		snprintf(words, size, "Cannot read %s: %s", path, own_reason(fault.code));
		return WORDS_OWN;
	}
}

struct fault words_fault_of_directory(enum words_release release)
{
	return release == WORDS_FROM_11_8 ? fault_errno(FAULT_READ, EISDIR) : fault_of(FAULT_TOO_LARGE);
}

unsigned int words_of_plugin(struct fault fault, const char *path, enum words_release release, char *words, size_t size)
{
	if (about_place(fault.code))
		snprintf(words, size, "%s at %s line %u, column %u", about_place(fault.code), path, fault.line,
			 fault.column);
	else if (about_decryption(fault.code))
		snprintf(words, size, "Cannot decrypt %s. %s", path, about_decryption(fault.code));
	else
		return write_system_words(fault, path, release, words, size);
	return WORDS_READ;
}
