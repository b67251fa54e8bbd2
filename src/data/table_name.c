/* SPDX-License-Identifier: MIT */
#include "data/table_name.h"

#include "core/format.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE '@'
#define FIRST_DIGIT '0'
#define LAST_DIGIT '~'
#define DIGITS 80 /* of the two characters after ESCAPE: the number is in base 80 */
#define UTF8_MAX 3

/* count letters: the number in the file name grows by stride, the letter by step. */
struct letters {
	uint16_t number;
	uint16_t letter;
	uint8_t count;
	uint8_t step;
	uint8_t stride;
};

/* Found by asking a server (10.11) for the file name of each letter. Sorted by number. */
/* clang-format off */
static const struct letters table[] = {
	{ 23, 0x00c0, 20, 1, 1 }, { 55, 0x00e0, 20, 1, 1 }, { 103, 0x00d4, 3, 1, 1 },
	{ 107, 0x00d8, 7, 1, 1 }, { 114, 0x0178, 1, 1, 1 }, { 115, 0x0100, 8, 2, 1 },
	{ 135, 0x00f4, 3, 1, 1 }, { 138, 0x00df, 2, 25, 1 }, { 140, 0x00f9, 7, 1, 1 },
	{ 147, 0x0101, 8, 2, 1 }, { 183, 0x0110, 16, 2, 1 }, { 200, 0x0132, 3, 2, 1 },
	{ 215, 0x0111, 20, 2, 1 }, { 264, 0x0139, 8, 2, 1 }, { 273, 0x014a, 10, 2, 1 },
	{ 295, 0x0138, 9, 2, 1 }, { 304, 0x0149, 11, 2, 1 }, { 343, 0x015e, 13, 2, 1 },
	{ 356, 0x0179, 3, 2, 1 }, { 375, 0x015f, 13, 2, 1 }, { 388, 0x017a, 3, 2, 1 },
	{ 391, 0x017f, 1, 1, 1 }, { 473, 0x0390, 2, 46, 80 }, { 503, 0x0386, 2, 2, 1 },
	{ 505, 0x0389, 2, 1, 1 }, { 508, 0x0391, 2, 20, 80 }, { 510, 0x0393, 5, 1, 1 },
	{ 516, 0x0399, 1, 1, 1 }, { 518, 0x039b, 5, 1, 1 }, { 535, 0x03ac, 18, 1, 1 },
	{ 554, 0x03bf, 1, 1, 1 }, { 584, 0x03a1, 2, 5, 80 }, { 587, 0x03a4, 1, 1, 1 },
	{ 590, 0x03a7, 5, 1, 1 }, { 595, 0x038c, 2, 2, 1 }, { 597, 0x038f, 1, 1, 1 },
	{ 599, 0x0392, 2, 6, 1 }, { 601, 0x03d2, 2, 1, 1 }, { 615, 0x03c0, 15, 1, 1 },
	{ 631, 0x03d0, 2, 1, 1 }, { 663, 0x03d4, 1, 1, 1 }, { 665, 0x03a0, 1, 1, 1 },
	{ 668, 0x03da, 11, 2, 1 }, { 679, 0x039a, 1, 1, 1 }, { 681, 0x03a3, 1, 1, 1 },
	{ 696, 0x03d5, 3, 1, 1 }, { 699, 0x03d9, 12, 2, 1 }, { 711, 0x03f0, 4, 1, 1 },
	{ 748, 0x03fd, 3, 1, 1 }, { 775, 0x03f5, 2, 1, 1 }, { 777, 0x03f8, 2, 3, 1 },
	{ 779, 0x03fc, 1, 1, 1 }, { 1297, 0x24b6, 26, 1, 1 }, { 1329, 0x24d0, 26, 1, 1 },
	{ 1376, 0xff21, 26, 1, 80 }, { 1840, 0x0410, 20, 1, 80 }, { 1841, 0x0424, 12, 1, 80 },
	{ 1842, 0x0408, 8, 1, 80 }, { 1843, 0x0478, 5, 2, 80 }, { 1844, 0x04a6, 14, 2, 80 },
	{ 1845, 0x04cd, 2, 39, 1 }, { 1848, 0x0544, 18, 1, 80 }, { 1849, 0x2160, 16, 1, 80 },
	{ 1890, 0x01b3, 2, 43, 1 }, { 1892, 0x0208, 12, 2, 80 }, { 1893, 0x0230, 2, 2, 80 },
	{ 1900, 0x1e00, 20, 2, 80 }, { 1901, 0x1e28, 20, 2, 80 }, { 1902, 0x1e50, 8, 2, 80 },
	{ 1903, 0x1e78, 15, 2, 80 }, { 1904, 0x1e60, 1, 1, 1 }, { 1905, 0x1ebe, 20, 2, 80 },
	{ 1906, 0x1ee6, 10, 2, 80 }, { 1907, 0x1f08, 8, 1, 80 }, { 1908, 0x1f2a, 6, 1, 80 },
	{ 1910, 0x1f6c, 4, 1, 80 }, { 1911, 0x1f88, 8, 1, 80 }, { 1912, 0x1fac, 4, 1, 80 },
	{ 1926, 0x04f6, 2, 59, 1 }, { 1969, 0x0182, 2, 51, 1 }, { 1971, 0x01e0, 8, 2, 80 },
	{ 1976, 0x019d, 1, 1, 1 }, { 2005, 0x04d0, 18, 2, 80 }, { 2006, 0x04f8, 2, 58, 1 },
	{ 2049, 0x0184, 2, 52, 1 }, { 2087, 0x0533, 17, 1, 80 }, { 2129, 0x0187, 2, 4, 80 },
	{ 2135, 0x0193, 1, 1, 1 }, { 2137, 0x01ae, 1, 1, 1 }, { 2216, 0x019f, 1, 1, 1 },
	{ 2230, 0x1fba, 2, 1, 80 }, { 2232, 0x1fb8, 2, 1, 80 }, { 2297, 0x01b1, 2, 1, 80 },
	{ 2304, 0x1ea0, 15, 2, 80 }, { 2309, 0x1f59, 1, 1, 1 }, { 2323, 0x048a, 14, 2, 80 },
	{ 2369, 0x0191, 1, 1, 1 }, { 2375, 0x0194, 1, 1, 1 }, { 2388, 0x1f38, 8, 1, 80 },
	{ 2390, 0x1fc8, 4, 1, 80 }, { 2449, 0x01f6, 1, 1, 1 }, { 2450, 0x01bc, 2, 8, 80 },
	{ 2469, 0x1f5b, 1, 1, 1 }, { 2472, 0x1fbc, 2, 44, 1 }, { 2482, 0x0460, 12, 2, 80 },
	{ 2529, 0x0198, 1, 1, 1 }, { 2533, 0x023a, 2, 1, 80 }, { 2547, 0x1f18, 6, 1, 80 },
	{ 2551, 0x1f98, 8, 1, 80 }, { 2553, 0x1fe9, 1, 1, 1 }, { 2566, 0x0500, 8, 2, 80 },
	{ 2609, 0x023d, 1, 1, 1 }, { 2610, 0x01c7, 3, 3, 80 }, { 2622, 0x1e62, 11, 2, 80 },
	{ 2629, 0x1f5d, 1, 1, 1 }, { 2691, 0x01f1, 2, 3, 80 }, { 2693, 0x023e, 1, 1, 1 },
	{ 2694, 0x0181, 2, 5, 80 }, { 2710, 0x1fda, 2, 1, 80 }, { 2769, 0x0220, 1, 1, 1 },
	{ 2775, 0x0197, 1, 1, 1 }, { 2789, 0x1f5f, 1, 1, 1 }, { 2801, 0x0400, 8, 1, 80 },
	{ 2849, 0x01a0, 3, 2, 80 }, { 2850, 0x01cf, 7, 2, 80 }, { 2851, 0x01f8, 8, 2, 80 },
	{ 2855, 0x0196, 1, 1, 1 }, { 2870, 0x1ff8, 2, 1, 80 }, { 2873, 0x1fec, 1, 1, 1 },
	{ 2932, 0x0222, 7, 2, 80 }, { 2934, 0x0189, 2, 1, 80 }, { 2937, 0x01b7, 1, 1, 1 },
	{ 2952, 0x1fcc, 1, 1, 1 }, { 2964, 0x04c1, 6, 2, 80 }, { 3028, 0x1f48, 6, 1, 80 },
	{ 3030, 0x1fea, 2, 1, 80 }, { 3089, 0x01a7, 1, 1, 1 }, { 3096, 0x01a6, 1, 1, 1 },
	{ 3097, 0x0241, 1, 1, 1 }, { 3174, 0x018f, 1, 1, 1 }, { 3189, 0x1f68, 4, 1, 80 },
	{ 3190, 0x1ffa, 2, 1, 80 }, { 3191, 0x1fa8, 4, 1, 80 }, { 3329, 0x01ac, 2, 3, 80 },
	{ 3334, 0x0190, 2, 12, 1 }, { 3336, 0x01a9, 1, 1, 1 }, { 3347, 0x1f28, 2, 1, 80 },
	{ 3352, 0x1fd8, 2, 36, 1 }, { 3410, 0x018e, 1, 1, 1 }, { 3432, 0x1fd9, 1, 1, 1 },
	{ 3936, 0xff41, 26, 1, 80 }, { 4400, 0x0430, 20, 1, 80 }, { 4401, 0x0444, 20, 1, 80 },
	{ 4402, 0x0458, 8, 1, 80 }, { 4403, 0x0479, 5, 2, 80 }, { 4404, 0x04a7, 13, 2, 80 },
	{ 4405, 0x04ce, 2, 39, 1 }, { 4408, 0x0574, 18, 1, 80 }, { 4409, 0x2170, 16, 1, 80 },
	{ 4449, 0x0180, 2, 52, 1 }, { 4451, 0x01df, 9, 2, 80 }, { 4452, 0x0209, 20, 2, 80 },
	{ 4453, 0x0231, 2, 2, 80 }, { 4455, 0x025d, 20, 1, 80 }, { 4456, 0x0271, 20, 1, 80 },
	{ 4457, 0x0285, 20, 1, 80 }, { 4458, 0x0299, 20, 1, 80 }, { 4459, 0x02ad, 3, 1, 80 },
	{ 4460, 0x1e01, 20, 2, 80 }, { 4461, 0x1e29, 20, 2, 80 }, { 4462, 0x1e51, 20, 2, 80 },
	{ 4463, 0x1e79, 15, 2, 80 }, { 4464, 0x1e9b, 2, 36, 1 }, { 4466, 0x1ee7, 10, 2, 80 },
	{ 4467, 0x1f00, 8, 1, 80 }, { 4468, 0x1f22, 6, 1, 80 }, { 4470, 0x1f64, 4, 1, 80 },
	{ 4471, 0x1f80, 8, 1, 80 }, { 4472, 0x1fa4, 4, 1, 80 }, { 4473, 0x1fd2, 2, 1, 80 },
	{ 4486, 0x04f7, 2, 2, 80 }, { 4487, 0x0561, 19, 1, 80 }, { 4529, 0x0183, 2, 51, 1 },
	{ 4545, 0x1ec1, 19, 2, 80 }, { 4554, 0x1ff6, 2, 1, 80 }, { 4565, 0x04d1, 18, 2, 80 },
	{ 4609, 0x0185, 2, 52, 1 }, { 4613, 0x0234, 6, 1, 80 }, { 4689, 0x0188, 2, 50, 1 },
	{ 4769, 0x018c, 2, 47, 1 }, { 4789, 0x1f50, 8, 1, 80 }, { 4790, 0x1f70, 14, 1, 80 },
	{ 4792, 0x1fb0, 5, 1, 80 }, { 4793, 0x1fd6, 2, 1, 80 }, { 4849, 0x018d, 2, 5, 80 },
	{ 4864, 0x1ea1, 15, 2, 80 }, { 4883, 0x048b, 14, 2, 80 }, { 4930, 0x01be, 1, 1, 1 },
	{ 4948, 0x1f30, 8, 1, 80 }, { 5009, 0x0195, 2, 40, 1 }, { 5014, 0x0250, 13, 1, 80 },
	{ 5033, 0x1fe0, 8, 1, 80 }, { 5042, 0x0461, 12, 2, 80 }, { 5089, 0x0199, 3, 1, 80 },
	{ 5090, 0x01c6, 3, 3, 80 }, { 5107, 0x1f10, 6, 1, 80 }, { 5111, 0x1f90, 8, 1, 80 },
	{ 5126, 0x0501, 8, 2, 80 }, { 5171, 0x01f0, 2, 3, 80 }, { 5173, 0x023c, 1, 1, 1 },
	{ 5272, 0x1fb6, 2, 1, 80 }, { 5329, 0x019e, 2, 48, 1 }, { 5331, 0x01f5, 2, 4, 80 },
	{ 5333, 0x023f, 2, 1, 80 }, { 5409, 0x01a1, 3, 2, 80 }, { 5410, 0x01d0, 7, 2, 80 },
	{ 5432, 0x1fc2, 3, 1, 80 }, { 5491, 0x01fb, 7, 2, 80 }, { 5524, 0x04c2, 6, 2, 80 },
	{ 5588, 0x1f40, 6, 1, 80 }, { 5649, 0x01a8, 2, 2, 80 }, { 5663, 0x1e96, 5, 1, 80 },
	{ 5749, 0x1f60, 4, 1, 80 }, { 5751, 0x1fa0, 4, 1, 80 }, { 5752, 0x1fc6, 2, 1, 80 },
	{ 5809, 0x01ab, 2, 2, 80 }, { 5833, 0x1ff2, 2, 1, 80 }, { 5907, 0x1f20, 2, 1, 80 },
	{ 5912, 0x1fd0, 2, 1, 80 }, { 5969, 0x01b0, 2, 45, 1 },
};
/* clang-format on */

/* Returns the letter with this number, or 0. */
static uint32_t letter_of(unsigned int number)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]) && table[i].number <= number; i++) {
		unsigned int distance = number - table[i].number;

		if (distance % table[i].stride == 0 && distance / table[i].stride < table[i].count)
			return table[i].letter + distance / table[i].stride * table[i].step;
	}
	return 0;
}

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Returns the letter of four hex digits, or 0. */
static uint32_t hex_letter(const char *text, size_t size)
{
	uint32_t letter = 0;

	if (size < 4)
		return 0;
	for (size_t i = 0; i < 4; i++) {
		int value = hex_value(text[i]);

		if (value < 0)
			return 0;
		letter = letter << 4 | (uint32_t)value;
	}
	return letter;
}

static bool is_safe(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
	       byte == '_';
}

static bool is_digit(char byte)
{
	return byte >= FIRST_DIGIT && byte <= LAST_DIGIT;
}

/* Reads one letter. Returns the number of characters, or 0 if they are not a letter. */
static size_t read_letter(const char *name, size_t size, uint32_t *ret_letter)
{
	if (is_safe(*name)) {
		*ret_letter = (unsigned char)*name;
		return 1;
	}
	if (*name != ESCAPE)
		return 0;
	if (size >= 3 && is_digit(name[1]) && is_digit(name[2])) {
		*ret_letter = letter_of((unsigned int)((name[1] - FIRST_DIGIT) * DIGITS + name[2] - FIRST_DIGIT));
		if (*ret_letter)
			return 3;
	}
	*ret_letter = hex_letter(name + 1, size - 1);
	return *ret_letter ? 5 : 0;
}

static char *put_utf8(char *to, uint32_t letter)
{
	if (letter < 0x80) {
		*to++ = (char)letter;
		return to;
	}
	if (letter >= 0x800) {
		*to++ = (char)(0xe0 | letter >> 12);
		*to++ = (char)(0x80 | (letter >> 6 & 0x3f));
	} else {
		*to++ = (char)(0xc0 | letter >> 6);
	}
	*to++ = (char)(0x80 | (letter & 0x3f));
	return to;
}

char *table_name_decode(const char *name, size_t size)
{
	char *decoded;
	char *to;

	if (size >= 4 && !memcmp(name, "#sql", 4))
		return strndup(name, size);
	decoded = malloc(size * UTF8_MAX + 1);
	if (!decoded)
		return NULL;
	to = decoded;
	for (size_t at = 0; at < size;) {
		uint32_t letter = 0;
		size_t length = read_letter(name + at, size - at, &letter);

		if (!length) {
			free(decoded);
			return format_text("#mysql50#%.*s", (int)size, name);
		}
		to = put_utf8(to, letter);
		at += length;
	}
	*to = '\0';
	return decoded;
}
