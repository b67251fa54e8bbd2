/* SPDX-License-Identifier: MIT */
#pragma once

/* The server's stable plugin API (mysql/plugin.h, plugin_encryption.h and the services
 * they use). Works with servers from 10.6 on, and with headers of any release. */

#define MYSQL_DYNAMIC_PLUGIN
/* the numbers of the modes; whether the server supports them is checked at the start */
#define HAVE_EncryptAes128Ctr 1
#define HAVE_EncryptAes128Gcm 1
#include <mysql/plugin_encryption.h>
#include <stdbool.h>
#include <typelib.h>

#define PLUGIN_NAME "mkeyfile_key_management"

/* The severity of a line in the error log. */
enum log_level { LOG_NOTE, LOG_WARNING, LOG_ERROR };

/* Writes a line to the server's error log. */
void server_log(enum log_level level, const char *words);

/* Makes the running statement, if any, fail with this error and message, and writes the
 * message to the error log. Number 0 is an error of this plugin, and is shown under its
 * name. */
void server_error(unsigned int number, const char *words);

/* Returns whether the server's version is 11.8 or later. */
bool server_is_from_11_8(void);
