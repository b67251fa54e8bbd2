/* SPDX-License-Identifier: MIT */
#include "core/decrypt.h"

/* Returns the length of the UTF-8 sequence at text, or 0 if it is not valid. */
static size_t utf8_sequence(const unsigned char *text, size_t size)
{
	size_t length = text[0] < 0x80	  ? 1
			: text[0] < 0xc2  ? 0
			: text[0] < 0xe0  ? 2
			: text[0] < 0xf0  ? 3
			: text[0] <= 0xf4 ? 4
					  : 0;

	for (size_t i = 1; i < length; i++)
		if (i >= size || (text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

/* Whether text has no control bytes and is mostly UTF-8: text that a person writes, with
 * comments in any encoding. A wrong password leaves one printable byte in three. */
static bool is_clean_text(const struct secret *text)
{
	size_t foreign = 0;
	size_t length;

	for (size_t i = 0; i < text->size; i += length ? length : 1) {
		unsigned char byte = text->data[i];

		if (byte == 0x7f || (byte < ' ' && !(byte >= '\t' && byte <= '\r')))
			return false;
		length = utf8_sequence(text->data + i, text->size - i);
		foreign += !length;
	}
	return foreign <= text->size / 4;
}

/* Whether a line before the fault has a key. A wrong password never produces one. */
static bool has_key_before(const struct secret *text, struct fault fault)
{
	SECRET struct secret copy = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };
	unsigned int line = 1;
	size_t size = 0;

	for (; size < text->size && line < fault.line; size++)
		line += text->data[size] == '\n';
	return !secret_copy(&copy, text->data, size).code && !keyfile_parse(&copy, SYNTAX_VERSIONED, &keyfile).code &&
	       keyfile.count;
}

struct fault keyfile_decrypt(const struct secret *encrypted, const struct secret *password, struct kdf kdf,
			     struct keyfile *ret_keyfile, struct secret *ret_text, enum seal *ret_seal)
{
	SECRET struct secret text = { 0 };
	SECRET struct secret copy = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };
	struct fault fault = envelope_decrypt(encrypted, password, kdf, &text, ret_seal);

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
	if (!is_clean_text(&text) && !has_key_before(&text, fault))
		return fault_of(FAULT_WRONG_PASSWORD);
	*ret_text = secret_take(&text);
	return fault.code ? fault : fault_of(FAULT_NOT_A_KEYFILE);
}
