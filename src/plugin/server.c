/* SPDX-License-Identifier: MIT */
#include "plugin/server.h"

#include <stdio.h>

/* A server replaces these numbers, the versions that the plugin needs, by the
 * service itself (sql_plugin.cc, plugin_dl_add). It refuses a plugin whose major
 * number is another one than its own; these two have been the same since 10.1. */
struct my_crypt_service_st *my_crypt_service = (struct my_crypt_service_st *)0x0100;
struct thd_alloc_service_st *thd_alloc_service = (struct thd_alloc_service_st *)0x0200;

/* my_print_error_service went from 1 to 2 between 10.11 and 11.8, so no one
 * number loads everywhere. What is behind it is the function that the service's
 * header declares for plugins inside the server, and servers and mariadb-backup
 * export it. */
#undef my_printf_error
void my_printf_error(unsigned int number, const char *format, unsigned long flags, ...) __attribute__((weak));

/* "11.8.9-MariaDB"; servers and mariadb-backup export it as well. */
extern char server_version[] __attribute__((weak));

/* mysqld_error.h, ER_UNKNOWN_ERROR: HY000 with words of one's own. */
#define ERROR_NUMBER 1105

static void print(unsigned int number, unsigned long flags, const char *words)
{
	if (my_printf_error)
		my_printf_error(number ? number : ERROR_NUMBER, "%s%s", flags, number ? "" : PLUGIN_NAME ": ", words);
	else
		fprintf(stderr, "%s%s\n", number ? "" : PLUGIN_NAME ": ", words);
}

void server_log(enum log_level level, const char *words)
{
	static const unsigned long flags[] = {
		[LOG_NOTE] = ME_NOTE | ME_ERROR_LOG_ONLY,
		[LOG_WARNING] = ME_WARNING | ME_ERROR_LOG_ONLY,
		[LOG_ERROR] = ME_ERROR_LOG_ONLY,
	};

	print(0, flags[level], words);
}

void server_error(unsigned int number, const char *words)
{
	print(number, ME_ERROR_LOG, words);
}

bool server_is_from_11_8(void)
{
	unsigned int major;
	unsigned int minor;

	if (!server_version || sscanf(server_version, "%u.%u", &major, &minor) != 2)
		return false;
	return major > 11 || (major == 11 && minor >= 8);
}
