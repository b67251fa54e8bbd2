/* SPDX-License-Identifier: MIT */
#pragma once

/* Returns formatted text, malloc(3)ed, or NULL if memory runs out. */
__attribute__((format(printf, 1, 2))) char *format_text(const char *format, ...);
