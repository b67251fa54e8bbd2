/* SPDX-License-Identifier: MIT */
#pragma once

#include "plugin/keyring.h"
#include "plugin/words.h"

/* The plugin's system variables: file_key_management's, under the plugin's own
 * prefix, and two more: clear_text_filekey, which insists on a password in an
 * option file, and reload. */
struct st_mysql_sys_var;
extern struct st_mysql_sys_var *system_variables[];

/* Takes what the server has read from its option files. A clear-text password
 * goes to memory of the plugin's own, and out of the variable. False: refused,
 * words says why. */
MUST_CHECK bool variables_take(struct words *words);

/* What variables_take found, valid until variables_forget, which wipes it. */
const struct keyring_source *variables_source(void);
bool variables_want_ctr(void);
void variables_forget(void);
