/* SPDX-License-Identifier: MIT */
#include "core/decrypt.h"
#include "core/key.h"
#include "helpers.h"

#include <stdio.h>
#include <stdlib.h>

#define PASSWORD_TEXT "mkeyfile"
#define DIGITS "5bdfb374624c0c94e523aaf38e902c5565be420d332a77287ff5aaf28f793d7d"

/* The example in mkeyfile(5), and its seal with the AES key and IV given there. */
#define EXAMPLE                                                                                                        \
	"# not for use\n"                                                                                              \
	"1;000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"                                         \
	"  2;101112131415161718191a1b1c1d1e1f2021222324252627 and more\n"                                              \
	"0100;202122232425262728292A2B2C2D2E2F\n"
/* With a key ID, as many bytes as come before the digits of a seal. */
#define COMMENT_BEFORE_KEY "# m\303\274llers Shop!\n"
#define EXAMPLE_SEAL "# mkeyfile seal v1 " DIGITS "\n"

static const unsigned char salt[ENVELOPE_SALT_SIZE] = { 0, 1, 2, 3, 4, 5, 6, 7 };
static const struct kdf sha1_once = { DIGEST_SHA1, 0 };

static struct secret encrypt(const char *text, bool with_seal)
{
	SECRET struct secret plain = secret_of_text(text);
	SECRET struct secret password = secret_of_text(PASSWORD_TEXT);
	struct secret encrypted = { 0 };

	expect_done(text, envelope_encrypt_with_salt(&plain, &password, sha1_once, salt, with_seal, &encrypted));
	return encrypted;
}

/* The text of an encrypted file, and its seal; no text if it is not decrypted. */
static struct secret decrypt(const struct secret *encrypted, enum seal *ret_seal)
{
	SECRET struct secret password = secret_of_text(PASSWORD_TEXT);
	struct secret text = { 0 };
	struct fault fault = envelope_decrypt(encrypted, &password, sha1_once, &text, ret_seal);

	if (fault.code)
		assert_null(text.data);
	return text;
}

static void check_seal(const char *text, enum seal wanted)
{
	SECRET struct secret encrypted = encrypt(text, false);
	enum seal seal = SEAL_UNCHECKED;
	SECRET struct secret decrypted = decrypt(&encrypted, &seal);

	expect_bytes(text, &decrypted, text, strlen(text));
	expect_number(text, "seal", seal, wanted);
}

static void test_vector(void **state)
{
	SECRET struct secret encrypted = encrypt(EXAMPLE, true);
	enum seal seal = SEAL_UNCHECKED;
	SECRET struct secret text = decrypt(&encrypted, &seal);

	(void)state;
	expect_number("example", "seal", seal, SEAL_INTACT);
	expect_bytes("example", &text, EXAMPLE EXAMPLE_SEAL, strlen(EXAMPLE EXAMPLE_SEAL));
	check_seal(EXAMPLE EXAMPLE_SEAL, SEAL_INTACT);
}

/* ---- how the line ends ---- */

static void check_end(const char *text, const char *before, const char *after)
{
	SECRET struct secret encrypted = encrypt(text, true);
	SECRET struct secret plain = secret_of_text(text);
	enum seal seal = SEAL_UNCHECKED;
	SECRET struct secret sealed = decrypt(&encrypted, &seal);

	expect_number(text, "seal", seal, SEAL_INTACT);
	expect_number(text, "size", sealed.size, plain.size + seal_size(&plain));
	assert_memory_equal(sealed.data + sealed.size - strlen(after), after, strlen(after));
	seal_remove(&sealed);
	expect_bytes(text, &sealed, before, strlen(before));
}

static void test_ends(void **state)
{
	(void)state;
	check_end("1;" HEX16 "\n", "1;" HEX16 "\n", "\n");
	check_end("1;" HEX16, "1;" HEX16 "\n", "\n");
	check_end("1;" HEX16 "\r\n", "1;" HEX16 "\r\n", "\r\n");
	check_end("1;" HEX16 "\r\n2;" HEX16, "1;" HEX16 "\r\n2;" HEX16 "\n", "\n");
	check_end("1;" HEX16 "\r", "1;" HEX16 "\r\n", "\r\n");
	check_end("\n", "\n", "\n");
	check_end("", "", "\n");
}

/* ---- not intact ---- */

static void test_broken(void **state)
{
	(void)state;
	check_seal(EXAMPLE EXAMPLE_SEAL "\n", SEAL_BROKEN);
	check_seal(EXAMPLE EXAMPLE_SEAL "5;" HEX16 "\n", SEAL_BROKEN);
	check_seal(EXAMPLE EXAMPLE_SEAL EXAMPLE_SEAL, SEAL_BROKEN);
	check_seal("\n" EXAMPLE EXAMPLE_SEAL, SEAL_BROKEN);
	check_seal(EXAMPLE "# mkeyfile seal v1 " DIGITS, SEAL_BROKEN);
	check_seal(EXAMPLE "# mkeyfile seal v1 " DIGITS "\r\n", SEAL_BROKEN);
	check_seal(EXAMPLE "# mkeyfile seal v1 5BDF\n", SEAL_BROKEN);
	check_seal(EXAMPLE "# mkeyfile seal v2 " DIGITS "\n", SEAL_BROKEN);
	check_seal(EXAMPLE "#" EXAMPLE_SEAL, SEAL_BROKEN);
	check_seal(EXAMPLE_SEAL, SEAL_BROKEN);
}

static void test_missing(void **state)
{
	(void)state;
	check_seal(EXAMPLE, SEAL_MISSING);
	check_seal("", SEAL_MISSING);
	check_seal("\n", SEAL_MISSING);
	check_seal("# a comment of a person, which ends in digits " DIGITS "\n", SEAL_MISSING);
	check_seal(EXAMPLE "#1;" DIGITS "\n", SEAL_MISSING);
	check_seal(EXAMPLE "# disabled key:\n#1;" DIGITS "\n", SEAL_MISSING);
	check_seal(EXAMPLE "# gel\303\266schter Key\n# 2;" DIGITS "\n", SEAL_MISSING);
	check_seal(EXAMPLE "# mkeyfile created 1;1 2026-11-30T20:00:00Z\n", SEAL_MISSING);
	/* the place of a seal, with as many wrong bytes in a row as a garbled block has */
	check_seal(EXAMPLE COMMENT_BEFORE_KEY "1;" DIGITS "\n", SEAL_MISSING);
	check_seal(EXAMPLE "# m\303\274llers Keys\n\t12;" DIGITS "\n", SEAL_MISSING);
	check_seal(EXAMPLE "# alter Schl\303\274s\n#2;" DIGITS "\n", SEAL_MISSING);
	check_seal(EXAMPLE "# alter Schl\374s.\r\n#2;" DIGITS "\r\n", SEAL_MISSING);
	check_seal(EXAMPLE "#schl\303\274sselalt\n#12;" DIGITS "\n", SEAL_MISSING);
}

static void check_removed(const char *text, const char *wanted)
{
	SECRET struct secret secret = secret_of_text(text);

	seal_remove(&secret);
	expect_bytes(text, &secret, wanted, strlen(wanted));
}

static void test_remove(void **state)
{
	(void)state;
	check_removed("", "");
	check_removed(EXAMPLE, EXAMPLE);
	check_removed(EXAMPLE EXAMPLE_SEAL "5;" HEX16 "\n" EXAMPLE_SEAL, EXAMPLE "5;" HEX16 "\n");
	check_removed("# mkeyfile seal v2\n" EXAMPLE "# mkeyfile seal ", EXAMPLE);
	check_removed(EXAMPLE " " EXAMPLE_SEAL "##mkeyfile seal v1\n", EXAMPLE " " EXAMPLE_SEAL "##mkeyfile seal v1\n");
	check_removed(EXAMPLE "# nkeyfile seal v1 " DIGITS "\n", EXAMPLE);
	check_removed(EXAMPLE "#1;" DIGITS "\n", EXAMPLE "#1;" DIGITS "\n");
	check_removed(EXAMPLE COMMENT_BEFORE_KEY "1;" DIGITS "\n", EXAMPLE COMMENT_BEFORE_KEY "1;" DIGITS "\n");
	check_removed("2;" HEX16 " # nkeyfile seal v1 " DIGITS "\n", "2;" HEX16 " # nkeyfile seal v1 " DIGITS "\n");
}

/* What follows a NUL byte is not a part of the key file, and must not become one. */
static void test_remove_nul(void **state)
{
	static const char hidden[] = "1;" HEX16 "\n# mkeyfile seal \0\n1;" HEX24 "\n";
	static const char last[] = "1;" HEX16 "\n# mkeyfile seal \0\n";
	SECRET struct secret text = { 0 };
	SECRET struct secret other = { 0 };

	(void)state;
	expect_done("hidden", secret_copy(&text, hidden, sizeof(hidden) - 1));
	seal_remove(&text);
	expect_bytes("hidden", &text, hidden, sizeof(hidden) - 1);
	expect_done("last", secret_copy(&other, last, sizeof(last) - 1));
	seal_remove(&other);
	expect_bytes("last", &other, last, strlen("1;" HEX16 "\n"));
}

/* ---- every flipped bit ---- */

static bool loads_as_before(const struct secret *encrypted)
{
	SECRET struct secret password = secret_of_text(PASSWORD_TEXT);
	SECRET struct secret text = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };
	enum seal seal = SEAL_UNCHECKED;

	return !keyfile_decrypt(encrypted, &password, sha1_once, &keyfile, &text, &seal).code && seal != SEAL_BROKEN;
}

/* Returns the number of flips that lead to a key file without a broken seal. */
static size_t flip_all(const char *text)
{
	SECRET struct secret encrypted = encrypt(text, true);
	size_t accepted = 0;

	for (size_t i = 0; i < 8 * encrypted.size; i++) {
		encrypted.data[i / 8] ^= (unsigned char)(1 << i % 8);
		accepted += loads_as_before(&encrypted);
		encrypted.data[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	expect_number(text, "intact", loads_as_before(&encrypted), true);
	return accepted;
}

/* The seal starts at every offset in a block, after a key and after a comment. */
static void test_flipped_bits(void **state)
{
	static const struct {
		const char *before;
		const char *after;
	} texts[] = { { "1;" HEX16 "\n#", "\n" }, { "#", "\n1;" HEX16 "\n" }, { "1;" HEX16 "\n\n", "\r\n" } };
	const size_t lengths = getenv("MKEYFILE_TEST_SHORT") ? 4 : ENVELOPE_BLOCK_SIZE;
	char text[128];

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		for (size_t length = 0; length < lengths; length++) {
			snprintf(text, sizeof(text), "%s%*s%s", texts[i].before, (int)length, "", texts[i].after);
			expect_number(text, "accepted flips", flip_all(text), 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),	     cmocka_unit_test(test_ends),   cmocka_unit_test(test_broken),
		cmocka_unit_test(test_missing),	     cmocka_unit_test(test_remove), cmocka_unit_test(test_remove_nul),
		cmocka_unit_test(test_flipped_bits),
	};

	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
