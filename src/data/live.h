/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* Returns whether a process holds a server's lock on this data directory or one below it
 * (fcntl(2) locks on aria_log_control or the system tablespace). Takes no lock itself. */
bool directory_is_live(const char *directory);
