/* SPDX-License-Identifier: MIT */
/* Text that parses is written and parsed again: the entries and their order must be the same. */
#include "fuzz.h"

static bool parse(const struct secret *text, struct keyfile *ret_keyfile)
{
	SECRET struct secret copy = { 0 };

	REQUIRE(!secret_copy(&copy, text->data, text->size).code);
	return !keyfile_parse(&copy, SYNTAX_VERSIONED, ret_keyfile).code;
}

static void require_same(const struct keyfile *before, const struct keyfile *after, size_t added)
{
	unsigned char key[KEY_MAX_SIZE];
	unsigned char other[KEY_MAX_SIZE];

	REQUIRE(after->count == before->count + added);
	for (size_t i = 0; i < before->count; i++) {
		const struct entry *a = &before->entries[i];
		const struct entry *b = &after->entries[i];

		REQUIRE(a->id == b->id && a->version == b->version && a->key_size == b->key_size);
		REQUIRE(a->line == b->line && a->ignored == b->ignored);
		keyfile_key(before, a, key);
		keyfile_key(after, b, other);
		REQUIRE(!memcmp(key, other, a->key_size));
	}
}

static void write_and_parse(const struct keyfile *keyfile, size_t count, bool versioned)
{
	const struct new_key added = { .id = 77, .version = 1, .size = KEY_MAX_SIZE, .key = { 1, 2, 3 } };
	SECRET struct secret text = { 0 };
	KEYFILE struct keyfile again = { 0 };

	REQUIRE(!keyfile_extend(keyfile, &added, count, versioned, &text).code);
	REQUIRE(versioned || !memcmp(text.data, keyfile->text.data, keyfile->text.size));
	REQUIRE(parse(&text, &again));
	require_same(keyfile, &again, count);
	for (size_t i = 0; versioned && i < again.count; i++)
		REQUIRE(again.entries[i].versioned);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	SECRET struct secret text = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };

	REQUIRE(!secret_copy(&text, data, size).code);
	if (!parse(&text, &keyfile))
		return 0;
	/* the date of a key that is not there is omitted when the key is added */
	for (size_t i = 0; i < keyfile.date_count; i++)
		if (!keyfile.dates[i].entry && keyfile.dates[i].id == 77)
			return 0;
	/* nothing after a NUL is read, not even a new line */
	for (size_t count = 0; count <= (keyfile.read_size == size ? 1U : 0U); count++) {
		write_and_parse(&keyfile, count, true);
		write_and_parse(&keyfile, count, false);
	}
	return 0;
}
