/* SPDX-License-Identifier: MIT */
#include "core/base64.h"

#include <ctype.h>
#include <stdint.h>

/* Without a table, whose cache lines would depend on the digits. */
static int digit_value(unsigned char digit)
{
	if (digit >= 'A' && digit <= 'Z')
		return digit - 'A';
	if (digit >= 'a' && digit <= 'z')
		return digit - 'a' + 26;
	if (digit >= '0' && digit <= '9')
		return digit - '0' + 52;
	return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

/* Four digits, the last ones of which may be padding, become up to three bytes. */
static bool decode_group(const unsigned char *digits, bool is_last, struct secret *bytes)
{
	size_t padding = is_last && digits[3] == '=' ? 1 + (digits[2] == '=') : 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < 4 - padding ? digit_value(digits[i]) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
	}
	/* bits of the last digit that stand for nothing */
	if (bits & ((1U << 8 * padding) - 1))
		return false;
	secret_append(bytes,
		      (unsigned char[]){ (unsigned char)(bits >> 16), (unsigned char)(bits >> 8), (unsigned char)bits },
		      3 - padding);
	return true;
}

struct fault base64_decode(const struct secret *text, struct secret *ret_bytes)
{
	SECRET struct secret bytes = { 0 };
	size_t start = 0;
	size_t end = text->size;
	struct fault fault = secret_allocate(&bytes, text->size);

	while (start < end && isspace(text->data[start]))
		start++;
	while (end > start && isspace(text->data[end - 1]))
		end--;
	if (!fault.code && (start == end || (end - start) % 4))
		fault = fault_of(FAULT_SYNTAX);
	for (size_t i = start; !fault.code && i < end; i += 4)
		if (!decode_group(text->data + i, i + 4 == end, &bytes))
			fault = fault_of(FAULT_SYNTAX);
	if (!fault.code)
		*ret_bytes = secret_take(&bytes);
	return fault;
}
