/* SPDX-License-Identifier: MIT */
#include "core/keyfile.h"
#include "helpers.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* Keys of decimal digits only, which a parser may mistake for versions. */
#define DIGITS16 "31415926535897932384626433832795"
#define DIGITS24 DIGITS16 "0288419716939937"
#define DIGITS32 DIGITS16 "02884197169399375105820974944592"

static struct keyfile parsed(const char *row, const void *text, size_t size, enum keyfile_syntax syntax)
{
	SECRET struct secret copy = secret_of(text, size);
	struct keyfile keyfile = { 0 };

	expect_done(row, keyfile_parse(&copy, syntax, &keyfile));
	return keyfile;
}

static struct keyfile parsed_text(const char *text)
{
	return parsed(text, text, strlen(text), SYNTAX_VERSIONED);
}

/* ---- what the server loads, and where it stops ---- */

struct parser_row {
	const char *name;
	const char *text;
	size_t size;
	enum keyfile_syntax syntax;
	size_t count; /* entries, when it loads */
	struct fault fault;
};

#define LOADS(name, text, count)                                                                                       \
	{                                                                                                              \
		name, TEXT(text), SYNTAX_UNVERSIONED, count,                                                           \
		{                                                                                                      \
			0                                                                                              \
		}                                                                                                      \
	}
#define FAILS(name, text, code, line, column)                                                                          \
	{                                                                                                              \
		name, TEXT(text), SYNTAX_UNVERSIONED, 0,                                                               \
		{                                                                                                      \
			code, 0, line, column, 0                                                                       \
		}                                                                                                      \
	}

/* The result is the same in both syntaxes. */
static const struct parser_row common_rows[] = {
	LOADS("no final newline", "1;" HEX32, 1),
	LOADS("final newline", "1;" HEX32 "\n", 1),
	LOADS("128 bits", "1;" HEX16 "\n", 1),
	LOADS("192 bits", "1;" HEX24 "\n", 1),
	LOADS("CRLF", "1;" HEX32 "\r\n2;" HEX32 "\r\n", 2),
	LOADS("CRLF, no final newline", "1;" HEX32 "\r\n2;" HEX32 "\r", 2),
	LOADS("leading blanks", " \t\v\f\r1;" HEX32 "\n", 1),
	LOADS("comment lines", "# one\n1;" HEX32 "\n  # two\n2;" HEX32 "\n", 2),
	LOADS("blank lines", "\n\n1;" HEX32 "\n \t\n\r\n2;" HEX32 "\n\n", 2),
	LOADS("leading zero", "01;" HEX32 "\n", 1),
	LOADS("many leading zeros", "00000000000000000001;" HEX32 "\n", 1),
	LOADS("upper-case digits", "1;0F1E2D3C4B5A69788796A5B4C3D2E1F0\n", 1),
	LOADS("last line a comment", "1;" HEX32 "\n# end", 1),
	LOADS("line of a form feed", "1;" HEX32 "\n\f\n", 1),
	LOADS("line of a vertical tab", "1;" HEX32 "\n\v\n", 1),
	LOADS("text after the key", "1;" HEX32 " garbage\n", 1),
	LOADS("comment after the key", "1;" HEX32 "#x\n", 1),
	LOADS("semicolon after the key", "1;" HEX32 ";x\n", 1),
	LOADS("no hex digit after the key", "1;" HEX32 "g\n", 1),
	LOADS("the same ID twice", "1;" HEX32 "\n1;" HEX16 "\n", 2),
	LOADS("NUL after the key", "1;" HEX32 "\0garbage", 1),
	LOADS("lines after a NUL", "1;" HEX32 "\n\0002;" HEX32 "\n", 1),
	LOADS("NUL in a comment", "1;" HEX32 "\n# a\0b\n2;" HEX32 "\n", 1),
	LOADS("highest ID", "4294967295;" HEX32 "\n", 1),
	LOADS("nothing", "", 0),
	LOADS("only a comment", "# nothing\n", 0),
	LOADS("NUL first", "\0001;" HEX32, 0),
	LOADS("16 bytes of digits", "1;" DIGITS16 "\n", 1),
	LOADS("24 bytes of digits", "1;" DIGITS24 "\n", 1),
	LOADS("32 bytes of digits", "1;" DIGITS32 "\n", 1),
	LOADS("16 bytes of digits and a semicolon", "1;" DIGITS16 ";x\n", 1),
	LOADS("24 bytes of digits and a semicolon", "1;" DIGITS24 ";x\n", 1),
	LOADS("32 bytes of digits and a semicolon", "1;" DIGITS32 ";x\n", 1),
	FAILS("one above the highest ID", "4294967296;" HEX32 "\n", FAULT_KEY_ID, 1, 10),
	FAILS("ten nines", "9999999999;" HEX32 "\n", FAULT_KEY_ID, 1, 10),
	FAILS("ten times the highest ID", "42949672950;" HEX32 "\n", FAULT_KEY_ID, 1, 11),
	FAILS("above 64 bits", "18446744073709551617;" HEX32 "\n", FAULT_KEY_ID, 1, 11),
	FAILS("ID too high on line 3", "1;" HEX32 "\n#\n4294967296;" HEX32 "\n", FAULT_KEY_ID, 3, 10),
	FAILS("ID 0", "0;" HEX32 "\n", FAULT_KEY_ID, 1, 2),
	FAILS("ID 000", "000;" HEX32 "\n", FAULT_KEY_ID, 1, 4),
	FAILS("ID 0 after blanks", "  0;" HEX32 "\n", FAULT_KEY_ID, 1, 4),
	FAILS("30 digits", "2;0f1e2d3c4b5a69788796a5b4c3d2e1\n", FAULT_KEY, 1, 33),
	FAILS("31 digits", "2;0f1e2d3c4b5a69788796a5b4c3d2e1f\n", FAULT_KEY, 1, 33),
	FAILS("33 digits", "2;" HEX16 "a\n", FAULT_KEY, 1, 35),
	FAILS("34 digits", "2;" HEX16 "ab\n", FAULT_KEY, 1, 37),
	FAILS("49 digits", "2;" HEX24 "a\n", FAULT_KEY, 1, 51),
	FAILS("63 digits", "2;" HEX16 "e0d1c2b3a495867768594a3b2c1d0e0\n", FAULT_KEY, 1, 65),
	FAILS("65 digits", "2;" HEX32 "a\n", FAULT_KEY, 1, 67),
	FAILS("66 digits", "2;" HEX32 "ab\n", FAULT_KEY, 1, 67),
	FAILS("65 decimal digits", "2;" DIGITS32 "1\n", FAULT_KEY, 1, 67),
	FAILS("no key", "1;\n", FAULT_KEY, 1, 3),
	FAILS("no key, no newline", "1;", FAULT_KEY, 1, 3),
	FAILS("NUL in the key", "1;0f1e\0002d", FAULT_KEY, 1, 7),
	FAILS("two semicolons", "1;;" HEX32 "\n", FAULT_KEY, 1, 3),
	FAILS("blank before the key", "1; " HEX32 "\n", FAULT_KEY, 1, 3),
	FAILS("blank after the ID", "1 ;" HEX32 "\n", FAULT_SYNTAX, 1, 2),
	FAILS("colon", "3:" HEX32 "\n", FAULT_SYNTAX, 1, 2),
	FAILS("ID alone", "3\n", FAULT_SYNTAX, 1, 2),
	FAILS("ID alone, no newline", "3", FAULT_SYNTAX, 1, 2),
	FAILS("no ID", ";" HEX32 "\n", FAULT_SYNTAX, 1, 1),
	FAILS("plus sign", "+1;" HEX32 "\n", FAULT_SYNTAX, 1, 1),
	FAILS("minus sign", "-1;" HEX32 "\n", FAULT_SYNTAX, 1, 1),
	FAILS("byte order mark",
	      "\xef\xbb\xbf"
	      "1;" HEX32 "\n",
	      FAULT_SYNTAX, 1, 1),
	FAILS("no-break space",
	      "\xc2\xa0"
	      "1;" HEX32 "\n",
	      FAULT_SYNTAX, 1, 1),
	FAILS("blanks at the end", "1;" HEX32 "\n   ", FAULT_SYNTAX, 2, 4),
	FAILS("carriage return at the end", "1;" HEX32 "\n\r", FAULT_SYNTAX, 2, 2),
};

static void check_row(const struct parser_row *row, enum keyfile_syntax syntax)
{
	SECRET struct secret text = secret_of(row->text, row->size);
	KEYFILE struct keyfile keyfile = { 0 };

	expect_fault(row->name, keyfile_parse(&text, syntax, &keyfile), row->fault);
	expect_number(row->name, "size of what was taken over", text.size, 0);
	if (row->fault.code) {
		assert_null(keyfile.entries);
		assert_null(keyfile.text.data);
		return;
	}
	expect_number(row->name, "count", keyfile.count, row->count);
	expect_bytes(row->name, &keyfile.text, row->text, row->size);
}

static void test_both_syntaxes(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(common_rows); i++) {
		check_row(&common_rows[i], SYNTAX_UNVERSIONED);
		check_row(&common_rows[i], SYNTAX_VERSIONED);
	}
}

#define ONLY(syntax, name, text, code, column)                                                                         \
	{                                                                                                              \
		name, TEXT(text), syntax, (code) == FAULT_NONE,                                                        \
		{                                                                                                      \
			code, 0, (code) != FAULT_NONE, column, 0                                                       \
		}                                                                                                      \
	}
#define NO_VERSIONS(name, text, code, column) ONLY(SYNTAX_UNVERSIONED, name, text, code, column)
#define VERSIONS(name, text, code, column) ONLY(SYNTAX_VERSIONED, name, text, code, column)

static const struct parser_row syntax_rows[] = {
	NO_VERSIONS("version 1", "1;1;" HEX32 "\n", FAULT_KEY, 3),
	NO_VERSIONS("version 2 of ID 100", "100;2;" HEX32 "\n", FAULT_KEY, 5),
	NO_VERSIONS("version 10", "1;10;" HEX32 "\n", FAULT_KEY, 5),
	NO_VERSIONS("version 0", "1;0;" HEX32 "\n", FAULT_KEY, 3),
	VERSIONS("version 0", "1;0;" HEX32 "\n", FAULT_KEY_VERSION, 4),
	VERSIONS("version 00", "1;00;" HEX32 "\n", FAULT_KEY_VERSION, 5),
	VERSIONS("version 4294967295", "1;4294967295;" HEX32 "\n", FAULT_KEY_VERSION, 12),
	VERSIONS("version 4294967296", "1;4294967296;" HEX32 "\n", FAULT_KEY_VERSION, 12),
	VERSIONS("version of 11 digits", "1;12345678901;" HEX32 "\n", FAULT_KEY_VERSION, 13),
	VERSIONS("version of 20 digits", "1;18446744073709551617;" HEX32 "\n", FAULT_KEY_VERSION, 13),
	VERSIONS("version of 31 digits", "1;3141592653589793238462643383279;" HEX32 "\n", FAULT_KEY_VERSION, 13),
	VERSIONS("version of 11 digits, most of them 0", "1;00000000001;" HEX32 "\n", FAULT_NONE, 0),
	VERSIONS("version and text after the key", "1;2;" HEX32 ";x\n", FAULT_NONE, 0),
	VERSIONS("version and a key of digits", "1;2;" DIGITS32 ";3;\n", FAULT_NONE, 0),
	VERSIONS("blank after the version", "1;2 ;" HEX32 "\n", FAULT_KEY, 3),
	VERSIONS("blank before the key", "1;2; " HEX32 "\n", FAULT_KEY, 5),
	VERSIONS("sign before the version", "1;+2;" HEX32 "\n", FAULT_KEY, 3),
	VERSIONS("hex version", "1;a;" HEX32 "\n", FAULT_KEY, 3),
	VERSIONS("two versions", "1;2;3;" HEX32 "\n", FAULT_KEY, 5),
	VERSIONS("no key", "1;2;\n", FAULT_KEY, 5),
	VERSIONS("key too long", "1;2;" HEX32 "ab\n", FAULT_KEY, 69),
	VERSIONS("empty version", "1;;" HEX32 "\n", FAULT_KEY, 3),
};

static void test_one_syntax(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(syntax_rows); i++)
		check_row(&syntax_rows[i], syntax_rows[i].syntax);
}

static void test_version_bounds(void **state)
{
	static const uint32_t versions[] = { 1, 2, 255, 256, 65535, 65536, KEY_VERSION_MAX };

	(void)state;
	for (size_t i = 0; i < LENGTH(versions); i++) {
		char text[128];
		int size = snprintf(text, sizeof(text), "7;%" PRIu32 ";" HEX32 "\n", versions[i]);
		KEYFILE struct keyfile keyfile = parsed(text, text, (size_t)size, SYNTAX_VERSIONED);

		expect_number(text, "version", keyfile.entries[0].version, versions[i]);
		expect_number(text, "versioned", keyfile.entries[0].versioned, true);
		expect_number(text, "has_versions", keyfile.has_versions, true);
	}
}

static void test_id_bounds(void **state)
{
	static const uint32_t ids[] = { 1, 2, 255, 256, 65535, 65536, 4294967294, KEY_ID_MAX };

	(void)state;
	for (size_t i = 0; i < LENGTH(ids); i++) {
		char text[128];
		int size = snprintf(text, sizeof(text), "%" PRIu32 ";" HEX32 "\n", ids[i]);
		KEYFILE struct keyfile keyfile = parsed(text, text, (size_t)size, SYNTAX_UNVERSIONED);

		expect_number(text, "ID", keyfile.entries[0].id, ids[i]);
		expect_number(text, "version", keyfile.entries[0].version, 1);
		expect_number(text, "versioned", keyfile.entries[0].versioned, false);
		expect_number(text, "has_versions", keyfile.has_versions, false);
	}
}

/* ---- entries ---- */

static void test_entry_places(void **state)
{
	static const char text[] = "# head\n  1;" HEX16 "\n\n2;34;" HEX24 " \t\r\n3;" HEX32 " # old ;\r\n";
	KEYFILE struct keyfile keyfile = parsed_text(text);
	const struct entry *entries = keyfile.entries;

	(void)state;
	assert_int_equal(keyfile.count, 3);
	assert_int_equal(keyfile.lines, 5);
	assert_int_equal(keyfile.read_size, sizeof(text) - 1);
	assert_int_equal(entries[0].line, 2);
	assert_int_equal(entries[1].line, 4);
	assert_int_equal(entries[2].line, 5);
	assert_int_equal(entries[0].version_offset, entries[0].key_offset);
	assert_int_equal(entries[1].version_offset + strlen("34;"), entries[1].key_offset);
	assert_int_equal(entries[0].key_size, 16);
	assert_int_equal(entries[1].key_size, 24);
	assert_int_equal(entries[2].key_size, 32);
	assert_memory_equal(text + entries[0].key_offset, HEX16, 32);
	assert_memory_equal(text + entries[1].key_offset, HEX24, 48);
	assert_memory_equal(text + entries[2].key_offset, HEX32, 64);
	assert_int_equal(entries[0].ignored, 0);
	assert_int_equal(entries[1].ignored, 0);
	assert_int_equal(entries[2].ignored, strlen(" # old ;"));
}

static void test_key_decoded(void **state)
{
	static const unsigned char wanted[] = { 0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78,
						0x87, 0x96, 0xa5, 0xb4, 0xc3, 0xd2, 0xe1, 0xf0 };
	KEYFILE struct keyfile keyfile = parsed_text("1;" HEX16 "\n2;0F1E2d3c4B5a69788796A5b4C3d2e1f0\n");
	unsigned char key[KEY_MAX_SIZE];

	(void)state;
	for (size_t i = 0; i < keyfile.count; i++) {
		memset(key, 0, sizeof(key));
		keyfile_key(&keyfile, &keyfile.entries[i], key);
		assert_memory_equal(key, wanted, sizeof(wanted));
	}
}

static void test_read_size(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		size_t size;
		size_t read_size;
		unsigned int lines;
	} rows[] = {
		{ "empty", TEXT(""), 0, 0 },
		{ "one line", TEXT("1;" HEX16), 34, 1 },
		{ "one line and its newline", TEXT("1;" HEX16 "\n"), 35, 1 },
		{ "NUL after the key", TEXT("1;" HEX16 "\0x\n"), 34, 1 },
		{ "NUL at the end", TEXT("1;" HEX16 "\n\0"), 35, 1 },
		{ "NUL in line 2", TEXT("1;" HEX16 "\n#\0\n\n"), 36, 2 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		KEYFILE struct keyfile keyfile = parsed(rows[i].name, rows[i].text, rows[i].size, SYNTAX_UNVERSIONED);

		expect_number(rows[i].name, "read_size", keyfile.read_size, rows[i].read_size);
		expect_number(rows[i].name, "lines", keyfile.lines, rows[i].lines);
	}
}

static void test_system_key(void **state)
{
	static const struct {
		const char *text;
		struct fault fault;
	} rows[] = {
		{ "1;" HEX16 "\n", { 0 } },
		{ "2;" HEX16 "\n1;" HEX16, { 0 } },
		{ "1;7;" HEX16 "\n", { 0 } },
		{ "", { FAULT_SYSTEM_KEY, 0, 0, 1, 0 } },
		{ "2;" HEX16 "\n", { FAULT_SYSTEM_KEY, 0, 1, 1, 0 } },
		{ "2;" HEX16 "\n# end", { FAULT_SYSTEM_KEY, 0, 2, 1, 0 } },
		{ "\n\n\n", { FAULT_SYSTEM_KEY, 0, 3, 1, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		KEYFILE struct keyfile keyfile = parsed_text(rows[i].text);

		expect_fault(rows[i].text, keyfile_check_system_key(&keyfile), rows[i].fault);
	}
}

/* ---- finding ---- */

static void test_find(void **state)
{
	KEYFILE struct keyfile keyfile = parsed_text("100;3;" HEX16 "\n1;" HEX16 "\n100;1;" HEX16 "\n"
						     "4294967295;" HEX16 "\n100;2;" HEX16 "\n");
	static const struct {
		uint32_t id;
		size_t count;
		uint32_t newest;
	} rows[] = { { 1, 1, 1 }, { 100, 3, 3 }, { KEY_ID_MAX, 1, 1 }, { 0, 0, 0 }, { 2, 0, 0 }, { 101, 0, 0 } };

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		size_t count = 99;
		struct entry **found = keyfile_find(&keyfile, rows[i].id, &count);

		assert_int_equal(count, rows[i].count);
		assert_true(!found == !rows[i].count);
		for (size_t j = 0; found && j < count; j++)
			assert_int_equal(found[j]->id, rows[i].id);
		if (found)
			assert_int_equal(found[count - 1]->version, rows[i].newest);
	}
}

static void test_find_in_nothing(void **state)
{
	const struct keyfile zeroed = { 0 };
	KEYFILE struct keyfile empty = parsed_text("");
	size_t count;

	(void)state;
	assert_null(keyfile_find(&zeroed, 1, &count));
	assert_int_equal(count, 0);
	assert_null(keyfile_find_version(&zeroed, 1, 1));
	assert_null(keyfile_find(&empty, 1, &count));
	assert_null(keyfile_find_version(&empty, 1, 1));
}

static void test_find_version(void **state)
{
	/* line 4 overrides line 2, and line 5 overrides line 1 */
	KEYFILE struct keyfile keyfile =
		parsed_text("1;" HEX16 "\n100;2;" HEX16 "\n100;1;" HEX16 "\n100;2;" HEX24 "\n1;1;" HEX32 "\n");
	static const struct {
		uint32_t id;
		uint32_t version;
		unsigned int line; /* 0: does not exist */
	} rows[] = {
		{ 1, 1, 5 }, { 100, 1, 3 }, { 100, 2, 4 }, { 100, 3, 0 }, { 1, 2, 0 }, { 2, 1, 0 }, { 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const struct entry *found = keyfile_find_version(&keyfile, rows[i].id, rows[i].version);

		assert_int_equal(found ? found->line : 0, rows[i].line);
	}
}

static void test_duplicates(void **state)
{
	KEYFILE struct keyfile keyfile = parsed_text("1;" HEX16 "\n2;" HEX16 "\n1;1;" HEX24 "\n1;2;" HEX16 "\n2;" HEX16
						     "\n1;01;" HEX32 "\n3;" HEX16 "\n");
	/* each overridden line, in file order, and the line that wins */
	static const unsigned int wanted[][2] = { { 1, 6 }, { 2, 5 }, { 3, 6 } };
	const struct entry *entry = NULL;
	const struct entry *winner = NULL;

	(void)state;
	for (size_t i = 0; i < LENGTH(wanted); i++) {
		entry = keyfile_next_duplicate(&keyfile, entry, &winner);
		assert_non_null(entry);
		assert_int_equal(entry->line, wanted[i][0]);
		assert_int_equal(winner->line, wanted[i][1]);
	}
	assert_null(keyfile_next_duplicate(&keyfile, entry, &winner));
}

static void test_no_duplicates(void **state)
{
	KEYFILE struct keyfile keyfile = parsed_text("1;" HEX16 "\n1;2;" HEX16 "\n2;" HEX16 "\n");
	const struct entry *winner;

	(void)state;
	assert_null(keyfile_next_duplicate(&keyfile, NULL, &winner));
}

static void test_fingerprints(void **state)
{
	/* openssl dgst -sha256 -mac HMAC -macopt hexkey:KEY over "mkeyfile fingerprint v1" */
	static const char *const wanted[] = { "2af613ebd0d757a0", "ebd523fa66e11545", "53aa8fee45351c84" };
	KEYFILE struct keyfile keyfile = parsed_text("1;" HEX16 "\n2;" HEX24 "\n3;" HEX32 "\n");
	struct fingerprint *fingerprints = NULL;

	(void)state;
	expect_done("fingerprints", keyfile_fingerprints(&keyfile, &fingerprints));
	for (size_t i = 0; i < LENGTH(wanted); i++)
		assert_string_equal(fingerprints[i].text, wanted[i]);
	free(fingerprints);
}

/* ---- extending ---- */

struct extend_row {
	const char *name;
	const char *before;
	size_t before_size;
	bool versioned;
	size_t count; /* of new keys: ID 7 version 1, then ID 7 version 2 */
	const char *after;
	size_t after_size;
};

static const struct extend_row extend_rows[] = {
	{ "new file", TEXT(""), false, 1, TEXT("7;" HEX16 "\n") },
	{ "new versioned file", TEXT(""), true, 2, TEXT("7;1;" HEX16 "\n7;2;" HEX24 "\n") },
	{ "no keys added to an empty file", TEXT(""), true, 0, TEXT("") },
	{ "one line added", TEXT("1;" HEX32 "\n"), false, 1, TEXT("1;" HEX32 "\n7;" HEX16 "\n") },
	{ "final newline missing", TEXT("1;" HEX32), false, 1, TEXT("1;" HEX32 "\n7;" HEX16 "\n") },
	{ "final newline missing after a comment", TEXT("1;" HEX32 "\n# end"), false, 1,
	  TEXT("1;" HEX32 "\n# end\n7;" HEX16 "\n") },
	{ "final newline missing, CRLF", TEXT("1;" HEX32 "\r\n2;" HEX16), false, 1,
	  TEXT("1;" HEX32 "\r\n2;" HEX16 "\r\n7;" HEX16 "\r\n") },
	{ "CRLF", TEXT("1;" HEX32 "\r\n"), false, 1, TEXT("1;" HEX32 "\r\n7;" HEX16 "\r\n") },
	{ "the last line end counts", TEXT("1;" HEX32 "\r\n2;" HEX16 "\n"), false, 1,
	  TEXT("1;" HEX32 "\r\n2;" HEX16 "\n7;" HEX16 "\n") },
	{ "comments, blanks and text after keys", TEXT("# a\n\n \t1;" HEX32 " b;\n\f\n2;" HEX16 "#c\n\n"), false, 1,
	  TEXT("# a\n\n \t1;" HEX32 " b;\n\f\n2;" HEX16 "#c\n\n7;" HEX16 "\n") },
	{ "comments stay when lines become versioned",
	  TEXT("# a\n\n \t01;0F" HEX24 "1234567890ABCD b;1\n\n2;" HEX16 "#c\n\n"), true, 1,
	  TEXT("# a\n\n \t01;1;0F" HEX24 "1234567890ABCD b;1\n\n2;1;" HEX16 "#c\n\n7;1;" HEX16 "\n") },
	{ "mixed becomes versioned", TEXT("1;" HEX32 "\n2;5;" HEX16 "\n3;" HEX24), true, 2,
	  TEXT("1;1;" HEX32 "\n2;5;" HEX16 "\n3;1;" HEX24 "\n7;1;" HEX16 "\n7;2;" HEX24 "\n") },
	{ "versioned stays versioned", TEXT("1;1;" HEX32 "\n"), true, 1, TEXT("1;1;" HEX32 "\n7;1;" HEX16 "\n") },
	{ "CRLF becomes versioned", TEXT("1;" HEX32 "\r\n"), true, 1, TEXT("1;1;" HEX32 "\r\n7;1;" HEX16 "\r\n") },
	{ "text after a NUL is kept", TEXT("1;" HEX32 "\n\0x\n"), false, 0, TEXT("1;" HEX32 "\n\0x\n") },
	{ "a key of digits becomes versioned", TEXT("1;" DIGITS32 ";x\n"), true, 0, TEXT("1;1;" DIGITS32 ";x\n") },
};

static const struct new_key *new_keys(void)
{
	static struct new_key keys[] = { { .id = 7, .version = 1, .size = 16 }, { .id = 7, .version = 2, .size = 24 } };

	key_from_hex((const unsigned char *)HEX16, 16, keys[0].key);
	key_from_hex((const unsigned char *)HEX24, 24, keys[1].key);
	return keys;
}

static void test_extend(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(extend_rows); i++) {
		const struct extend_row *row = &extend_rows[i];
		KEYFILE struct keyfile before = parsed(row->name, row->before, row->before_size, SYNTAX_VERSIONED);
		KEYFILE struct keyfile after = { 0 };
		SECRET struct secret text = { 0 };

		expect_done(row->name, keyfile_extend(&before, new_keys(), row->count, row->versioned, &text));
		expect_bytes(row->name, &text, row->after, row->after_size);
		expect_done(row->name, keyfile_parse(&text, SYNTAX_VERSIONED, &after));
		expect_number(row->name, "count", after.count, before.count + row->count);
		expect_number(row->name, "keeps", keyfile_keeps(&after, &before), true);
	}
}

#define DATE "2026-11-30T19:23:13Z"
#define CREATED(key, date) DATE_LINE_START key " " date "\n"

/* The date of each key is on the line before it. */
static void test_extend_with_dates(void **state)
{
	static const struct extend_row rows[] = {
		{ "a date", TEXT("1;" HEX32 "\n"), false, 1,
		  TEXT("1;" HEX32 "\n" CREATED("7;1", DATE) "7;" HEX16 "\n") },
		{ "two dates", TEXT(""), true, 2,
		  TEXT(CREATED("7;1", DATE) "7;1;" HEX16 "\n" CREATED("7;2", DATE) "7;2;" HEX24 "\n") },
		{ "CRLF", TEXT("1;" HEX32 "\r\n"), false, 1,
		  TEXT("1;" HEX32 "\r\n" DATE_LINE_START "7;1 " DATE "\r\n7;" HEX16 "\r\n") },
		{ "old dates stay when lines become versioned",
		  TEXT(CREATED("1;1", DATE) "1;" HEX32 "\n# a\n2;" HEX16 "\n"), true, 1,
		  TEXT(CREATED("1;1", DATE) "1;1;" HEX32 "\n# a\n2;1;" HEX16 "\n" CREATED("7;1", DATE) "7;1;" HEX16
												       "\n") },
		{ "an old date without its key is replaced, a malformed one stays",
		  TEXT(CREATED("7;1", "2020-01-01T00:00:00Z") "1;" HEX32 "\n" CREATED("7;1", "never") "# a\n"), false,
		  1, TEXT("1;" HEX32 "\n" CREATED("7;1", "never") "# a\n" CREATED("7;1", DATE) "7;" HEX16 "\n") },
		{ "other dates without a key stay", TEXT(CREATED("8;1", DATE) "1;" HEX32 "\n" CREATED("7;3", DATE)),
		  false, 1,
		  TEXT(CREATED("8;1", DATE) "1;" HEX32 "\n" CREATED("7;3", DATE) CREATED("7;1", DATE) "7;" HEX16
												      "\n") },
	};
	struct new_key keys[2];

	(void)state;
	memcpy(keys, new_keys(), sizeof(keys));
	memcpy(keys[0].created.text, DATE, sizeof(DATE));
	memcpy(keys[1].created.text, DATE, sizeof(DATE));
	for (size_t i = 0; i < LENGTH(rows); i++) {
		KEYFILE struct keyfile before =
			parsed(rows[i].name, rows[i].before, rows[i].before_size, SYNTAX_VERSIONED);
		KEYFILE struct keyfile after = { 0 };
		SECRET struct secret text = { 0 };

		expect_done(rows[i].name, keyfile_extend(&before, keys, rows[i].count, rows[i].versioned, &text));
		expect_bytes(rows[i].name, &text, rows[i].after, rows[i].after_size);
		expect_done(rows[i].name, keyfile_parse(&text, SYNTAX_VERSIONED, &after));
		expect_text(rows[i].name, keyfile_find_version(&after, 7, 1)->created->date.text, DATE);
	}
}

static void test_extend_zeroed(void **state)
{
	const struct keyfile zeroed = { 0 };
	SECRET struct secret text = { 0 };

	(void)state;
	expect_done("zeroed", keyfile_extend(&zeroed, new_keys(), 1, true, &text));
	expect_bytes("zeroed", &text, TEXT("7;1;" HEX16 "\n"));
}

static void test_extend_with_longest_numbers(void **state)
{
	struct new_key key = { .id = KEY_ID_MAX, .version = KEY_VERSION_MAX, .size = 32, .created = { DATE } };
	KEYFILE struct keyfile before = parsed_text("4294967295;" HEX32 "\r\n");
	SECRET struct secret text = { 0 };

	(void)state;
	key_from_hex((const unsigned char *)HEX32, 32, key.key);
	expect_done("longest", keyfile_extend(&before, &key, 1, true, &text));
	expect_bytes("longest", &text,
		     TEXT("4294967295;1;" HEX32 "\r\n" DATE_LINE_START "4294967295;4294967294 " DATE
			  "\r\n4294967295;4294967294;" HEX32 "\r\n"));
}

/* Every line grows by two bytes; the space for that is computed beforehand. */
static void test_extend_many_lines(void **state)
{
	static const char line[] = "7;" HEX16 "\n";
	static const char versioned_line[] = "7;1;" HEX16 "\n";
	const size_t count = 10000;
	SECRET struct secret text = { 0 };
	SECRET struct secret wanted = { 0 };
	SECRET struct secret extended = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };

	(void)state;
	expect_done("allocate", secret_allocate(&text, count * strlen(line)));
	expect_done("allocate", secret_allocate(&wanted, (count + 2) * strlen(versioned_line) + 16));
	for (size_t i = 0; i < count; i++) {
		secret_append(&text, line, strlen(line));
		secret_append(&wanted, versioned_line, strlen(versioned_line));
	}
	secret_append(&wanted, TEXT("7;1;" HEX16 "\n7;2;" HEX24 "\n"));
	expect_done("parse", keyfile_parse(&text, SYNTAX_VERSIONED, &keyfile));
	expect_done("extend", keyfile_extend(&keyfile, new_keys(), 2, true, &extended));
	expect_bytes("extend", &extended, wanted.data, wanted.size);
}

/* ---- keeping ---- */

static void test_keeps(void **state)
{
	static const struct {
		const char *name;
		const char *older;
		const char *newer;
		bool keeps;
	} rows[] = {
		{ "itself", "1;" HEX32 "\n", "1;" HEX32 "\n", true },
		{ "no keys", "# none\n", "", true },
		{ "one key added", "1;" HEX32 "\n", "2;" HEX16 "\n1;" HEX32 "\n", true },
		{ "version added", "1;" HEX32 "\n", "1;1;" HEX32 "\n", true },
		{ "version omitted", "1;1;" HEX32 "\n", "1;" HEX32 "\n", true },
		{ "other case", "1;0f1e2d3c4b5a69788796a5b4c3d2e1f0\n", "1;0F1E2D3C4B5A69788796A5B4C3D2E1F0\n", true },
		{ "comment removed", "# a\n1;" HEX32 "\n", "1;" HEX32 "\n", true },
		{ "ID removed", "1;" HEX32 "\n2;" HEX16 "\n", "1;" HEX32 "\n", false },
		{ "all keys removed", "1;" HEX32 "\n", "", false },
		{ "version removed", "1;" HEX32 "\n1;2;" HEX16 "\n", "1;" HEX32 "\n", false },
		{ "other version", "1;" HEX32 "\n", "1;2;" HEX32 "\n", false },
		{ "other key", "1;" HEX16 "\n", "1;0f1e2d3c4b5a69788796a5b4c3d2e1f1\n", false },
		{ "other first digit", "1;" HEX16 "\n", "1;1f1e2d3c4b5a69788796a5b4c3d2e1f0\n", false },
		{ "shorter key", "1;" HEX32 "\n", "1;" HEX16 "\n", false },
		{ "longer key", "1;" HEX16 "\n", "1;" HEX32 "\n", false },
		{ "overridden", "1;" HEX32 "\n", "1;" HEX32 "\n1;" HEX16 "\n", false },
		{ "commented out", "1;" HEX32 "\n2;" HEX16 "\n", "1;" HEX32 "\n# 2;" HEX16 "\n", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		KEYFILE struct keyfile older = parsed_text(rows[i].older);
		KEYFILE struct keyfile newer = parsed_text(rows[i].newer);

		expect_number(rows[i].name, "keeps", keyfile_keeps(&newer, &older), rows[i].keeps);
	}
}

/* ---- random key files ---- */

#define RANDOM_FILES 2000
#define RANDOM_LINES 24
#define RANDOM_SIZE 16384

static uint64_t random_state;

/* splitmix64 */
static uint32_t random_below(uint32_t bound)
{
	uint64_t mixed = random_state += 0x9e3779b97f4a7c15U;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
	return (uint32_t)((mixed ^ (mixed >> 31)) % bound);
}

/* $MKEYFILE_TEST_SEED repeats a run. */
static void start_random(void)
{
	const char *given = getenv("MKEYFILE_TEST_SEED");
	uint32_t seed;

	if (given)
		seed = (uint32_t)strtoul(given, NULL, 10);
	else
		assert_int_equal(getrandom(&seed, sizeof(seed), 0), sizeof(seed));
	random_state = seed;
	printf("# MKEYFILE_TEST_SEED=%" PRIu32 "\n", seed);
	fflush(stdout);
}

/* A random key file, and the same file with every version written out. */
struct pair {
	struct secret text;
	struct secret versioned;
};

static void put(struct pair *pair, const char *bytes)
{
	secret_append(&pair->text, bytes, strlen(bytes));
	secret_append(&pair->versioned, bytes, strlen(bytes));
}

static void put_some(struct pair *pair, const char *letters, uint32_t most)
{
	for (uint32_t count = random_below(most + 1); count; count--) {
		const char letter[2] = { letters[random_below((uint32_t)strlen(letters))], '\0' };

		put(pair, letter);
	}
}

static void put_entry(struct pair *pair)
{
	static const uint32_t most[] = { 3, 300, KEY_VERSION_MAX };
	char number[32];

	put_some(pair, " \t\v\f\r", 2);
	snprintf(number, sizeof(number), "%s%" PRIu32 ";", random_below(8) ? "" : "00",
		 1 + random_below(most[random_below(3)]));
	put(pair, number);
	snprintf(number, sizeof(number), "%" PRIu32 ";", 1 + random_below(most[random_below(3)]));
	if (random_below(2))
		put(pair, number);
	else
		secret_append(&pair->versioned, "1;", 2);
	for (size_t pairs = 8 * (2 + random_below(3)); pairs; pairs--) {
		snprintf(number, sizeof(number), random_below(2) ? "%02x" : "%02X", random_below(256));
		put(pair, number);
	}
	if (!random_below(4)) {
		put(pair, random_below(2) ? ";" : " ");
		put_some(pair, "1;ab# \t\xc3\xa4", 12);
	}
}

static void put_line(struct pair *pair, const char *end)
{
	uint32_t kind = random_below(6);

	if (kind == 0)
		put(pair, "#");
	if (kind == 0)
		put_some(pair, "1;ab# \t\r\xff", 20);
	else if (kind == 1)
		put_some(pair, " \t\v\f\r", 3);
	else
		put_entry(pair);
	put(pair, end);
}

static void make_pair(struct pair *pair)
{
	bool crlf = random_below(2);

	expect_done("allocate", secret_allocate(&pair->text, RANDOM_SIZE));
	expect_done("allocate", secret_allocate(&pair->versioned, RANDOM_SIZE));
	for (uint32_t lines = random_below(RANDOM_LINES); lines; lines--)
		put_line(pair, crlf && random_below(8) ? "\r\n" : "\n");
}

static void free_pair(struct pair *pair)
{
	secret_free(&pair->text);
	secret_free(&pair->versioned);
}

static void check_identity(const struct secret *text, const struct secret *wanted, bool versioned)
{
	SECRET struct secret copy = secret_of(text->data, text->size);
	SECRET struct secret extended = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };

	expect_done("random key file", keyfile_parse(&copy, SYNTAX_VERSIONED, &keyfile));
	expect_done("random key file", keyfile_extend(&keyfile, NULL, 0, versioned, &extended));
	expect_bytes("random key file", &extended, wanted->data, wanted->size);
}

/* ---- dates ---- */

static void test_dates(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *date; /* of key ID 5 version 2; NULL: unknown */
		size_t dates;
	} rows[] = {
		{ "before its key", CREATED("5;2", DATE) "5;2;" HEX16 "\n", DATE, 1 },
		{ "after its key", "5;2;" HEX16 "\n" CREATED("5;2", DATE), DATE, 1 },
		{ "no line break", "5;2;" HEX16 "\n" DATE_LINE_START "5;2 " DATE, DATE, 1 },
		{ "blanks around it", "5;2;" HEX16 "\n \t" DATE_LINE_START "5;2 " DATE " \t\r\n", DATE, 1 },
		{ "leading zeros", "5;2;" HEX16 "\n" CREATED("005;02", DATE), DATE, 1 },
		{ "the last one counts", CREATED("5;2", "2020-01-01T00:00:00Z") "5;2;" HEX16 "\n" CREATED("5;2", DATE),
		  DATE, 2 },
		{ "a malformed one does not count", CREATED("5;2", DATE) "5;2;" HEX16 "\n" CREATED("5;2", "2020"), DATE,
		  2 },
		{ "another version", "5;2;" HEX16 "\n" CREATED("5;1", DATE), NULL, 1 },
		{ "another ID", "5;2;" HEX16 "\n" CREATED("4;2", DATE), NULL, 1 },
		{ "no version", "5;2;" HEX16 "\n" CREATED("5", DATE), NULL, 1 },
		{ "no date", "5;2;" HEX16 "\n" CREATED("5;2", ""), NULL, 1 },
		{ "two blanks", "5;2;" HEX16 "\n" CREATED("5;2", " " DATE), NULL, 1 },
		{ "text after it", "5;2;" HEX16 "\n" CREATED("5;2", DATE " x"), NULL, 1 },
		{ "cut", "5;2;" HEX16 "\n" DATE_LINE_START "5;2 2026-11-30T19:23:13", NULL, 1 },
		{ "NUL in it", "5;2;" HEX16 "\n" DATE_LINE_START "5;2 2026-11-30T19:23:13\0Z", NULL, 1 },
		{ "another comment", "5;2;" HEX16 "\n# created 5;2 " DATE "\n", NULL, 0 },
		{ "another comment of mkeyfile", "5;2;" HEX16 "\n# mkeyfile create 5;2 " DATE "\n", NULL, 0 },
		{ "two number signs", "5;2;" HEX16 "\n#" CREATED("5;2", DATE), NULL, 0 },
		{ "after a key", "5;2;" HEX16 " " CREATED("5;2", DATE), NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		KEYFILE struct keyfile keyfile = parsed_text(rows[i].text);
		const struct entry *entry = keyfile_find_version(&keyfile, 5, 2);

		expect_number(rows[i].name, "dates", keyfile.date_count, rows[i].dates);
		if (rows[i].date)
			expect_text(rows[i].name, entry->created->date.text, rows[i].date);
		else
			expect_number(rows[i].name, "known", entry->created != NULL, false);
	}
}

/* The server uses the last key of an ID and version. */
static void test_date_of_repeated_key(void **state)
{
	KEYFILE struct keyfile keyfile = parsed_text("5;" HEX16 "\n" CREATED("5;1", DATE) "5;" HEX24 "\n");

	(void)state;
	assert_null(keyfile.entries[0].created);
	assert_ptr_equal(keyfile.entries[1].created, &keyfile.dates[0]);
	assert_ptr_equal(keyfile.dates[0].entry, &keyfile.entries[1]);
	expect_number("5", "bytes of dates", keyfile_dates_size(&keyfile), strlen(CREATED("5;1", DATE)));
}

/* ---- removing entries ---- */

struct reduce_row {
	const char *name;
	const char *text;
	unsigned int lines; /* a bit for each entry to remove */
	const char *left;
};

static void test_reduce(void **state)
{
	static const struct reduce_row rows[] = {
		{ "none", "1;" HEX16 "\n2;" HEX16, 0, "1;" HEX16 "\n2;" HEX16 },
		{ "the first", "1;" HEX16 "\n2;" HEX16 "\n", 1, "2;" HEX16 "\n" },
		{ "the last, with its end", "1;" HEX16 "\n2;" HEX16 "\n", 2, "1;" HEX16 "\n" },
		{ "the last, without one", "1;" HEX16 "\n2;" HEX16, 2, "1;" HEX16 "\n" },
		{ "CRLF, leading blanks and a tail", "1;" HEX16 "\r\n  2;" HEX16 " tail\r\n3;" HEX16 "\r\n", 2,
		  "1;" HEX16 "\r\n3;" HEX16 "\r\n" },
		{ "comments and blank lines stay", "# a\n1;1;" HEX16 "\n\n# b\n1;2;" HEX16 "\n# c", 1,
		  "# a\n\n# b\n1;2;" HEX16 "\n# c" },
		{ "neighboring lines", "1;" HEX16 "\n2;" HEX16 "\n3;" HEX16 "\n4;" HEX16 "\n", 6,
		  "1;" HEX16 "\n4;" HEX16 "\n" },
		{ "all", "1;" HEX16 "\n2;" HEX16 "\n", 3, "" },
		{ "with their dates, wherever they are",
		  CREATED("1;1", DATE) "1;" HEX16 "\n" CREATED("2;1", DATE) "2;" HEX16 "\n" CREATED("1;1", DATE), 1,
		  CREATED("2;1", DATE) "2;" HEX16 "\n" },
		{ "the last date without an end", "1;" HEX16 "\n2;" HEX16 "\n" DATE_LINE_START "2;1 " DATE, 2,
		  "1;" HEX16 "\n" },
		{ "other dates stay", CREATED("9;1", DATE) "1;" HEX16 "\n" CREATED("2;1", "x") "2;" HEX16 "\n", 2,
		  CREATED("9;1", DATE) "1;" HEX16 "\n" CREATED("2;1", "x") },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		KEYFILE struct keyfile before = parsed_text(rows[i].text);
		KEYFILE struct keyfile after = { 0 };
		SECRET struct secret left = { 0 };

		for (size_t entry = 0; entry < before.count; entry++)
			before.entries[entry].removed = rows[i].lines >> entry & 1;
		expect_done(rows[i].name, keyfile_reduce(&before, &left));
		expect_bytes(rows[i].name, &left, rows[i].left, strlen(rows[i].left));
		expect_done(rows[i].name, keyfile_parse(&left, SYNTAX_VERSIONED, &after));
		expect_number(rows[i].name, "keeps the rest", keyfile_keeps(&after, &before), true);
		expect_number(rows[i].name, "is what it was", keyfile_keeps(&before, &before), !rows[i].lines);
	}
}

static void test_random_identity(void **state)
{
	(void)state;
	start_random();
	for (int i = 0; i < RANDOM_FILES; i++) {
		struct pair pair = { 0 };

		make_pair(&pair);
		check_identity(&pair.text, &pair.text, false);
		check_identity(&pair.text, &pair.versioned, true);
		check_identity(&pair.versioned, &pair.versioned, true);
		free_pair(&pair);
	}
}

/* Any file that loads is kept byte for byte, except for a missing newline at the end. */
static void check_damaged(struct secret *text)
{
	SECRET struct secret before = secret_of(text->data, text->size);
	SECRET struct secret after = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };
	const enum keyfile_syntax syntax = random_below(2) ? SYNTAX_VERSIONED : SYNTAX_UNVERSIONED;

	if (keyfile_parse(text, syntax, &keyfile).code)
		return;
	expect_done("damaged", keyfile_extend(&keyfile, NULL, 0, false, &after));
	if (before.size && before.data[before.size - 1] != '\n')
		assert_int_equal(after.data[after.size - 1], '\n');
	assert_in_range(after.size, before.size, before.size + 2);
	after.size = before.size;
	expect_bytes("damaged", &after, before.data, before.size);
}

static void test_random_damage(void **state)
{
	static const unsigned char bytes[] = "\0\n\r\t ;#019afAFgG\x7f\x80\xff";

	(void)state;
	start_random();
	for (int i = 0; i < RANDOM_FILES; i++) {
		struct pair pair = { 0 };

		make_pair(&pair);
		for (uint32_t count = 1 + random_below(3); count && pair.text.size; count--)
			pair.text.data[random_below((uint32_t)pair.text.size)] = bytes[random_below(sizeof(bytes) - 1)];
		pair.text.size -= random_below((uint32_t)pair.text.size + 1) / 8;
		check_damaged(&pair.text);
		free_pair(&pair);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_syntaxes),
		cmocka_unit_test(test_one_syntax),
		cmocka_unit_test(test_version_bounds),
		cmocka_unit_test(test_id_bounds),
		cmocka_unit_test(test_entry_places),
		cmocka_unit_test(test_key_decoded),
		cmocka_unit_test(test_read_size),
		cmocka_unit_test(test_system_key),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_find_in_nothing),
		cmocka_unit_test(test_find_version),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_no_duplicates),
		cmocka_unit_test(test_fingerprints),
		cmocka_unit_test(test_extend),
		cmocka_unit_test(test_extend_with_dates),
		cmocka_unit_test(test_extend_zeroed),
		cmocka_unit_test(test_extend_with_longest_numbers),
		cmocka_unit_test(test_extend_many_lines),
		cmocka_unit_test(test_keeps),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_date_of_repeated_key),
		cmocka_unit_test(test_reduce),
		cmocka_unit_test(test_random_identity),
		cmocka_unit_test(test_random_damage),
	};

	return cmocka_run_group_tests_name("keyfile", tests, NULL, NULL);
}
