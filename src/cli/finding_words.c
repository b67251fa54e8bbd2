/* SPDX-License-Identifier: MIT */
#include "cli/finding_words.h"

#include <stdio.h>

char *finding_words(const struct finding *finding)
{
	const struct entry *entry = finding->entry;
	const struct entry *other = finding->other;
	char *words = NULL;
	int size = -1;

	switch (finding->kind) {
	case FINDING_DUPLICATE_ID:
		size = asprintf(&words, "key ID %u version %u stands again on line %u, which the server uses",
				entry->id, entry->version, other->line);
		break;
	case FINDING_TEXT_AFTER_NUL:
		size = asprintf(&words, "the server stops reading at a NUL byte");
		break;
	case FINDING_IGNORED_TEXT:
		size = asprintf(&words, "the server ignores %zu bytes behind the key of ID %u", entry->ignored,
				entry->id);
		break;
	case FINDING_UNIFORM_KEY:
		size = asprintf(&words, "all bytes of the key of ID %u version %u are equal", entry->id,
				entry->version);
		break;
	case FINDING_REPEATED_KEY:
		size = asprintf(&words, "key ID %u version %u has the same key as ID %u version %u on line %u",
				entry->id, entry->version, other->id, other->version, other->line);
		break;
	case FINDING_PUBLISHED_KEY:
		size = asprintf(&words, "the key of ID %u version %u is printed in MariaDB's documentation", entry->id,
				entry->version);
		break;
	case FINDING_MIXED_VERSIONS:
		size = asprintf(&words, "key ID %u has no version here, while other lines have one", entry->id);
		break;
	case FINDING_KEY_FILE_EXPOSED:
	case FINDING_PASSWORD_FILE_EXPOSED:
		size = asprintf(&words, "the %s file has mode %04o: others can read it, or its group can change it",
				finding->kind == FINDING_KEY_FILE_EXPOSED ? "key" : "password",
				(unsigned int)finding->mode);
		break;
	case FINDING_BLANK_PASSWORD:
		size = asprintf(&words, "the password file holds nothing but line ends");
		break;
	case FINDING_SHORT_PASSWORD:
		size = asprintf(&words, "the password is shorter than %d bytes", PASSWORD_SHORT_SIZE);
		break;
	case FINDING_PASSWORD_LINE_BREAK:
		size = asprintf(&words, "the password has a line break inside");
		break;
	case FINDING_PASSWORD_CARRIAGE_RETURN:
		size = asprintf(&words, "the password ends in a carriage return");
		break;
	case FINDING_PASSWORD_NUL:
		size = asprintf(&words, "the server cuts the password at a NUL byte");
		break;
	}
	return size < 0 ? NULL : words;
}

const char *finding_hint(enum finding_kind kind)
{
	switch (kind) {
	case FINDING_DUPLICATE_ID:
		return "find out which of the two keys the data needs, and give the other one an ID of its own";
	case FINDING_TEXT_AFTER_NUL:
		return "keys behind it do not exist for the server: take the NUL byte out";
	case FINDING_IGNORED_TEXT:
		return "put comments on lines of their own, behind a #";
	case FINDING_UNIFORM_KEY:
	case FINDING_PUBLISHED_KEY:
		return "this key protects nothing: move its data to a new one, made by 'mkeyfile add'";
	case FINDING_REPEATED_KEY:
		return "two IDs with one key are one key: move the data of one of them to a new ID";
	case FINDING_MIXED_VERSIONS:
		return "no documentation says that a server reads such a mixture: any change by mkeyfile gives every line a version";
	case FINDING_KEY_FILE_EXPOSED:
	case FINDING_PASSWORD_FILE_EXPOSED:
		return "chmod 600 it, or 640 with the server's group";
	case FINDING_BLANK_PASSWORD:
		return "servers before 10.6.28, 10.11.19, 11.4.13, 11.8.9 and 12.3.3 crash on it, later ones take it for no password";
	case FINDING_SHORT_PASSWORD:
		return "one processor core tries 600,000 passwords a second: use 'openssl rand -hex 128' or generate --new-password-file";
	case FINDING_PASSWORD_LINE_BREAK:
		return "openssl enc uses only the first line, the server all of it";
	case FINDING_PASSWORD_CARRIAGE_RETURN:
		return "openssl enc keeps it, the server takes it off";
	case FINDING_PASSWORD_NUL:
		return "write a password file of one line of text";
	}
	return "";
}
