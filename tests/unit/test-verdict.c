/* SPDX-License-Identifier: MIT */
#include "helpers.h"
#include "server/verdict.h"

#include <errno.h>
#include <stdlib.h>

#define FILE_PATH "/etc/mysql/keyfile"

/* ---- words ---- */

struct words_row {
	struct fault fault;
	const char *words; /* NULL: no server says anything */
};

/* Identical on every server. */
static const struct words_row common_words[] = {
	{ { FAULT_SYNTAX, 0, 2, 4, 0 }, "Syntax error at " FILE_PATH " line 2, column 4" },
	{ { FAULT_KEY_ID, 0, 1, 10, 0 }, "Invalid key id at " FILE_PATH " line 1, column 10" },
	{ { FAULT_KEY_VERSION, 0, 3, 12, 0 }, "Invalid key version at " FILE_PATH " line 3, column 12" },
	{ { FAULT_KEY, 0, 1, 67, 0 }, "Invalid key at " FILE_PATH " line 1, column 67" },
	{ { FAULT_KEY, 0, 14900, 3, 0 }, "Invalid key at " FILE_PATH " line 14900, column 3" },
	{ { FAULT_SYSTEM_KEY, 0, 0, 1, 0 }, "System key id 1 is missing at " FILE_PATH " line 0, column 1" },
	{ { FAULT_SYSTEM_KEY, 0, 7, 1, 0 }, "System key id 1 is missing at " FILE_PATH " line 7, column 1" },
	{ { FAULT_NOT_ENCRYPTED, 0, 0, 0, 0 }, "Cannot decrypt " FILE_PATH ". Not encrypted" },
	{ { FAULT_TRUNCATED, 0, 0, 0, 0 }, "Cannot decrypt " FILE_PATH ". Wrong key?" },
	{ { FAULT_WRONG_PASSWORD, 0, 0, 0, 0 }, "Cannot decrypt " FILE_PATH ". Wrong key?" },
	{ { FAULT_OPEN, ENOENT, 0, 0, 0 },
	  "File '" FILE_PATH "' not found (Errcode: 2 \"No such file or directory\")" },
	{ { FAULT_OPEN, EACCES, 0, 0, 0 }, "File '" FILE_PATH "' not found (Errcode: 13 \"Permission denied\")" },
	{ { FAULT_PASSWORD_EMPTY, 0, 0, 0, 0 }, "Error reading file '" FILE_PATH "'" },
	{ { FAULT_READ, ESPIPE, 0, 0, 0 }, "Can't seek in file '" FILE_PATH "' (Errcode: 29 \"Illegal seek\")" },
	{ { FAULT_PASSWORD_BLANK, 0, 0, 0, 0 },
	  "the server crashes on a password that consists of line ends, in " FILE_PATH },
	{ { FAULT_NONE, 0, 0, 0, 0 }, NULL },
	{ { FAULT_READ, EIO, 0, 0, 0 }, NULL },
	{ { FAULT_MEMORY, 0, 0, 0, 0 }, NULL },
	{ { FAULT_ALGORITHM, 0, 0, 0, 0 }, NULL },
	{ { FAULT_READ, EISDIR, 0, 0, 0 }, "Error reading file '" FILE_PATH "' (Errcode: 21 \"Is a directory\")" },
	{ { FAULT_NOT_A_KEYFILE, 0, 0, 0, 0 }, NULL },
	{ { FAULT_BUSY, 0, 0, 0, 0 }, NULL },
};

static void expect_words(const struct server_profile *profile, struct fault fault, const char *wanted)
{
	char *words = server_words(profile, fault, FILE_PATH);

	if (wanted)
		expect_text(profile->option, words, wanted);
	else
		assert_null(words);
	free(words);
}

static const struct server_profile *profile_of(const char *target)
{
	static struct server_profile profile;

	assert_true(target_profile(target, &profile));
	return &profile;
}

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < server_profile_count; i++)
		for (size_t j = 0; server_profiles[i].edition != PLUGIN && j < LENGTH(common_words); j++)
			expect_words(&server_profiles[i], common_words[j].fault, common_words[j].words);
}

/* mkeyfile's plugin uses the words of the server's own plugin, and its own words for
 * other conditions. */
static void test_words_of_plugin(void **state)
{
	static const struct words_row rows[] = {
		{ { FAULT_SYNTAX, 0, 2, 4, 0 }, "Syntax error at " FILE_PATH " line 2, column 4" },
		{ { FAULT_KEY_VERSION, 0, 3, 12, 0 }, "Invalid key version at " FILE_PATH " line 3, column 12" },
		{ { FAULT_WRONG_PASSWORD, 0, 0, 0, 0 }, "Cannot decrypt " FILE_PATH ". Wrong key?" },
		{ { FAULT_TRUNCATED, 0, 0, 0, 0 }, "Cannot decrypt " FILE_PATH ". Wrong key?" },
		{ { FAULT_ENCRYPTED, 0, 0, 0, 0 }, "Cannot decrypt " FILE_PATH ". Wrong key?" },
		{ { FAULT_NOT_ENCRYPTED, 0, 0, 0, 0 }, "Cannot decrypt " FILE_PATH ". Not encrypted" },
		{ { FAULT_READ, ESPIPE, 0, 0, 0 }, "Cannot read " FILE_PATH ": it is not a regular file" },
		{ { FAULT_READ, EISDIR, 0, 0, 0 },
		  "Error reading file '" FILE_PATH "' (Errcode: 21 \"Is a directory\")" },
		{ { FAULT_NOT_REGULAR, 0, 0, 0, 0 },
		  "Error reading file '" FILE_PATH "' (Errcode: 27 \"File too large\")" },
		{ { FAULT_TOO_LARGE, 0, 0, 0, 0 },
		  "Error reading file '" FILE_PATH "' (Errcode: 27 \"File too large\")" },
		{ { FAULT_OPEN, ENOENT, 0, 0, 0 },
		  "File '" FILE_PATH "' not found (Errcode: 2 \"No such file or directory\")" },
		{ { FAULT_NOT_A_KEYFILE, 0, 0, 0, 0 }, "Cannot read " FILE_PATH ": it contains no key" },
		{ { FAULT_PASSWORD_BLANK, 0, 0, 0, 0 }, "Cannot read " FILE_PATH ": it contains no password" },
		{ { FAULT_PASSWORD_EMPTY, 0, 0, 0, 0 },
		  "Error reading file '" FILE_PATH "' (Errcode: 0 \"Internal error/check (Not system error)\")" },
		{ { FAULT_PASSWORD_TOO_LONG, 0, 0, 0, 0 },
		  "Cannot read " FILE_PATH ", the filekey is too long, max secret size is 256B" },
		{ { FAULT_ALGORITHM, 0, 0, 0, 0 }, "Cannot read " FILE_PATH ": the digest or cipher is not available" },
		{ { FAULT_NONE, 0, 0, 0, 0 }, NULL },
		{ { FAULT_MEMORY, 0, 0, 0, 0 }, NULL },
	};
	static const struct words_row later_rows[] = {
		{ { FAULT_NOT_REGULAR, 0, 0, 0, 0 }, "Read from " FILE_PATH " failed, errno 21" },
		{ { FAULT_READ, EISDIR, 0, 0, 0 },
		  "Error reading file '" FILE_PATH "' (Errcode: 21 \"Is a directory\")" },
		{ { FAULT_TOO_LARGE, 0, 0, 0, 0 }, "File " FILE_PATH " too large, must be less than 1048576 bytes" },
		{ { FAULT_PASSWORD_TOO_LONG, 0, 0, 0, 0 },
		  "Cannot read " FILE_PATH ", the filekey is too long, max secret size is 256 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		expect_words(profile_of("10.11+plugin"), rows[i].fault, rows[i].words);
	for (size_t i = 0; i < LENGTH(later_rows); i++)
		expect_words(profile_of("11.8+plugin"), later_rows[i].fault, later_rows[i].words);
}

/* Measured on 10.5.23, 10.11.19 and 11.8.9. */
static void test_words_of_releases(void **state)
{
	static const struct {
		const char *target;
		struct fault fault;
		const char *words;
	} rows[] = {
		{ "10.5.23",
		  { FAULT_PASSWORD_TOO_LONG, 0, 0, 0, 0 },
		  "Cannot read " FILE_PATH ", the filekey is too long, max secret size is 256B" },
		{ "11.8.9",
		  { FAULT_PASSWORD_TOO_LONG, 0, 0, 0, 0 },
		  "Cannot read " FILE_PATH ", the filekey is too long, max secret size is 256 bytes" },
		{ "10.11.19",
		  { FAULT_NOT_REGULAR, 0, 0, 0, 0 },
		  "Error reading file '" FILE_PATH "' (Errcode: 27 \"File too large\")" },
		{ "11.8.9", { FAULT_NOT_REGULAR, 0, 0, 0, 0 }, "Read from " FILE_PATH " failed, errno 21" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		expect_words(profile_of(rows[i].target), rows[i].fault, rows[i].words);
}

static void test_words_for_too_large(void **state)
{
	static const char errcode[] = "Error reading file '" FILE_PATH "' (Errcode: 27 \"File too large\")";
	static const char too_large[] = "File " FILE_PATH " too large, must be less than 1048576 bytes";
	const struct fault fault = fault_of(FAULT_TOO_LARGE);

	(void)state;
	expect_words(profile_of("10.11.19"), fault, errcode);
	expect_words(profile_of("10.6-enterprise"), fault, errcode);
	expect_words(profile_of("11.8.9"), fault, too_large);
	expect_words(profile_of("12.3"), fault, too_large);
	expect_words(profile_of("11.8-enterprise"), fault, too_large);
}

static void test_path_is_not_a_format(void **state)
{
	char *words = server_words(profile_of("10.11"), fault_at(FAULT_KEY, 1, 3), "%s%n/'x");

	(void)state;
	assert_string_equal(words, "Invalid key at %s%n/'x line 1, column 3");
	free(words);
}

/* ---- judging ---- */

static const struct {
	const char *text;
	struct fault plain;	/* of servers without versions */
	struct fault versioned; /* of Enterprise Server 11.8 */
} judged[] = {
	{ "1;" HEX32 "\n", { 0 }, { 0 } },
	{ "1;" HEX32 "\n1;" HEX16 "\n", { 0 }, { 0 } },
	{ "1;1;" HEX32 "\n", { FAULT_KEY, 0, 1, 3, 0 }, { 0 } },
	{ "1;" HEX32 "\n100;2;" HEX16 "\n", { FAULT_KEY, 0, 2, 5, 0 }, { 0 } },
	{ "1;0;" HEX32 "\n", { FAULT_KEY, 0, 1, 3, 0 }, { FAULT_KEY_VERSION, 0, 1, 4, 0 } },
	{ "", { FAULT_SYSTEM_KEY, 0, 0, 1, 0 }, { FAULT_SYSTEM_KEY, 0, 0, 1, 0 } },
	{ "2;" HEX32 "\n", { FAULT_SYSTEM_KEY, 0, 1, 1, 0 }, { FAULT_SYSTEM_KEY, 0, 1, 1, 0 } },
	{ "1;" HEX32 "\n   ", { FAULT_SYNTAX, 0, 2, 4, 0 }, { FAULT_SYNTAX, 0, 2, 4, 0 } },
	{ "0;" HEX32 "\n", { FAULT_KEY_ID, 0, 1, 2, 0 }, { FAULT_KEY_ID, 0, 1, 2, 0 } },
};

static void test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(judged); i++) {
		SECRET struct secret text = secret_of_text(judged[i].text);

		for (size_t j = 0; j < server_profile_count; j++) {
			const struct server_profile *profile = &server_profiles[j];

			expect_fault(judged[i].text, server_judge(profile, &text, text.size),
				     profile->syntax == SYNTAX_VERSIONED ? judged[i].versioned : judged[i].plain);
		}
		expect_bytes(judged[i].text, &text, judged[i].text, strlen(judged[i].text));
	}
}

static void test_judge_size_on_disk(void **state)
{
	SECRET struct secret text = secret_of_text("1;" HEX32 "\n");

	(void)state;
	for (size_t i = 0; i < server_profile_count; i++) {
		expect_done("1 MiB", server_judge(&server_profiles[i], &text, KEYFILE_MAX_SIZE));
		expect_fault("a byte more", server_judge(&server_profiles[i], &text, KEYFILE_MAX_SIZE + 1),
			     fault_of(FAULT_TOO_LARGE));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_of_releases),
		cmocka_unit_test(test_words_of_plugin),
		cmocka_unit_test(test_words_for_too_large),
		cmocka_unit_test(test_path_is_not_a_format),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_judge_size_on_disk),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
