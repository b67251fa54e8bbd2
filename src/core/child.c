/* SPDX-License-Identifier: MIT */
#include "core/child.h"

#include "core/cleanup.h"
#include "core/deadline.h"
#include "core/format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DROPPED_MAX_SIZE 65536
/* Microseconds between the first two checks of a child without further output. Most exit
 * at once. Each wait is twice as long as the one before, up to the maximum. */
#define WAIT_STEP 100
#define WAIT_STEP_MAX 5000
#define PATIENCE 1000 /* milliseconds for a child to exit after SIGTERM */

/* Signals that this process ignores have their default action in the child. */
static int spawn(const struct child *child, int input, int output, pid_t *ret_process)
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
		posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
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

/* Reads and discards output beyond the limit, within reason. */
static struct fault drop_rest(int descriptor, int64_t deadline)
{
	SECRET struct secret page = { 0 };
	struct fault fault = secret_allocate(&page, 1);
	size_t got = 1;

	for (size_t dropped = 0; !fault.code && got && dropped < DROPPED_MAX_SIZE; dropped += got) {
		got = 0;
		fault = deadline_read(descriptor, page.data, page.capacity, deadline, &got);
	}
	return fault;
}

static struct fault read_output(int descriptor, size_t limit, int64_t deadline, struct secret *output)
{
	struct fault fault = secret_allocate(output, limit + 1);

	if (!fault.code)
		fault = deadline_fill(descriptor, limit, deadline, output);
	return fault.code || output->size < limit ? fault : drop_rest(descriptor, deadline);
}

/* Sets *ret_status to the wait status, or to -errno. Returns false if the deadline comes first. */
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

/* Signals the process and all its descendants. They share the standard error of this
 * process, so a reader of that would wait for them. Each is stopped first, so that it
 * starts nothing more. */
static void signal_tree(pid_t process, int number)
{
	char path[64];
	STREAM FILE *children = NULL;
	int child;

	kill(process, SIGSTOP);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)process, (int)process);
	children = fopen(path, "re");
	while (children && fscanf(children, "%d", &child) == 1)
		signal_tree(child, number);
	kill(process, number);
	kill(process, SIGCONT);
}

void child_end(const struct running_child *child, unsigned int patience)
{
	int status;

	if (wait_for_end(child->process, deadline_now() + patience, &status))
		return;
	signal_tree(child->process, SIGKILL);
	(void)wait_for_end(child->process, DEADLINE_NONE, &status);
}

static struct fault wait_or_end(const struct running_child *child, struct fault fault)
{
	int status = 0;

	if (!fault.code && !wait_for_end(child->process, child->deadline, &status))
		fault = fault_of(FAULT_TIMEOUT);
	if (fault.code) {
		signal_tree(child->process, SIGTERM);
		child_end(child, PATIENCE);
	} else if (status) {
		fault = fault_errno(FAULT_COMMAND_FAILED, status);
	}
	return fault;
}

static void close_both(const int ends[2])
{
	if (ends[0] >= 0)
		close(ends[0]);
	if (ends[1] >= 0)
		close(ends[1]);
}

struct fault child_start(const struct child *child, struct running_child *ret_child)
{
	bool has_pipe = child->has_input && child->input == CHILD_INPUT_PIPE;
	struct running_child running = { .deadline = deadline_after(child->timeout) };
	int input[2] = { -1, -1 };
	int output[2] = { -1, -1 };
	int error;

	if ((has_pipe && pipe2(input, O_CLOEXEC)) || pipe2(output, O_CLOEXEC))
		error = errno;
	else
		error = spawn(child, has_pipe ? input[0] : child->input, output[1], &running.process);
	if (error) {
		close_both(input);
		close_both(output);
		return fault_errno(FAULT_COMMAND_FAILED, -error);
	}
	if (has_pipe)
		close(input[0]);
	close(output[1]);
	running.input = input[1];
	running.output = output[0];
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

static char *find_neighbour(const char *name)
{
	char path[4096];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (size <= 0)
		return NULL;
	path[size] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return format_text("%s/%s", path, name);
}

char *child_find(const char *directory, const char *name)
{
	char *path = find_neighbour(name);

	if (path && !access(path, X_OK))
		return path;
	free(path);
	path = format_text("%s/%s", directory, name);
	if (path && !access(path, X_OK))
		return path;
	free(path);
	return NULL;
}

static bool is_among(const char *entry, const char *const names[])
{
	size_t length = strcspn(entry, "=");

	for (; *names; names++)
		if (strlen(*names) == length && !strncmp(entry, *names, length))
			return true;
	return false;
}

char **child_environment(char *const environment[], const char *const names[])
{
	size_t count = 0;
	char **chosen;

	while (environment[count])
		count++;
	chosen = calloc(count + 1, sizeof(*chosen));
	for (size_t i = 0, j = 0; chosen && i < count; i++)
		if (!names || is_among(environment[i], names))
			chosen[j++] = environment[i];
	return chosen;
}

/* Kernels before 5.9 lack close_range(2). */
static void close_listed(void)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		int descriptor = atoi(entry->d_name);

		if (descriptor > STDERR_FILENO && descriptor != dirfd(directory))
			close(descriptor);
	}
	if (directory)
		closedir(directory);
}

void child_close_inherited(void)
{
#ifdef SYS_close_range
	if (!syscall(SYS_close_range, (unsigned int)STDERR_FILENO + 1, ~0u, 0u))
		return;
#endif
	close_listed();
}

/* Pages of the address space; 0: not known. */
static rlim_t count_pages(void)
{
	FILE *sizes = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (!sizes)
		return 0;
	if (fscanf(sizes, "%lu", &pages) != 1)
		pages = 0;
	fclose(sizes);
	return pages;
}

void child_limit_memory(size_t more)
{
	const rlim_t pages = count_pages();
	const rlim_t size = pages * (rlim_t)sysconf(_SC_PAGESIZE) + more;

	if (pages)
		(void)setrlimit(RLIMIT_AS, &(struct rlimit){ size, size });
}
