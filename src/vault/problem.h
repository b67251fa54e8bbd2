/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* What went wrong, in words for the user. They have nothing of a key or of the token. */
struct problem {
	bool is_set;
	bool is_refusal; /* keys would be lost or overwritten: not a failure */
	char *message;	 /* malloc(3)ed; NULL: no memory for it */
	char *hint;	 /* likewise, or there is none */
};

#define PROBLEM_FORMAT __attribute__((format(printf, 2, 3)))

/* Sets the message, unless there is one: the first problem is the cause. Returns false, for the
 * caller to return. */
PROBLEM_FORMAT bool problem_set(struct problem *problem, const char *format, ...);
PROBLEM_FORMAT bool problem_refuse(struct problem *problem, const char *format, ...);

/* Sets the hint to the message, unless there is one. Returns false. */
PROBLEM_FORMAT bool problem_hint(struct problem *problem, const char *format, ...);

void problem_free(struct problem *problem);
