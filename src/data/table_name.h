/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Returns the database or table that the server shows for the name of a directory or file
 * (without its suffix), of size bytes: UTF-8, malloc(3)ed; NULL if memory runs out. The server
 * writes letters other than those of ASCII as "@" and two characters, and anything else as "@" and
 * four hex digits (strings/ctype-utf8.c, my_mb_wc_filename). It shows names of other forms with
 * "#mysql50#" before them, and names of temporary tables as they are. */
char *table_name_decode(const char *name, size_t size);
