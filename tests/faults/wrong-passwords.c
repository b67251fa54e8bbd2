/* SPDX-License-Identifier: MIT */
/* Tries COUNT wrong passwords on an encrypted key file: none may open it.
 *
 * usage: wrong-passwords COUNT
 *
 * Prints how many of them the padding of AES-CBC would have accepted. */
#include "core/decrypt.h"
#include "core/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES 4

static struct fault make_sealed(struct secret *ret_encrypted)
{
	SECRET struct secret text = { 0 };
	SECRET struct secret password = { 0 };
	struct fault fault = secret_allocate(&text, 4096);
	unsigned char key[KEY_MAX_SIZE];

	for (unsigned int id = 1; !fault.code && id <= LINES; id++) {
		fault = key_generate(key, sizeof(key));
		text.size += (size_t)sprintf((char *)text.data + text.size, "%u;", id);
		key_to_hex(key, sizeof(key), text.data + text.size);
		text.size += 2 * sizeof(key);
		secret_append(&text, "\n", 1);
	}
	if (!fault.code)
		fault = secret_copy(&password, "the right one", 13);
	if (!fault.code)
		fault = envelope_encrypt(&text, &password, (struct kdf){ .digest = DIGEST_SHA1 }, ret_encrypted);
	return fault;
}

int main(int argc, char **argv)
{
	SECRET struct secret encrypted = { 0 };
	SECRET struct secret password = { 0 };
	const struct kdf kdf = { .digest = DIGEST_SHA1 };
	unsigned long count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned long padded = 0;
	unsigned long accepted = 0;

	if (!count || make_sealed(&encrypted).code || secret_allocate(&password, 64).code)
		return 64;
	for (unsigned long i = 0; i < count; i++) {
		SECRET struct secret text = { 0 };
		SECRET struct secret opened = { 0 };
		KEYFILE struct keyfile keyfile = { 0 };
		struct fault fault;

		password.size = (size_t)snprintf((char *)password.data, 64, "wrong %lu", i);
		padded += !envelope_decrypt(&encrypted, &password, kdf, &opened, NULL).code;
		fault = keyfile_decrypt(&encrypted, &password, kdf, &keyfile, &text, NULL);
		accepted += fault.code != FAULT_WRONG_PASSWORD;
	}
	printf("%lu wrong passwords: %lu passed the padding, %lu were accepted\n", count, padded, accepted);
	return accepted != 0;
}
