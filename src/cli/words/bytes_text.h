/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#define BYTES_TEXT 16

/* Writes "1.4 GiB" to text, and returns text. */
char *bytes_text(uint64_t bytes, char text[static BYTES_TEXT]);
