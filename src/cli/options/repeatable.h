/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What messages may repeat of a wrong word: never a word in which someone may have typed a key
 * or a password. */

#define REPEATABLE_HIDDEN "..."

/* The text itself if it is a number or too short to be a secret, else "...". */
const char *repeatable(const char *text);

/* The same, but also repeats a text that is close to one of words, separated by blanks. */
const char *repeatable_near(const char *text, const char *words);

/* Whether text consists of 32 or more hex digits or is the base64 form of a key, also after
 * "NAME=" or, as in a key file, after a key ID and version. */
bool looks_like_a_key(const char *text);

#define NOT_NEAR SIZE_MAX

/* The number of characters inserted, deleted, replaced or swapped with the next one between the
 * two; NOT_NEAR: more than a typing error or two. */
size_t typing_errors(const char *one, size_t one_size, const char *other, size_t other_size);

/* Whether text is word with at most two typing errors. */
bool is_near(const char *text, const char *word);
bool spans_are_near(const char *one, size_t one_size, const char *other, size_t other_size);
