/* SPDX-License-Identifier: MIT */
/* Any bytes as the text of a key file: the result must be consistent. */
#include "fuzz.h"

static void check_entry(const struct keyfile *keyfile, const struct entry *entry)
{
	size_t count;

	REQUIRE(entry->id >= 1 && entry->version >= 1 && entry->version <= KEY_VERSION_MAX);
	REQUIRE(key_size_is_valid(entry->key_size));
	REQUIRE(entry->version_offset <= entry->key_offset);
	REQUIRE(entry->key_offset + 2 * entry->key_size <= keyfile->read_size);
	REQUIRE(entry->line >= 1 && entry->line <= keyfile->lines);
	REQUIRE(keyfile_find_version(keyfile, entry->id, entry->version));
	REQUIRE(keyfile_find(keyfile, entry->id, &count) && count >= 1);
}

static void check(const struct keyfile *keyfile, size_t size)
{
	const struct entry *duplicate = NULL;
	const struct entry *winner;
	bool has_duplicate = false;

	REQUIRE(keyfile->text.size == size && keyfile->read_size <= size);
	for (size_t i = 0; i < keyfile->count; i++)
		check_entry(keyfile, &keyfile->entries[i]);
	while ((duplicate = keyfile_next_duplicate(keyfile, duplicate, &winner))) {
		REQUIRE(winner->id == duplicate->id && winner->version == duplicate->version && winner > duplicate);
		has_duplicate = true;
	}
	REQUIRE(has_duplicate || keyfile_keeps(keyfile, keyfile));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	for (int syntax = SYNTAX_UNVERSIONED; syntax <= SYNTAX_VERSIONED; syntax++) {
		SECRET struct secret text = { 0 };
		KEYFILE struct keyfile keyfile = { 0 };
		struct fault fault;

		REQUIRE(!secret_copy(&text, data, size).code);
		fault = keyfile_parse(&text, (enum keyfile_syntax)syntax, &keyfile);
		if (!fault.code)
			check(&keyfile, size);
		else
			REQUIRE(fault.line >= 1 && fault.column >= 1 && !keyfile.entries);
	}
	return 0;
}
