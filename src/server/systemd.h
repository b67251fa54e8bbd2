/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* Whether systemd hides the file at path from the server: the file is in a home directory, and
 * mariadb.service or one of its drop-ins sets ProtectHome= (systemd.exec(5)). Debian's unit has
 * ProtectHome=true. */
bool systemd_hides(const char *path);
