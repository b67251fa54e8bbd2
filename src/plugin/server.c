/* SPDX-License-Identifier: MIT */
#include "plugin/server.h"

#include <stdio.h>

/* The server replaces these numbers, the required service versions, with pointers to the
 * services (sql_plugin.cc, plugin_dl_add). It refuses a plugin if the major version
 * differs from its own; these two have not changed since 10.1. */
struct my_crypt_service_st *my_crypt_service = (struct my_crypt_service_st *)0x0100;
struct thd_alloc_service_st *thd_alloc_service = (struct thd_alloc_service_st *)0x0200;

/* my_print_error_service changed from version 1 to 2 between 10.11 and 11.8, so no single
 * number loads everywhere. The service's function is the one that its header declares for
 * built-in plugins. Servers and mariadb-backup export that function. */
#undef my_printf_error
void my_printf_error(unsigned int number, const char *format, unsigned long flags, ...) __attribute__((weak));

/* Such as "11.8.9-MariaDB"; exported by servers and mariadb-backup as well. */
extern char server_version[] __attribute__((weak));

/* ER_UNKNOWN_ERROR in mysqld_error.h: HY000 with any message. */
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
