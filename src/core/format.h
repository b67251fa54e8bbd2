/* SPDX-License-Identifier: MIT */
#pragma once

/* Formatted text, malloc(3)ed, or NULL without memory. */
__attribute__((format(printf, 1, 2))) char *format_text(const char *format, ...);
