/* SPDX-License-Identifier: MIT */
#pragma once

#include "plugin/server.h"

/* SHOW STATUS LIKE 'mkeyfile_key_management_%': counts, the last reload, and the newest
 * version of each key ID. Never any byte of a key. */
extern struct st_mysql_show_var status_variables[];
