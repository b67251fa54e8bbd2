/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/trust.h"

/* "user 'bob' owns directory '/srv'": why a path is not trusted. malloc(3)ed, or NULL. */
char *refusal_words(const struct refusal_of_trust *refusal);

/* How to make the path trusted. malloc(3)ed, or NULL. */
char *refusal_fix(const struct refusal_of_trust *refusal);
