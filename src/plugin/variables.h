/* SPDX-License-Identifier: MIT */
#pragma once

#include "plugin/keyring.h"
#include "plugin/words.h"

/* The plugin's system variables: those of file_key_management with this plugin's prefix,
 * and two more. clear_text_filekey permits a password in an option file; reload reads the
 * key file again. */
struct st_mysql_sys_var;
extern struct st_mysql_sys_var *system_variables[];

/* Copies the values that the server read from its option files. A clear-text password is
 * moved to the plugin's own memory and removed from the variable. Returns false with the
 * reason in words if the values are refused. */
MUST_CHECK bool variables_take(struct words *words);

/* Returns what variables_take copied. Valid until variables_forget, which wipes it. */
const struct keyring_source *variables_source(void);
bool variables_want_ctr(void);
void variables_forget(void);
