/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What messages may repeat of a wrong word: nothing in which someone may have typed a key
 * or a password. */

#define REPEATABLE_HIDDEN "..."

/* The text itself where it is a number, or too short to be a secret, else "...". */
const char *repeatable(const char *text);

/* The same, and words (separated by blanks) with a typing error are repeated. */
const char *repeatable_near(const char *text, const char *words);

/* Whether text is hex digits alone, 32 or more, or base64 of a key, also after a
 * key ID and version as in a key file, or after "NAME=". */
bool looks_like_a_key(const char *text);

#define NOT_NEAR SIZE_MAX

/* How many characters are inserted, deleted, replaced or exchanged with the next one
 * between the two; NOT_NEAR: more than a typing error or two. */
size_t typing_errors(const char *one, size_t one_size, const char *other, size_t other_size);

/* Whether text is word with a typing error or two in it. */
bool is_near(const char *text, const char *word);
bool spans_are_near(const char *one, size_t one_size, const char *other, size_t other_size);
