/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CORE_CHILD_H
#define MKEYFILE_CORE_CHILD_H

#include "core/secret.h"

/* Other programs, run for what they print. */

struct child {
	const char *program;	  /* a path, or a name that is looked up in PATH */
	char *const *arguments;	  /* argv, ended by NULL; [0] is the program's name */
	char *const *environment; /* ended by NULL */
	unsigned int timeout;	  /* seconds, after which it is ended; 0: none */
	bool silent;		  /* its standard error goes nowhere; else it is ours */
};

/* Runs it with an empty standard input and hands out what it prints, up to limit
 * bytes; what it prints beyond them is read and dropped, within reason, so that
 * it can end well. Behind the output stands a NUL that its size does not count. What it started and left running is
 * ended with it when the time is over. FAULT_COMMAND_FAILED when it cannot be run (error_number < 0: -errno) or does
 * not exit with 0 (error_number: its wait status; ret_output is then set as well), FAULT_TIMEOUT, FAULT_READ,
 * FAULT_MEMORY. */
MUST_CHECK struct fault child_read(const struct child *child, size_t limit, struct secret *ret_output);

#endif
