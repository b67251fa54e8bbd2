/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* A process has a server's lock on a data directory, this one or any below it
 * (fcntl(2) locks on aria_log_control or the system tablespace). Asks only: no lock is
 * taken. */
bool directory_is_live(const char *directory);
