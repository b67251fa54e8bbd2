/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_PLUGIN_SETTINGS_H
#define MKEYFILE_PLUGIN_SETTINGS_H

#include "plugin/keyring.h"
#include "plugin/words.h"

/* The plugin's system variables: file_key_management's, under the plugin's own
 * prefix, and two more: clear_text_filekey, which insists on a password in an
 * option file, and reload. */
struct st_mysql_sys_var;
extern struct st_mysql_sys_var *settings_variables[];

/* Takes what the server has read from its option files. A clear-text password
 * goes to memory of the plugin's own, and out of the variable. False: refused,
 * words says why. */
MUST_CHECK bool settings_take(struct words *words);

/* What settings_take found, valid until settings_forget, which wipes it. */
const struct keyring_source *settings_source(void);
bool settings_want_ctr(void);
void settings_forget(void);

#endif
