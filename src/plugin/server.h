/* SPDX-License-Identifier: MIT */
#pragma once

/* The server's stable plugin API (mysql/plugin.h, plugin_encryption.h and the
 * services that they name), for every server from 10.6 on, whichever the
 * headers are from. */

#define MYSQL_DYNAMIC_PLUGIN
/* the numbers of the modes; whether the server has them is asked at start */
#define HAVE_EncryptAes128Ctr 1
#define HAVE_EncryptAes128Gcm 1
#include <mysql/plugin_encryption.h>
#include <stdbool.h>
#include <typelib.h>

#define PLUGIN_NAME "mkeyfile_key_management"

/* How serious a line for the error log is. */
enum log_level { LOG_NOTE, LOG_WARNING, LOG_ERROR };

/* Writes a line to the server's error log. */
void server_log(enum log_level level, const char *words);

/* Fails the running statement, if there is one, with an error and its words, and writes
 * them to the error log. 0: an error of the plugin's own, under its name. */
void server_error(unsigned int number, const char *words);

/* Whether the server is of version 11.8 or later. */
bool server_is_from_11_8(void);
