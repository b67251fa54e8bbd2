/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/input.h"

#include "cli/words/message.h"

#include <errno.h>
#include <unistd.h>

_Static_assert(FILE_MAX_SIZE == KEYFILE_MAX_SIZE, "mkeyfile reads as much as a server");

struct fault input_read_silently(const char *path, struct secret *ret_raw, struct stat *ret_status)
{
	struct stat status;

	if (!is_standard_stream(path))
		return file_read_path(path, ret_raw, ret_status);
	if (fstat(STDIN_FILENO, ret_status ? ret_status : &status))
		return fault_errno(FAULT_READ, errno);
	return file_read(STDIN_FILENO, ret_raw);
}

enum status input_read(const char *path, struct secret *ret_raw, struct stat *ret_status)
{
	struct fault fault = input_read_silently(path, ret_raw, ret_status);

	return message_fault(fault, input_name(path));
}

bool input_is_server_pipe(const char *file, const struct host *host)
{
	return host->names_file && file_is_named_pipe(file);
}

enum status input_refuse_server_pipe(const char *file)
{
	message_error("'%s' is a named pipe: reading it would consume what the server needs to read", file);
	message_hint("use --file=FILE with the file that is written to the pipe, or --file=- for standard input");
	return STATUS_FAILED;
}

enum status input_read_key_file(const char *file, const struct host *host, struct secret *ret_raw,
				struct stat *ret_status)
{
	if (input_is_server_pipe(file, host))
		return input_refuse_server_pipe(file);
	return input_read(file, ret_raw, ret_status);
}
