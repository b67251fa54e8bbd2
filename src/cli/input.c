/* SPDX-License-Identifier: MIT */
#include "cli/input.h"

#include "cli/message.h"
#include "cli/options.h"

#include <errno.h>
#include <unistd.h>

struct fault read_input_silently(const char *path, struct secret *ret_raw, struct stat *ret_status)
{
	struct stat status;

	if (!is_standard_stream(path))
		return file_read_path(path, ret_raw, ret_status);
	if (fstat(STDIN_FILENO, ret_status ? ret_status : &status))
		return fault_errno(FAULT_READ, errno);
	return file_read(STDIN_FILENO, ret_raw);
}

enum status read_input(const char *path, struct secret *ret_raw, struct stat *ret_status)
{
	struct fault fault = read_input_silently(path, ret_raw, ret_status);

	return fault.code ? message_fault(fault, input_name(path)) : STATUS_DONE;
}
