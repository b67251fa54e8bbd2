/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CORE_FORMAT_H
#define MKEYFILE_CORE_FORMAT_H

/* Formatted text, malloc(3)ed, or NULL without memory. */
__attribute__((format(printf, 1, 2))) char *format_text(const char *format, ...);

#endif
