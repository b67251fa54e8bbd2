/* SPDX-License-Identifier: MIT */
#include "core/child.h"

#include "core/deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DROPPED_MAX_SIZE 65536
/* Microseconds between the first two looks at a child that prints no more: most end at
 * once. Each step is twice the one before, up to the longest. */
#define WAIT_STEP 100
#define WAIT_STEP_MAX 5000
#define PATIENCE 1000 /* milliseconds that a child has to end when it is told to */

/* The signals that this process ignores have their default effect there. */
static int spawn(const struct child *child, int output, pid_t *ret_process)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int error;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	posix_spawn_file_actions_init(&actions);
	if (child->has_input)
		posix_spawn_file_actions_adddup2(&actions, child->input, STDIN_FILENO);
	else
		posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (child->silent)
		posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	error = posix_spawnp(ret_process, child->program, &actions, &attributes, child->arguments, child->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static struct fault read_output(int descriptor, size_t limit, int64_t deadline, struct secret *output)
{
	SECRET struct secret beyond = { 0 };
	size_t dropped = 0;
	struct fault fault = secret_allocate(output, limit + 1);

	if (!fault.code)
		fault = secret_allocate(&beyond, 1);

	while (!fault.code && dropped < DROPPED_MAX_SIZE) {
		bool full = output->size == limit;
		ssize_t got;

		fault = deadline_await_input(descriptor, deadline);
		if (fault.code)
			return fault;
		got = full ? read(descriptor, beyond.data, beyond.capacity)
			   : read(descriptor, output->data + output->size, limit - output->size);
		if (got < 0 && errno != EINTR)
			return fault_errno(FAULT_READ, errno);
		if (!got)
			break;
		if (got > 0 && full)
			dropped += (size_t)got;
		else if (got > 0)
			output->size += (size_t)got;
	}
	return fault;
}

/* Its wait status, or -errno; false when the deadline comes first. */
static bool wait_for_end(pid_t process, int64_t deadline, int *ret_status)
{
	for (useconds_t step = WAIT_STEP;; step = step < WAIT_STEP_MAX ? 2 * step : WAIT_STEP_MAX) {
		pid_t ended = waitpid(process, ret_status, deadline == DEADLINE_NONE ? 0 : WNOHANG);

		if (ended == process)
			return true;
		if (ended < 0 && errno != EINTR) {
			*ret_status = -errno;
			return true;
		}
		if (!ended && deadline_now() >= deadline)
			return false;
		if (!ended)
			usleep(step);
	}
}

static bool has_process(const struct child_processes *processes, pid_t process)
{
	for (size_t i = 0; i < processes->count; i++)
		if (processes->list[i] == process)
			return true;
	return false;
}

static FILE *open_children(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%ld/children", syscall(SYS_gettid));
	return fopen(path, "re");
}

static void find_children(struct child_processes *ret_processes)
{
	FILE *children = open_children();
	int process;

	*ret_processes = (struct child_processes){ .unknown = !children };
	while (children && ret_processes->count < CHILD_PROCESSES_MAX && fscanf(children, "%d", &process) == 1)
		ret_processes->list[ret_processes->count++] = process;
	if (children)
		fclose(children);
}

/* One of the children that have come since: those of a child that ended are among
 * them, since this process is their reaper. 0: none. */
static pid_t next_orphan(const struct child_processes *others)
{
	FILE *children = others->unknown ? NULL : open_children();
	int process = 0;
	pid_t found = 0;

	while (children && !found && fscanf(children, "%d", &process) == 1)
		found = has_process(others, process) ? 0 : process;
	if (children)
		fclose(children);
	return found;
}

/* Ends the process and whatever it has started. */
static void end(pid_t process, const struct child_processes *others)
{
	int status;

	while (process > 0) {
		kill(process, SIGTERM);
		if (!wait_for_end(process, deadline_now() + PATIENCE, &status)) {
			kill(process, SIGKILL);
			(void)wait_for_end(process, DEADLINE_NONE, &status);
		}
		process = next_orphan(others);
	}
}

static struct fault wait_or_end(const struct running_child *child, struct fault fault)
{
	int status = 0;

	if (!fault.code && !wait_for_end(child->process, child->deadline, &status))
		fault = fault_of(FAULT_TIMEOUT);
	if (fault.code)
		end(child->process, &child->others);
	else if (status)
		fault = fault_errno(FAULT_COMMAND_FAILED, status);
	return fault;
}

struct fault child_start(const struct child *child, struct running_child *ret_child)
{
	struct running_child running = { .deadline = deadline_after(child->timeout) };
	int pipe_ends[2];
	int error;

	if (pipe2(pipe_ends, O_CLOEXEC))
		return fault_errno(FAULT_COMMAND_FAILED, -errno);
	find_children(&running.others);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	error = spawn(child, pipe_ends[1], &running.process);
	close(pipe_ends[1]);
	if (error) {
		close(pipe_ends[0]);
		return fault_errno(FAULT_COMMAND_FAILED, -error);
	}
	running.output = pipe_ends[0];
	*ret_child = running;
	return fault_none();
}

struct fault child_finish(const struct running_child *child, size_t limit, struct secret *ret_output)
{
	SECRET struct secret output = { 0 };
	struct fault fault = read_output(child->output, limit, child->deadline, &output);

	close(child->output);
	fault = wait_or_end(child, fault);
	if (fault.code && fault.code != FAULT_COMMAND_FAILED)
		return fault;
	output.data[output.size] = '\0';
	*ret_output = secret_take(&output);
	return fault;
}

struct fault child_read(const struct child *child, size_t limit, struct secret *ret_output)
{
	struct running_child running;
	struct fault fault = child_start(child, &running);

	return fault.code ? fault : child_finish(&running, limit, ret_output);
}
