/* SPDX-License-Identifier: MIT */
#include "core/format.h"

#include <stdarg.h>
#include <stdio.h>

char *format_text(const char *format, ...)
{
	char *words = NULL;
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vasprintf(&words, format, arguments);
	va_end(arguments);
	return size < 0 ? NULL : words;
}
