/* SPDX-License-Identifier: MIT */
#include "core/seal.h"

#include "core/crypto.h"
#include "core/key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

#define INFO "mkeyfile seal v1"
#define LINE_START SEAL_START "v1 "
#define START_SIZE (sizeof(LINE_START) - 1)
#define HMAC_SIZE 32
#define DIGITS_END (START_SIZE + 2 * (size_t)HMAC_SIZE)
#define BLOCK_SIZE 16

/* ---- the HMAC ---- */

static struct fault derive_key(const struct secret *derived, struct secret *ret_key)
{
	char digest[] = "SHA256";
	char info[] = INFO;
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, derived->data, derived->size),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, strlen(info)),
		OSSL_PARAM_construct_end(),
	};
	struct fault fault = secret_allocate(ret_key, HMAC_SIZE);
	EVP_KDF_CTX *context = NULL;
	EVP_KDF *kdf;

	if (fault.code)
		return fault;
	kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	if (kdf)
		context = EVP_KDF_CTX_new(kdf);
	if (!context || EVP_KDF_derive(context, ret_key->data, HMAC_SIZE, parameters) != 1)
		fault = crypto_fault(FAULT_ALGORITHM);
	ret_key->size = HMAC_SIZE;
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	return fault;
}

/* Writes the HMAC over size bytes as hex digits. */
static struct fault write_hmac(const struct secret *derived, const unsigned char *data, size_t size,
			       unsigned char digits[static 2 * HMAC_SIZE])
{
	SECRET struct secret key = { 0 };
	unsigned char hmac[HMAC_SIZE];
	struct fault fault = derive_key(derived, &key);

	if (fault.code)
		return fault;
	if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key.data, key.size, data, size, hmac, sizeof(hmac), NULL))
		return crypto_fault(FAULT_ALGORITHM);
	key_to_hex(hmac, sizeof(hmac), digits);
	return fault_none();
}

/* ---- making ---- */

static bool ends_in_newline(const struct secret *text)
{
	return !text->size || text->data[text->size - 1] == '\n';
}

/* The bytes at the end of the last line. */
static size_t end_size(const struct secret *text)
{
	return text->size > 1 && text->data[text->size - 2] == '\r' && ends_in_newline(text) ? 2 : 1;
}

size_t seal_size(const struct secret *text)
{
	if (ends_in_newline(text))
		return DIGITS_END + end_size(text);
	/* a carriage return at the end and the new newline are the end of that line */
	return 1 + DIGITS_END + (text->data[text->size - 1] == '\r' ? 2 : 1);
}

struct fault seal_append(struct secret *text, const struct secret *derived)
{
	unsigned char digits[2 * HMAC_SIZE];
	const char *end;
	struct fault fault;

	if (!ends_in_newline(text))
		secret_append(text, "\n", 1);
	end = end_size(text) == 2 ? "\r\n" : "\n";
	fault = write_hmac(derived, text->data, text->size, digits);
	if (fault.code)
		return fault;
	secret_append(text, LINE_START, START_SIZE);
	secret_append(text, digits, sizeof(digits));
	secret_append(text, end, strlen(end));
	return fault_none();
}

/* ---- checking ---- */

/* Returns where a seal that ends the text begins, or NULL if the text is too short. */
static const unsigned char *find_last(const struct secret *text)
{
	size_t size = DIGITS_END + end_size(text);

	return text->size >= size ? text->data + text->size - size : NULL;
}

static bool is_expected(unsigned char byte, size_t place)
{
	if (place < START_SIZE)
		return byte == (unsigned char)LINE_START[place];
	if (place < DIGITS_END)
		return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
	return byte == '\n' || byte == '\r';
}

static bool is_text(unsigned char byte)
{
	return (byte >= ' ' && byte < 0x7f) || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Whether one of the bytes from the block before start to the end is not ASCII text. */
static bool has_noise(const struct secret *text, const unsigned char *start)
{
	const unsigned char *at = start - text->data < BLOCK_SIZE ? text->data : start - BLOCK_SIZE;

	for (; at < text->data + text->size; at++)
		if (!is_text(*at))
			return true;
	return false;
}

static bool begins_with_key(const unsigned char *line, const unsigned char *end)
{
	while (line < end && (*line == ' ' || (*line >= '\t' && *line <= '\r')))
		line++;
	return line < end && *line >= '0' && *line <= '9';
}

/* Whether the line is a comment of a key that someone has disabled, as in "#2;HEX". Such a line
 * has at least 4 given bytes in a row before the digits, and a garbled block has these in one case of 2^27. */
static bool is_disabled_key(const unsigned char *line, const unsigned char *end)
{
	size_t digits;

	if (line == end || *line != '#')
		return false;
	while (line < end && (*line == '#' || *line == ' '))
		line++;
	for (digits = 0; line < end && *line >= '0' && *line <= '9'; line++)
		digits++;
	if (!digits || line == end || *line++ != ';')
		return false;
	for (digits = 0; line < end && hex_digit_value(*line) >= 0; line++)
		digits++;
	return digits % 2 == 0 && key_size_is_valid(digits / 2) && (line == end || *line == '\r' || *line == '\n');
}

/* Whether a line with a key, or with a disabled key, begins after start. In the text of a key file, such a line has all
 * digits of its key, which no garbled block has. A NUL byte ends the text. */
static bool has_key(const struct secret *text, const unsigned char *start)
{
	const unsigned char *end = text->data + strnlen((const char *)text->data, text->size);

	for (const unsigned char *at = start; at < end; at++)
		if (*at == '\n' && (begins_with_key(at + 1, end) || is_disabled_key(at + 1, end)))
			return true;
	return false;
}

/* Whether start may be the seal of a file with a flipped bit: AES-CBC garbles the block of
 * that bit, and flips the same bit of the next block. */
static bool is_garbled(const struct secret *text, const unsigned char *start)
{
	size_t size = text->size - (size_t)(start - text->data);
	size_t first = size;
	size_t wrong = 0;
	size_t beyond = 0;

	for (size_t i = 0; i < size; i++) {
		if (is_expected(start[i], i))
			continue;
		first = first == size ? i : first;
		wrong++;
		beyond += i >= first + BLOCK_SIZE;
	}
	return wrong == 1 || (wrong && beyond <= 1 && has_noise(text, start) && !has_key(text, start));
}

struct fault seal_check(const struct secret *text, const struct secret *derived, enum seal *ret_seal)
{
	const unsigned char *last = find_last(text);
	unsigned char digits[2 * HMAC_SIZE];
	struct secret before; /* borrows from text */
	struct fault fault;

	*ret_seal = SEAL_MISSING;
	if (!last || (memcmp(last, LINE_START, START_SIZE) && !is_garbled(text, last))) {
		if (text->size && memmem(text->data, text->size, SEAL_START, strlen(SEAL_START)))
			*ret_seal = SEAL_BROKEN;
		return fault_none();
	}
	*ret_seal = SEAL_BROKEN;
	before = (struct secret){ .data = text->data, .size = (size_t)(last - text->data) };
	if (memcmp(last, LINE_START, START_SIZE) || !ends_in_newline(&before) || !ends_in_newline(text) ||
	    end_size(&before) != end_size(text))
		return fault_none();
	fault = write_hmac(derived, before.data, before.size, digits);
	if (!fault.code && !CRYPTO_memcmp(digits, last + START_SIZE, sizeof(digits)))
		*ret_seal = SEAL_INTACT;
	return fault;
}

/* ---- removing ---- */

/* Whether start is the start of a comment that is the last line. */
static bool is_last_comment(const struct secret *text, const unsigned char *start)
{
	size_t size = text->size - (size_t)(start - text->data);

	return *start == '#' && (start == text->data || start[-1] == '\n') && !memchr(start, '\n', size - 1);
}

/* Removes only one whole line, which is a comment. What is left of another garbled seal remains. */
static void remove_garbled(struct secret *text)
{
	const unsigned char *last = find_last(text);

	if (last && is_garbled(text, last) && is_last_comment(text, last))
		text->size = (size_t)(last - text->data);
}

/* Whether the line from start to end is a seal. The text after a NUL byte on such a line must not
 * become a part of the key file. */
static bool is_removable(const struct secret *text, size_t start, size_t end)
{
	const unsigned char *line = text->data + start;

	return end - start >= strlen(SEAL_START) && !memcmp(line, SEAL_START, strlen(SEAL_START)) &&
	       (end == text->size || !memchr(line, '\0', end - start));
}

void seal_remove(struct secret *text)
{
	size_t left = 0;
	size_t end;

	remove_garbled(text);
	for (size_t at = 0; at < text->size; at = end) {
		const unsigned char *newline = memchr(text->data + at, '\n', text->size - at);

		end = newline ? (size_t)(newline - text->data) + 1 : text->size;
		if (is_removable(text, at, end))
			continue;
		memmove(text->data + left, text->data + at, end - at);
		left += end - at;
	}
	text->size = left;
}
