/* SPDX-License-Identifier: MIT */
#include "core/unseal.h"

/* Bytes of the UTF-8 sequence that begins at text, 0 when it is none. */
static size_t utf8_sequence(const unsigned char *text, size_t size)
{
	size_t length = text[0] >= 0xf0 && text[0] < 0xf5 ? 4 : text[0] >= 0xe0 ? 3 : text[0] >= 0xc2 ? 2 : 0;

	if (!length || text[0] >= 0xf5 || length > size)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

/* Printable ASCII, UTF-8 and white space: what a person wrote, and what a
 * wrong password does not leave (1 in 10 million for 16 bytes). */
static bool is_clean_text(const struct secret *text)
{
	size_t length;

	for (size_t i = 0; i < text->size; i += length) {
		unsigned char byte = text->data[i];

		length = 1;
		if (byte >= 0x80)
			length = utf8_sequence(text->data + i, text->size - i);
		else if (byte == 0x7f || (byte < ' ' && !(byte >= '\t' && byte <= '\r')))
			length = 0;
		if (!length)
			return false;
	}
	return true;
}

struct fault unseal_keyfile(const struct secret *sealed, const struct secret *password, struct kdf kdf,
			    struct keyfile *ret_keyfile, struct secret *ret_clean_text)
{
	SECRET struct secret text = { 0 };
	SECRET struct secret copy = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };
	struct fault fault = envelope_open(sealed, password, kdf, &text);

	if (!fault.code)
		fault = secret_copy(&copy, text.data, text.size);
	if (fault.code)
		return fault;
	fault = keyfile_parse(&copy, SYNTAX_VERSIONED, &keyfile);
	if (fault.code == FAULT_MEMORY)
		return fault;
	if (!fault.code && keyfile.count) {
		*ret_keyfile = keyfile;
		keyfile = (struct keyfile){ 0 };
		return fault;
	}
	if (!is_clean_text(&text))
		return fault_of(FAULT_WRONG_PASSWORD);
	*ret_clean_text = secret_take(&text);
	return fault.code ? fault : fault_of(FAULT_NOT_A_KEYFILE);
}

bool unseal_probe(const struct secret *sealed, const struct secret *password, struct kdf *ret_kdf)
{
	static const unsigned int counts[] = { 0, 1000, 10000, 100000, 600000 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		for (enum digest digest = DIGEST_SHA1; digest < DIGEST_COUNT; digest++) {
			SECRET struct secret clean_text = { 0 };
			KEYFILE struct keyfile keyfile = { 0 };
			struct kdf kdf = { digest, counts[i] };

			if (!unseal_keyfile(sealed, password, kdf, &keyfile, &clean_text).code) {
				*ret_kdf = kdf;
				return true;
			}
		}
	}
	return false;
}
