/* SPDX-License-Identifier: MIT */
#include "core/disguise.h"

#include "core/envelope.h"
#include "core/key.h"

#include <ctype.h>
#include <string.h>

/* "Salted__" in base64, without the digit that also depends on the salt */
#define ENCRYPTED_IN_BASE64 "U2FsdGVkX1"

/* Base64 digits of the shortest line of a key file: "1;" and 32 digits. */
#define BASE64_LEAST 44

struct span {
	const unsigned char *data;
	size_t size;
};

static struct span trimmed(struct span span)
{
	while (span.size && isspace(span.data[0])) {
		span.data++;
		span.size--;
	}
	while (span.size && isspace(span.data[span.size - 1]))
		span.size--;
	return span;
}

static bool is_base64_digit(unsigned char byte)
{
	return isalnum(byte) || byte == '+' || byte == '/';
}

/* Returns the number of bytes that the base64 in span encodes, with white space ignored,
 * or 0 if span is not base64. */
static size_t base64_size(struct span span)
{
	size_t digits = 0;
	size_t padding = 0;

	for (size_t i = 0; i < span.size; i++) {
		if (isspace(span.data[i]))
			continue;
		if (span.data[i] == '=')
			padding++;
		else if (padding || !is_base64_digit(span.data[i]))
			return 0;
		else
			digits++;
	}
	return padding <= 2 && (digits + padding) % 4 == 0 ? digits * 3 / 4 : 0;
}

/* Whether many bytes never occur in text. Of random bytes, three in five do not. */
static bool is_binary(struct span span)
{
	size_t count = 0;

	for (size_t i = 0; i < span.size; i++)
		count += span.data[i] >= 0x7f || (span.data[i] < ' ' && !isspace(span.data[i]));
	return count > span.size / 4;
}

static bool is_utf16(const struct secret *raw)
{
	return raw->size >= 2 && (!memcmp(raw->data, "\xff\xfe", 2) || !memcmp(raw->data, "\xfe\xff", 2));
}

static bool is_hex(struct span span)
{
	for (size_t i = 0; i < span.size; i++)
		if (hex_digit_value(span.data[i]) < 0 && !isspace(span.data[i]))
			return false;
	return true;
}

enum disguise disguise_of_file(const struct secret *raw)
{
	const struct span span = trimmed((struct span){ raw->data, raw->size });

	if (span.size >= BASE64_LEAST && !is_hex(span) && base64_size(span))
		return memcmp(span.data, ENCRYPTED_IN_BASE64, strlen(ENCRYPTED_IN_BASE64)) ? DISGUISE_BASE64
											   : DISGUISE_BASE64_ENCRYPTED;
	if (raw->size && raw->size % ENVELOPE_BLOCK_SIZE == 0 && !is_utf16(raw) &&
	    is_binary((struct span){ raw->data, raw->size }))
		return DISGUISE_UNSALTED;
	return DISGUISE_NONE;
}

static bool is_base64_key(struct span span)
{
	return !is_hex(span) && key_size_is_valid(base64_size(span));
}

enum disguise disguise_of_key(const struct secret *raw)
{
	const struct span whole = { raw->data, raw->size };

	if (is_base64_key(trimmed(whole)))
		return DISGUISE_BASE64;
	return key_size_is_valid(raw->size) && is_binary(whole) ? DISGUISE_BINARY : DISGUISE_NONE;
}

bool disguise_is_on_line(const struct secret *raw, unsigned int line)
{
	struct span span = { raw->data, raw->size };
	const unsigned char *end;

	while (span.size && line > 1) {
		line -= *span.data == '\n';
		span.data++;
		span.size--;
	}
	end = span.size ? memchr(span.data, '\n', span.size) : NULL;
	if (end)
		span.size = (size_t)(end - span.data);
	end = span.size ? memrchr(span.data, ';', span.size) : NULL;
	if (!end)
		return false;
	span.size -= (size_t)(end + 1 - span.data);
	span.data = end + 1;
	return is_base64_key(trimmed(span));
}
