/* SPDX-License-Identifier: MIT */
#include "vault/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((format(printf, 2, 0))) static void print_to(char **text, const char *format, va_list arguments)
{
	if (vasprintf(text, format, arguments) < 0)
		*text = NULL;
}

bool problem_set(struct problem *problem, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (!problem->is_set)
		print_to(&problem->message, format, arguments);
	va_end(arguments);
	problem->is_set = true;
	return false;
}

bool problem_refuse(struct problem *problem, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (!problem->is_set) {
		print_to(&problem->message, format, arguments);
		problem->is_refusal = true;
	}
	va_end(arguments);
	problem->is_set = true;
	return false;
}

bool problem_hint(struct problem *problem, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (!problem->hint)
		print_to(&problem->hint, format, arguments);
	va_end(arguments);
	return false;
}

void problem_free(struct problem *problem)
{
	free(problem->message);
	free(problem->hint);
	*problem = (struct problem){ .is_set = false };
}
