/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* Whether systemd hides the file at path from the server that it starts: a home
 * directory, and ProtectHome= in mariadb.service or its drop-ins (systemd.exec(5)).
 * Debian's unit has ProtectHome=true. */
bool systemd_hides(const char *path);
