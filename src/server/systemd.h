/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_SERVER_SYSTEMD_H
#define MKEYFILE_SERVER_SYSTEMD_H

#include <stdbool.h>

/* Whether systemd hides the file at path from the server that it starts: a home
 * directory, and ProtectHome= in mariadb.service or its drop-ins (systemd.exec(5)).
 * Debian's unit has ProtectHome=true. */
bool systemd_hides(const char *path);

#endif
