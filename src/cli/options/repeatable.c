/* SPDX-License-Identifier: MIT */
#include "cli/options/repeatable.h"

#include <ctype.h>
#include <string.h>

#define NUMBER_REPEATED 12 /* the digits of a key ID, with a typing error or two */
#define WORD_REPEATED 4
#define KEY_DIGITS 32 /* of the shortest key */
#define BASE64_DIGITS 20
#define WORD_MAX 40
#define BLANKS " \t\r\n"

/* ---- typing errors ---- */

static size_t least_of(size_t one, size_t two, size_t three)
{
	size_t least = one < two ? one : two;

	return least < three ? least : three;
}

static bool is_same_letter(char one, char other)
{
	return tolower((unsigned char)one) == tolower((unsigned char)other);
}

/* The optimal string alignment distance, in which two swapped characters count as one error.
 * Neither size exceeds WORD_MAX. */
static size_t distance(const char *one, size_t one_size, const char *other, size_t other_size)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t i = 0; i <= one_size; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *two_above = rows[(i + 1) % 3];

		for (size_t j = 0; j <= other_size; j++) {
			if (!i || !j) {
				row[j] = i + j;
				continue;
			}
			row[j] = least_of(above[j] + 1, row[j - 1] + 1,
					  above[j - 1] + !is_same_letter(one[i - 1], other[j - 1]));
			if (i > 1 && j > 1 && is_same_letter(one[i - 1], other[j - 2]) &&
			    is_same_letter(one[i - 2], other[j - 1]) && two_above[j - 2] + 1 < row[j])
				row[j] = two_above[j - 2] + 1;
		}
	}
	return rows[one_size % 3][other_size];
}

size_t typing_errors(const char *one, size_t one_size, const char *other, size_t other_size)
{
	size_t shorter = one_size < other_size ? one_size : other_size;
	size_t errors;

	if (one_size > WORD_MAX || other_size > WORD_MAX)
		return NOT_NEAR;
	errors = distance(one, one_size, other, other_size);
	return errors <= (shorter < 5 ? 1 : 2) ? errors : NOT_NEAR;
}

bool spans_are_near(const char *one, size_t one_size, const char *other, size_t other_size)
{
	return typing_errors(one, one_size, other, other_size) != NOT_NEAR;
}

bool is_near(const char *text, const char *word)
{
	return spans_are_near(text, strlen(text), word, strlen(word));
}

const char *repeatable(const char *text)
{
	size_t size = strlen(text);
	bool is_number = text[strspn(text, "0123456789+-. ")] == '\0';

	return size <= WORD_REPEATED || (is_number && size <= NUMBER_REPEATED) ? text : REPEATABLE_HIDDEN;
}

const char *repeatable_near(const char *text, const char *words)
{
	size_t size;

	for (const char *word = words; *word; word += size + (word[size] == ' ')) {
		size = strcspn(word, " ");
		if (spans_are_near(text, strlen(text), word, size))
			return text;
	}
	return repeatable(text);
}

/* Keys of 16 or 32 bytes end in padding; the 32 characters of 24 bytes could be a word. One or
 * two characters may have been parsed as short options. */
static bool is_base64_key(const char *text)
{
	size_t digits = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

	return digits >= BASE64_DIGITS && (!strcmp(text + digits, "=") || !strcmp(text + digits, "=="));
}

static bool is_key(const char *text)
{
	size_t digits;

	text += strspn(text, BLANKS);
	if (!strncasecmp(text, "0x", 2))
		text += 2;
	digits = strspn(text, "0123456789abcdefABCDEF");
	return (digits >= KEY_DIGITS && !text[digits + strspn(text + digits, BLANKS)]) || is_base64_key(text);
}

bool looks_like_a_key(const char *text)
{
	bool found = is_key(text);

	/* after a key ID and version, or as the value of an option */
	for (const char *at = text; !found && (at = strpbrk(at, ";:=,?@#")); at++)
		found = is_key(at + 1);
	return found;
}
