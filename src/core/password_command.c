/* SPDX-License-Identifier: MIT */
#include "core/password_command.h"

#include "core/child.h"

struct fault password_from_command(const char *command, char *const environment[], unsigned int timeout,
				   struct password *ret_password)
{
	char shell[] = "sh";
	char flag[] = "-c";
	char *arguments[] = { shell, flag, (char *)command, NULL };
	const struct child child = {
		.program = "/bin/sh", .arguments = arguments, .environment = environment, .timeout = timeout
	};
	SECRET struct secret raw = { 0 };
	struct fault fault = child_read(&child, PASSWORD_MAX_SIZE + 1, &raw);
	struct fault failed = fault;

	if (fault.code && fault.code != FAULT_COMMAND_FAILED)
		return fault;
	if (raw.data)
		fault = password_from_bytes(&raw, ret_password);
	/* a command that wrote too much dies of SIGPIPE: the length is the reason */
	if (!failed.code || fault.code == FAULT_PASSWORD_TOO_LONG)
		return fault;
	if (!fault.code)
		password_free(ret_password);
	return failed;
}
