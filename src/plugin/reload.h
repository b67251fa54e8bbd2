/* SPDX-License-Identifier: MIT */
#pragma once

#include "plugin/keyring.h"
#include "plugin/server.h"
#include "plugin/words.h"

#include <time.h>

/* Reading the key file at the server's start and while it runs. */

/* Reads it for the first time from where later reloads read it again. False: words says
 * why. */
MUST_CHECK bool reload_first(const struct keyring_source *from, struct words *words);

/* Serves nothing any more and wipes every key. */
void reload_end(void);

/* SET GLOBAL mkeyfile_key_management_reload. The server asks the first whether
 * the value will do: it reads the file and compares, and fails the statement
 * with the reason, the keys in use staying. The second makes the new keys the
 * ones in use. */
int reload_check(MYSQL_THD thd, struct st_mysql_sys_var *variable, void *save, struct st_mysql_value *value);
void reload_update(MYSQL_THD thd, struct st_mysql_sys_var *variable, void *target, const void *save);

/* How reloads went. */
struct reload_report {
	unsigned long long done;
	unsigned long long refused;
	time_t last; /* of the last reload, or of the start */
	char result[WORDS_SIZE];
};
void reload_get_report(struct reload_report *ret_report);
