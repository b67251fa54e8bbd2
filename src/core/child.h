/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

#include <stdint.h>
#include <sys/types.h>

/* Runs other programs and reads their output. */

struct child {
	const char *program;	  /* a path, or a name to look up in PATH */
	char *const *arguments;	  /* argv, terminated by NULL; [0] is the program's name */
	char *const *environment; /* terminated by NULL */
	unsigned int timeout;	  /* seconds until the program is killed; 0: no limit */
	bool silent;		  /* discard its standard error; otherwise it inherits ours */
	bool has_input;		  /* input is its standard input; otherwise standard input is empty */
	int input;		  /* a descriptor, or CHILD_INPUT_PIPE to write to running_child.input */
};

#define CHILD_INPUT_PIPE (-1)

struct running_child {
	pid_t process;
	int input;	  /* write end of its standard input; -1: no pipe */
	int output;	  /* read end of its standard output */
	int64_t deadline; /* milliseconds of CLOCK_MONOTONIC */
};

/* Starts the program. The caller may free child afterwards. Faults: FAULT_COMMAND_FAILED
 * if the program cannot be run (error_number is -errno). */
MUST_CHECK struct fault child_start(const struct child *child, struct running_child *ret_child);

/* Reads the program's output, up to limit bytes, and waits for the program to exit.
 * Further output is read and discarded, within reason, so that the program can exit
 * normally. A NUL follows the output; the size does not count it. When the time is up,
 * the program and its descendants are killed, but not processes that it has left running
 * and exited: an agent may be one of them. Faults: FAULT_COMMAND_FAILED if its exit status is not 0 (error_number
 * is the wait status; ret_output is set as well), FAULT_TIMEOUT, FAULT_READ,
 * FAULT_MEMORY. */
MUST_CHECK struct fault child_finish(const struct running_child *child, size_t limit, struct secret *ret_output);

/* Waits up to patience milliseconds for the program to exit, then kills it. */
void child_end(const struct running_child *child, unsigned int patience);

/* Runs the program and reads its output: child_start, then child_finish. */
MUST_CHECK struct fault child_read(const struct child *child, size_t limit, struct secret *ret_output);

/* Returns the path of a program of this package, malloc(3)ed: next to the running
 * program, or in directory, where the package installs such programs. Returns NULL if
 * there is no such program or no memory. */
char *child_find(const char *directory, const char *name);

/* Returns the variables of environment whose names are in names, which NULL terminates (names NULL: all),
 * for struct child. The array is malloc(3)ed; its strings belong to environment. Returns
 * NULL if memory runs out. */
char **child_environment(char *const environment[], const char *const names[]);

/* For a program that is such a child: closes all descriptors except the standard streams. An
 * inherited descriptor may be that of a password. */
void child_close_inherited(void);

/* For such a child: limits its address space to its current size plus more bytes. The current size
 * matters because a sanitizer reserves a lot of address space. */
void child_limit_memory(size_t more);
