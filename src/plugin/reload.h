/* SPDX-License-Identifier: MIT */
#pragma once

#include "plugin/keyring.h"
#include "plugin/server.h"
#include "plugin/words.h"

#include <time.h>

/* Reads the key file when the server starts and while it runs. */

/* Loads the key file for the first time, and remembers its source for later reloads.
 * Returns false with the reason in words. */
MUST_CHECK bool reload_first(const struct keyring_source *from, struct words *words);

/* Stops serving keys and wipes every key. */
void reload_end(void);

/* SET GLOBAL mkeyfile_key_management_reload. The server first calls reload_check, which
 * reads the file and compares the keys. On errors the statement fails with the reason and
 * the current keys remain in use. Otherwise the server calls reload_update, which puts
 * the new keys into use. */
int reload_check(MYSQL_THD thd, struct st_mysql_sys_var *variable, void *save, struct st_mysql_value *value);
void reload_update(MYSQL_THD thd, struct st_mysql_sys_var *variable, void *target, const void *save);

/* The results of reloads. */
struct reload_report {
	unsigned long long done;
	unsigned long long refused;
	time_t last; /* time of the last reload, or of the server's start */
	char result[WORDS_SIZE];
};
void reload_get_report(struct reload_report *ret_report);
