/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

#include <stdint.h>
#include <sys/types.h>

/* Other programs, run for what they print. */

struct child {
	const char *program;	  /* a path, or a name that is looked up in PATH */
	char *const *arguments;	  /* argv, ended by NULL; [0] is the program's name */
	char *const *environment; /* ended by NULL */
	unsigned int timeout;	  /* seconds, after which it is ended; 0: none */
	bool silent;		  /* its standard error goes nowhere; else it is ours */
	bool has_input;		  /* input is its standard input, which is empty without */
	int input;		  /* descriptor, or CHILD_INPUT_PIPE: running_child's */
};

#define CHILD_INPUT_PIPE (-1)

#define CHILD_PROCESSES_MAX 64

struct child_processes {
	pid_t list[CHILD_PROCESSES_MAX];
	size_t count;
	bool unknown; /* the kernel does not list them, or there are more */
};

struct running_child {
	pid_t process;
	int input;		       /* descriptor that its standard input is read from; -1: none of ours */
	int output;		       /* descriptor that its standard output is written to */
	int64_t deadline;	       /* milliseconds of CLOCK_MONOTONIC */
	struct child_processes others; /* that this process had before */
};

/* Starts it; child is not needed any more then.
 * FAULT_COMMAND_FAILED when it cannot be run (error_number < 0: -errno). */
MUST_CHECK struct fault child_start(const struct child *child, struct running_child *ret_child);

/* Hands out what it prints, up to limit bytes; what it prints beyond them is read and
 * dropped, within reason, so that it can end well. Behind the output stands a NUL that
 * its size does not count. It is ended with what it has started, even if it has ended
 * itself, when the time is over.
 * FAULT_COMMAND_FAILED when it does not exit with 0 (error_number: its wait status;
 * ret_output is then set as well), FAULT_TIMEOUT, FAULT_READ, FAULT_MEMORY. */
MUST_CHECK struct fault child_finish(const struct running_child *child, size_t limit, struct secret *ret_output);

/* Waits for its end, for so many milliseconds, and kills it then. */
void child_end(const struct running_child *child, unsigned int patience);

/* Both: starts it, and hands out what it prints. */
MUST_CHECK struct fault child_read(const struct child *child, size_t limit, struct secret *ret_output);
