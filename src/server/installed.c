/* SPDX-License-Identifier: MIT */
#include "server/installed.h"

#include "core/child.h"
#include "server/target.h"

#include <errno.h>

#define BANNER_MAX_SIZE 4095
#define SERVER_TIMEOUT 30 /* seconds */

static struct fault ask(const char *program, char *const environment[], char **ret_target)
{
	char *const arguments[] = { (char *)program, (char[]){ "--no-defaults" }, (char[]){ "--version" }, NULL };
	const struct child child = { .program = program,
				     .arguments = arguments,
				     .environment = environment,
				     .timeout = SERVER_TIMEOUT,
				     .silent = true };
	SECRET struct secret banner = { 0 };
	struct fault fault = child_read(&child, BANNER_MAX_SIZE, &banner);

	if (fault.code)
		return fault;
	*ret_target = target_of_version_banner((const char *)banner.data);
	return *ret_target ? fault : fault_of(FAULT_NO_VERSION);
}

struct fault installed_server(char *const environment[], char **ret_target)
{
	static const char *const programs[] = {
		"mariadbd", "/usr/sbin/mariadbd", "/usr/libexec/mariadbd", "/usr/local/sbin/mariadbd",
		"mysqld",   "/usr/sbin/mysqld",	  "/usr/libexec/mysqld",   "/usr/local/sbin/mysqld",
	};
	struct fault fault = fault_none();

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		fault = ask(programs[i], environment, ret_target);
		if (fault.code != FAULT_COMMAND_FAILED || fault.error_number != -ENOENT)
			return fault;
	}
	return fault;
}
