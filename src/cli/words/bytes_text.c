/* SPDX-License-Identifier: MIT */
#include "cli/words/bytes_text.h"

#include <stddef.h>
#include <stdio.h>

char *bytes_text(uint64_t bytes, char text[static BYTES_TEXT])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double number = (double)bytes;
	size_t unit = 0;

	while (number >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		number /= 1024;
		unit++;
	}
	snprintf(text, BYTES_TEXT, unit && number < 100 ? "%.1f %s" : "%.0f %s", number, units[unit]);
	return text;
}
