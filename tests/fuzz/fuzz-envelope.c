/* SPDX-License-Identifier: MIT */
/* Any bytes as an encrypted key file: digest and iterations, the length of the password,
 * the password, the file. A file that opens must be encrypted to the same bytes again. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	SECRET struct secret password = { 0 };
	SECRET struct secret encrypted = { 0 };
	SECRET struct secret text = { 0 };
	SECRET struct secret again = { 0 };
	SECRET struct secret clean = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };
	enum seal seal = SEAL_UNCHECKED;
	struct kdf kdf;
	size_t password_size;
	struct fault fault;

	if (size < 2 || size - 2 < data[1])
		return 0;
	kdf = (struct kdf){ .digest = (enum digest)(data[0] % DIGEST_COUNT), .iterations = data[0] / DIGEST_COUNT % 4 };
	password_size = data[1];
	REQUIRE(!secret_copy(&password, data + 2, password_size).code);
	REQUIRE(!secret_copy(&encrypted, data + 2 + password_size, size - 2 - password_size).code);
	fault = envelope_decrypt(&encrypted, &password, kdf, &text, &seal);
	if (!fault.code) {
		REQUIRE(envelope_encrypted_size(text.size) == encrypted.size);
		REQUIRE(!envelope_encrypt_with_salt(&text, &password, kdf, encrypted.data + ENVELOPE_MAGIC_SIZE, false,
						    &again)
				 .code);
		REQUIRE(secret_equals(&encrypted, &again));
		REQUIRE(seal == SEAL_MISSING || seal == SEAL_BROKEN || seal == SEAL_INTACT);
		seal_remove(&text);
		REQUIRE(!text.size || !memmem(text.data, text.size, "\n" SEAL_START, sizeof(SEAL_START)));
	} else {
		REQUIRE(!text.data);
	}
	if (!keyfile_decrypt(&encrypted, &password, kdf, &keyfile, &clean, NULL).code)
		REQUIRE(!fault.code && keyfile.count);
	return 0;
}
