/* SPDX-License-Identifier: MIT */
#include "core/keyset.h"
#include "helpers.h"

#include <stdio.h>

static struct keyset keyset_of_text(const char *text)
{
	SECRET struct secret copy = secret_of_text(text);
	KEYFILE struct keyfile keyfile = { 0 };
	struct keyset keyset = { 0 };

	expect_done("parse", keyfile_parse(&copy, SYNTAX_VERSIONED, &keyfile));
	expect_done("keyset", keyset_of_keyfile(&keyfile, &keyset));
	return keyset;
}

static const char *fingerprint_of(const struct keyset *keyset)
{
	static struct fingerprint fingerprint;

	expect_done("fingerprint", keyset_fingerprint(keyset, &fingerprint));
	return fingerprint.text;
}

/* printf '1;1;FP16\n2;3;FP24\n' | openssl dgst -sha256 | cut -c ... recomputes this
 * fingerprint in tests/list.bats. This test compares the forms that must be equal. */
static void test_same_set(void **state)
{
	static const char *const texts[] = {
		"1;" HEX16 "\n2;3;" HEX24 "\n",
		"2;3;" HEX24 " tail\n# comment\n1;1;" HEX16 "\n",
		"1;" HEX32 "\n2;3;" HEX24 "\n1;1;" HEX16,
	};
	KEYSET struct keyset first = keyset_of_text(texts[0]);
	char wanted[sizeof(struct fingerprint)];

	(void)state;
	strcpy(wanted, fingerprint_of(&first));
	for (size_t i = 1; i < LENGTH(texts); i++) {
		KEYSET struct keyset other = keyset_of_text(texts[i]);

		expect_number(texts[i], "count", other.count, 2);
		expect_text(texts[i], fingerprint_of(&other), wanted);
	}
}

/* sha256sum </dev/null */
static void test_empty_set(void **state)
{
	KEYSET struct keyset empty = { 0 };

	(void)state;
	assert_true(keyset_sort(&empty));
	expect_text("empty", fingerprint_of(&empty), "e3b0c44298fc1c14");
}

/* printf '1;1;0123456789abcdef\n1;10;0123456789abcdef\n4294967295;4294967294;0123456789abcdef\n' | sha256sum */
static void test_known_fingerprint(void **state)
{
	static const struct keyset_member members[] = {
		{ 4294967295U, 4294967294U, 128, { "0123456789abcdef" }, { "" } },
		{ 1, 10, 128, { "0123456789abcdef" }, { "" } },
		{ 1, 1, 256, { "0123456789abcdef" }, { "" } },
	};
	KEYSET struct keyset keyset = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(members); i++)
		expect_done("add", keyset_add(&keyset, &members[i]));
	assert_true(keyset_sort(&keyset));
	expect_number("first", "version", keyset.members[0].version, 1);
	expect_text("known", fingerprint_of(&keyset), "10aee23c0903f5eb");
	expect_done("add", keyset_add(&keyset, &members[1]));
	assert_false(keyset_sort(&keyset));
}

static void test_walk(void **state)
{
	KEYSET struct keyset here = keyset_of_text("1;" HEX16 "\n2;" HEX16 "\n2;2;" HEX16 "\n9;" HEX16 "\n");
	KEYSET struct keyset there = keyset_of_text("1;" HEX16 "\n2;2;" HEX16 "\n3;" HEX16 "\n");
	struct keyset_walk walk = { 0 };
	const struct keyset_member *a;
	const struct keyset_member *b;
	char steps[64] = "";

	(void)state;
	while (keyset_next(&here, &there, &walk, &a, &b))
		snprintf(steps + strlen(steps), sizeof(steps) - strlen(steps), "%u.%u%s ", (a ? a : b)->id,
			 (a ? a : b)->version,
			 a && b ? ""
			 : a	? "<"
				: ">");
	expect_text("steps", steps, "1.1 2.1< 2.2 3.1> 9.1< ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_set),
		cmocka_unit_test(test_empty_set),
		cmocka_unit_test(test_known_fingerprint),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
