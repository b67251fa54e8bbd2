/* SPDX-License-Identifier: MIT */
#include "core/decrypt.h"
#include "core/key.h"
#include "core/probe.h"
#include "helpers.h"

#include <stdio.h>
#include <stdlib.h>

#define PASSWORD_TEXT "correct horse battery staple"
#define KEY_FILE_TEXT "1;" HEX16 "\n"
#define ENCRYPTED_SIZE 64

static const unsigned int iteration_counts[] = { 0, 1, 10000 };

static const unsigned char salt[ENVELOPE_SALT_SIZE] = { 0x53, 0xa1, 0x7e, 0x0c, 0x92, 0xfd, 0x4b, 0x68 };

/* Output of openssl(1) for KEY_FILE_TEXT with PASSWORD_TEXT:
 *   openssl enc -aes-256-cbc -md DIGEST [-pbkdf2 -iter N] -S 53a17e0c92fd4b68
 *
 * OpenSSL 3 omits the header if the salt is given; the header is identical for all. */
static const struct {
	enum digest digest;
	unsigned int iterations;
	const char *body;
} vectors[] = {
	{ DIGEST_SHA1, 0,
	  "6e274a3ac0b0f6f810e3499d14d2eb960563e37256a519088f8521733de1a7856b927ff1710e1fe7ee377ea163ebb06c" },
	{ DIGEST_SHA1, 1,
	  "d2b1dc8ebdc2174fd0d1a37a6fbbf6834bf2a9788bc3843bddc819ec683af7ef27b3b68ee9c811403ec74dc2d12b1fe3" },
	{ DIGEST_SHA1, 10000,
	  "50959d106a4a45a5334efa165a188ec164b262b88781b3fa2497598be93668f47f06c45f43e25be407d942ffb882ecce" },
	{ DIGEST_SHA224, 0,
	  "e234f4d2fab95469d6621b29115b0985dcbef0f90470c3a39985e604ee52cc17c7db8d6e288b411992400904a2b45d9d" },
	{ DIGEST_SHA224, 1,
	  "76c71023e11a78cb38f144b5112e320e39237de07b8b2bf6744dd026c372a4de31c69b1bb46d1fd6f414c190b1ff69c6" },
	{ DIGEST_SHA224, 10000,
	  "8d8ada96ead6b422971ab7d9029103599a827fb5dd4e7f7140b7148975244a0f8f9ada935880915626f4dc2eafba9213" },
	{ DIGEST_SHA256, 0,
	  "2c4403fd50e66aeee29aea58f8002bddbb07d4924503cdd2d5c8791ab4a83a3d731ee14f3265c0c2f7ce9eb077dccb44" },
	{ DIGEST_SHA256, 1,
	  "f5d734acee190a93279b0d9e62e189cec99b65f6eebf7738b56657632bf7a97af53df8d707e524e58c945ccc34fb7d88" },
	{ DIGEST_SHA256, 10000,
	  "fe688381ced563f7227b904449522def9a2443dbc9fc1533abdd85531b9b5f1576e28272e69296183971fcdd5c573bce" },
	{ DIGEST_SHA384, 0,
	  "aa1ffb01d8e2a0b0fa7619297e1b579a756d7c60cce94698a2a49f5b68a7ff58c9b9c0b9fce5b07715c69bd362ee3050" },
	{ DIGEST_SHA384, 1,
	  "d5c0311e58f650b4cf3bda8cc2aed138f4fb575dbdaf065737bf09e24d3bb5e3715e11fdace0bf6594ae3262b203debe" },
	{ DIGEST_SHA384, 10000,
	  "e38b744b4053b6260cf0844ed2c720057a4839f2124404fde94c058a1d0867e2291550c4faa95763776c924e1adaa420" },
	{ DIGEST_SHA512, 0,
	  "ebc208aa33f74411c787aaabd095cbff4d6886a007c5f7bbcd8b264539e0292e45e7a82beccc90bd96b8c6176f8552fe" },
	{ DIGEST_SHA512, 1,
	  "541d45e247827dff72a74e4d7645d4131c5b1d8d364b4a3eb4f7d9facb7536d8b2833988874127ecb457a37ff6fa8ea7" },
	{ DIGEST_SHA512, 10000,
	  "adc910aaf7b4a423c803e39efc12044044b4fd468df7ebe8bdfdc243d51cbcd87d817db42e1b8c31bc44c935e06376fc" },
};

/* $MKEYFILE_TEST_SHORT is set for valgrind, which is a hundred times slower. */
static bool is_short_run(void)
{
	return getenv("MKEYFILE_TEST_SHORT");
}

static const struct kdf sha1_once = { DIGEST_SHA1, 0 };

static const char *kdf_name(struct kdf kdf)
{
	static char name[32];

	snprintf(name, sizeof(name), "%s, %u", digest_name(kdf.digest), kdf.iterations);
	return name;
}

static struct secret encrypted_text(const char *text, struct kdf kdf)
{
	SECRET struct secret plain = secret_of_text(text);
	SECRET struct secret password = secret_of_text(PASSWORD_TEXT);
	struct secret encrypted = { 0 };

	expect_done(text, envelope_encrypt_with_salt(&plain, &password, kdf, salt, false, &encrypted));
	return encrypted;
}

static struct fault decrypt(const struct secret *encrypted, const char *password, struct secret *ret_clean_text)
{
	SECRET struct secret secret = secret_of_text(password);
	KEYFILE struct keyfile keyfile = { 0 };
	struct fault fault = keyfile_decrypt(encrypted, &secret, sha1_once, &keyfile, ret_clean_text, NULL);

	/* outputs are set on success only */
	assert_true(!keyfile.count == !!fault.code);
	return fault;
}

/* ---- bytes ---- */

static void check_vector(struct kdf kdf, const char *body)
{
	unsigned char wanted[ENCRYPTED_SIZE] = ENVELOPE_MAGIC;
	SECRET struct secret encrypted = encrypted_text(KEY_FILE_TEXT, kdf);
	SECRET struct secret password = secret_of_text(PASSWORD_TEXT);
	SECRET struct secret opened = { 0 };

	memcpy(wanted + ENVELOPE_MAGIC_SIZE, salt, sizeof(salt));
	key_from_hex((const unsigned char *)body, ENCRYPTED_SIZE - ENVELOPE_HEADER_SIZE, wanted + ENVELOPE_HEADER_SIZE);
	expect_bytes(kdf_name(kdf), &encrypted, wanted, sizeof(wanted));
	expect_done(kdf_name(kdf), envelope_decrypt(&encrypted, &password, kdf, &opened, NULL));
	expect_bytes(kdf_name(kdf), &opened, KEY_FILE_TEXT, strlen(KEY_FILE_TEXT));
}

static void test_same_bytes_as_openssl(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(vectors); i++)
		check_vector((struct kdf){ vectors[i].digest, vectors[i].iterations }, vectors[i].body);
}

static void check_round_trip(struct kdf kdf, const char *text)
{
	SECRET struct secret plain = secret_of_text(text);
	SECRET struct secret password = secret_of_text(PASSWORD_TEXT);
	SECRET struct secret encrypted = { 0 };
	SECRET struct secret opened = { 0 };
	enum seal seal = SEAL_UNCHECKED;

	expect_done(kdf_name(kdf), envelope_encrypt(&plain, &password, kdf, &encrypted));
	expect_number(kdf_name(kdf), "encrypted size", encrypted.size,
		      envelope_encrypted_size(plain.size + seal_size(&plain)));
	expect_number(kdf_name(kdf), "encrypted", envelope_is_encrypted(encrypted.data, encrypted.size), true);
	expect_done(kdf_name(kdf), envelope_decrypt(&encrypted, &password, kdf, &opened, &seal));
	expect_number(kdf_name(kdf), "seal", seal, SEAL_INTACT);
	seal_remove(&opened);
	expect_bytes(kdf_name(kdf), &opened, plain.data, plain.size);
}

static void test_round_trip(void **state)
{
	(void)state;
	for (enum digest digest = DIGEST_SHA1; digest < DIGEST_COUNT; digest++)
		for (size_t i = 0; i < LENGTH(iteration_counts); i++)
			check_round_trip((struct kdf){ digest, iteration_counts[i] }, "1;" HEX32 "\n2;" HEX24 "\n");
}

static void test_round_trip_of_sizes(void **state)
{
	char text[50] = { 0 };

	(void)state;
	check_round_trip(sha1_once, text);
	/* a line is ended before the seal */
	for (size_t size = 1; size < sizeof(text); size++) {
		text[size - 1] = '\n';
		check_round_trip(sha1_once, text);
		text[size - 1] = 'x';
	}
}

static void test_fresh_salt(void **state)
{
	SECRET struct secret plain = secret_of_text(KEY_FILE_TEXT);
	SECRET struct secret password = secret_of_text(PASSWORD_TEXT);
	SECRET struct secret one = { 0 };
	SECRET struct secret other = { 0 };

	(void)state;
	expect_done("seal", envelope_encrypt(&plain, &password, sha1_once, &one));
	expect_done("seal", envelope_encrypt(&plain, &password, sha1_once, &other));
	assert_memory_not_equal(one.data + ENVELOPE_MAGIC_SIZE, other.data + ENVELOPE_MAGIC_SIZE, ENVELOPE_SALT_SIZE);
	assert_memory_not_equal(one.data + ENVELOPE_HEADER_SIZE, other.data + ENVELOPE_HEADER_SIZE, 16);
}

static void test_encrypted_size(void **state)
{
	static const size_t sizes[][2] = { { 0, 32 },  { 1, 32 },  { 15, 32 }, { 16, 48 },
					   { 17, 48 }, { 31, 48 }, { 32, 64 } };

	(void)state;
	for (size_t i = 0; i < LENGTH(sizes); i++)
		assert_int_equal(envelope_encrypted_size(sizes[i][0]), sizes[i][1]);
}

static void test_is_encrypted(void **state)
{
	static const struct {
		const char *data;
		size_t size;
		bool encrypted;
	} rows[] = {
		{ TEXT(""), false },	       { TEXT("Salted_"), false },   { TEXT("Salted__"), false },
		{ TEXT("Salted__x"), true },   { TEXT("salted__x"), false }, { TEXT(" Salted__x"), false },
		{ TEXT("U2FsdGVkX1"), false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		expect_number(rows[i].data, "encrypted", envelope_is_encrypted(rows[i].data, rows[i].size),
			      rows[i].encrypted);
}

static void test_digest_names(void **state)
{
	static const char *const names[] = { "sha1", "sha224", "sha256", "sha384", "sha512" };
	static const char *const unknown[] = {
		"", "sha", "sha2", "md5", "sha-256", "sha256 ", "sha512/256", "sha3-256"
	};
	enum digest digest;

	(void)state;
	for (enum digest wanted = DIGEST_SHA1; wanted < DIGEST_COUNT; wanted++) {
		assert_string_equal(digest_name(wanted), names[wanted]);
		assert_true(digest_from_name(names[wanted], &digest));
		assert_int_equal(digest, wanted);
	}
	assert_true(digest_from_name("SHA384", &digest));
	assert_int_equal(digest, DIGEST_SHA384);
	for (size_t i = 0; i < LENGTH(unknown); i++)
		expect_number(unknown[i], "known", digest_from_name(unknown[i], &digest), false);
	assert_int_equal(digest, DIGEST_SHA384);
}

/* ---- files that do not open ---- */

static enum fault_code fault_of_cut(size_t size)
{
	if (size <= ENVELOPE_MAGIC_SIZE)
		return FAULT_NOT_ENCRYPTED;
	if (size <= ENVELOPE_HEADER_SIZE || size % ENVELOPE_BLOCK_SIZE)
		return FAULT_TRUNCATED;
	return size < ENCRYPTED_SIZE ? FAULT_WRONG_PASSWORD : FAULT_NONE;
}

static void test_truncated(void **state)
{
	SECRET struct secret password = secret_of_text(PASSWORD_TEXT);
	SECRET struct secret whole = encrypted_text(KEY_FILE_TEXT, sha1_once);

	(void)state;
	assert_int_equal(whole.size, ENCRYPTED_SIZE);
	for (size_t size = 0; size <= ENCRYPTED_SIZE; size++) {
		SECRET struct secret cut = secret_of(whole.data, size);
		SECRET struct secret text = { 0 };
		char name[32];

		snprintf(name, sizeof(name), "cut to %zu bytes", size);
		expect_fault(name, envelope_decrypt(&cut, &password, sha1_once, &text, NULL),
			     fault_of(fault_of_cut(size)));
		if (size < ENCRYPTED_SIZE)
			assert_null(text.data);
	}
}

/* The padding alone accepts one in 256 of these. */
static void test_wrong_passwords(void **state)
{
	SECRET struct secret encrypted = encrypted_text(KEY_FILE_TEXT, sha1_once);
	const int tries = is_short_run() ? 500 : 20000;

	(void)state;
	for (int i = 0; i < tries; i++) {
		SECRET struct secret clean_text = { 0 };
		char password[32];

		snprintf(password, sizeof(password), "wrong %d", i);
		expect_fault(password, decrypt(&encrypted, password, &clean_text), fault_of(FAULT_WRONG_PASSWORD));
		assert_null(clean_text.data);
	}
}

static void test_wrong_kdf(void **state)
{
	SECRET struct secret encrypted = encrypted_text(KEY_FILE_TEXT, sha1_once);
	SECRET struct secret password = secret_of_text(PASSWORD_TEXT);

	(void)state;
	for (enum digest digest = DIGEST_SHA1; digest < DIGEST_COUNT; digest++) {
		for (size_t i = digest == DIGEST_SHA1; i < LENGTH(iteration_counts); i++) {
			struct kdf kdf = { digest, iteration_counts[i] };
			KEYFILE struct keyfile keyfile = { 0 };
			SECRET struct secret clean_text = { 0 };

			expect_fault(kdf_name(kdf),
				     keyfile_decrypt(&encrypted, &password, kdf, &keyfile, &clean_text, NULL),
				     fault_of(FAULT_WRONG_PASSWORD));
		}
	}
}

/* ---- opening a key file ---- */

static void test_decrypt(void **state)
{
	SECRET struct secret encrypted = encrypted_text("# kept\n1;" HEX16 "\n100;2;" HEX32 "\n", sha1_once);
	SECRET struct secret password = secret_of_text(PASSWORD_TEXT);
	SECRET struct secret clean_text = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };

	(void)state;
	expect_done("decrypt", keyfile_decrypt(&encrypted, &password, sha1_once, &keyfile, &clean_text, NULL));
	assert_int_equal(keyfile.count, 2);
	assert_int_equal(keyfile.entries[1].version, 2);
	assert_null(clean_text.data);
	expect_bytes("text", &keyfile.text, TEXT("# kept\n1;" HEX16 "\n100;2;" HEX32 "\n"));
}

static void test_clean_text_but_not_a_keyfile(void **state)
{
	static const struct {
		const char *text;
		struct fault fault;
	} rows[] = {
		{ "[mysqld]\nport=3306\n", { FAULT_SYNTAX, 0, 1, 1, 0 } },
		{ "1;" HEX16 "\n2:" HEX16 "\n", { FAULT_SYNTAX, 0, 2, 2, 0 } },
		{ "0;" HEX16 "\n", { FAULT_KEY_ID, 0, 1, 2, 0 } },
		{ "1;0;" HEX16 "\n", { FAULT_KEY_VERSION, 0, 1, 4, 0 } },
		{ "1;0f1e\n", { FAULT_KEY, 0, 1, 7, 0 } },
		{ "Gr\xc3\xbc\xc3\x9f Gott \xe2\x82\xac \xf0\x9f\x94\x91\n", { FAULT_SYNTAX, 0, 1, 1, 0 } },
		{ "", { FAULT_NOT_A_KEYFILE, 0, 0, 0, 0 } },
		{ "# only a comment\n", { FAULT_NOT_A_KEYFILE, 0, 0, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		SECRET struct secret encrypted = encrypted_text(rows[i].text, sha1_once);
		SECRET struct secret clean_text = { 0 };

		expect_fault(rows[i].text, decrypt(&encrypted, PASSWORD_TEXT, &clean_text), rows[i].fault);
		expect_bytes(rows[i].text, &clean_text, rows[i].text, strlen(rows[i].text));
	}
}

/* The password is correct, but this cannot be distinguished from a wrong one. */
static void test_unclean_text(void **state)
{
	static const char *const texts[] = {
		"x\x01", "x\x7f",  "x\x1b",	"x\xff",     "x\x80",
		"x\xc3", "x\xc3(", "x\xc1\x81", "x\xe2\x82", "x\xf5\x80\x80\x80",
		"x\x08", "x\x0e",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		SECRET struct secret encrypted = encrypted_text(texts[i], sha1_once);
		SECRET struct secret clean_text = { 0 };

		expect_fault(texts[i], decrypt(&encrypted, PASSWORD_TEXT, &clean_text), fault_of(FAULT_WRONG_PASSWORD));
		assert_null(clean_text.data);
	}
}

static void test_plain_key_file(void **state)
{
	SECRET struct secret plain = secret_of_text(KEY_FILE_TEXT);
	SECRET struct secret clean_text = { 0 };

	(void)state;
	expect_fault("plain", decrypt(&plain, PASSWORD_TEXT, &clean_text), fault_of(FAULT_NOT_ENCRYPTED));
}

/* ---- finding the KDF ---- */

static void check_probe(struct kdf wanted, unsigned int iterations)
{
	SECRET struct secret encrypted = encrypted_text(KEY_FILE_TEXT, wanted);
	SECRET struct secret password = secret_of_text(PASSWORD_TEXT);
	struct kdf found = { DIGEST_COUNT, 99 };
	size_t fits = 99;

	expect_number(kdf_name(wanted), "found",
		      probe_passwords(&encrypted, &password, 1, iterations, NULL, NULL, &found, &fits), true);
	expect_number(kdf_name(wanted), "password", fits, 0);
	expect_number(kdf_name(wanted), "digest", found.digest, wanted.digest);
	expect_number(kdf_name(wanted), "iterations", found.iterations, wanted.iterations);
}

static void test_probe(void **state)
{
	static const unsigned int usual_counts[] = { 0, 1, 1000, 10000 };

	(void)state;
	for (enum digest digest = DIGEST_SHA1; digest < DIGEST_COUNT; digest++)
		for (size_t i = 0; i < LENGTH(usual_counts); i++)
			check_probe((struct kdf){ digest, usual_counts[i] }, 0);
	check_probe((struct kdf){ DIGEST_SHA384, 5 }, 5);
	check_probe((struct kdf){ DIGEST_SHA384, 1 }, 5);
	check_probe((struct kdf){ DIGEST_SHA512, 1000 }, 1000);
	check_probe((struct kdf){ DIGEST_SHA512, 1000 }, 4000);
	if (is_short_run())
		return;
	check_probe((struct kdf){ DIGEST_SHA1, 100000 }, 0);
	check_probe((struct kdf){ DIGEST_SHA1, 600000 }, 0);
	check_probe((struct kdf){ DIGEST_SHA1, 700000 }, 700000);
}

/* No password opens a truncated file, and no slow try is made. */
static void test_probe_finds_nothing(void **state)
{
	SECRET struct secret encrypted = encrypted_text(KEY_FILE_TEXT, sha1_once);
	SECRET struct secret password = secret_of_text(PASSWORD_TEXT);
	struct kdf found = { DIGEST_COUNT, 99 };
	size_t fits = 99;

	(void)state;
	encrypted.size--;
	assert_false(probe_passwords(&encrypted, &password, 1, 0, NULL, NULL, &found, &fits));
	assert_int_equal(fits, 99);
	assert_int_equal(found.digest, DIGEST_COUNT);
	assert_int_equal(found.iterations, 99);
}

/* Fast tries come first, for all passwords. */
static void test_probe_of_several_passwords(void **state)
{
	SECRET struct secret encrypted = encrypted_text(KEY_FILE_TEXT, sha1_once);
	struct secret passwords[] = { secret_of_text("wrong"), secret_of_text("wrong as well"),
				      secret_of_text(PASSWORD_TEXT) };
	struct kdf found = { DIGEST_COUNT, 99 };
	size_t fits = 99;

	(void)state;
	assert_true(probe_passwords(&encrypted, passwords, LENGTH(passwords), 0, NULL, NULL, &found, &fits));
	assert_int_equal(fits, 2);
	assert_int_equal(found.digest, DIGEST_SHA1);
	assert_int_equal(found.iterations, 0);
	for (size_t i = 0; i < LENGTH(passwords); i++)
		secret_free(&passwords[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe_of_several_passwords),
		cmocka_unit_test(test_same_bytes_as_openssl),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_round_trip_of_sizes),
		cmocka_unit_test(test_fresh_salt),
		cmocka_unit_test(test_encrypted_size),
		cmocka_unit_test(test_is_encrypted),
		cmocka_unit_test(test_digest_names),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_wrong_passwords),
		cmocka_unit_test(test_wrong_kdf),
		cmocka_unit_test(test_decrypt),
		cmocka_unit_test(test_clean_text_but_not_a_keyfile),
		cmocka_unit_test(test_unclean_text),
		cmocka_unit_test(test_plain_key_file),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_probe_finds_nothing),
	};

	return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
