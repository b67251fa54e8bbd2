/* SPDX-License-Identifier: MIT */
#include "core/password.h"

#include "core/key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRAIN_MAX_SIZE 65536

struct fault password_from_bytes(struct secret *raw, struct password *ret_password)
{
	PASSWORD struct password password = { .secret = secret_take(raw) };
	struct secret *text = &password.secret;
	const unsigned char *nul;

	if (!text->size)
		return fault_of(FAULT_PASSWORD_EMPTY);
	if (text->size > PASSWORD_MAX_SIZE + 1)
		text->size = PASSWORD_MAX_SIZE + 1;
	while (text->size && (text->data[text->size - 1] == '\r' || text->data[text->size - 1] == '\n')) {
		text->size--;
		password.had_carriage_return |= text->data[text->size] == '\r';
	}
	if (text->size > PASSWORD_MAX_SIZE)
		return fault_of(FAULT_PASSWORD_TOO_LONG);
	nul = text->size ? memchr(text->data, '\0', text->size) : NULL;
	if (nul) {
		password.cut_at_nul = true;
		text->size = (size_t)(nul - text->data);
	}
	if (!text->size)
		return fault_of(FAULT_PASSWORD_BLANK);
	password.has_line_break = memchr(text->data, '\n', text->size) || memchr(text->data, '\r', text->size);
	*ret_password = password;
	password = (struct password){ 0 };
	return fault_none();
}

struct fault password_from_descriptor(int descriptor, struct password *ret_password)
{
	SECRET struct secret raw = { 0 };
	struct fault fault = secret_allocate(&raw, PASSWORD_MAX_SIZE + 1);

	if (fault.code)
		return fault;
	while (raw.size <= PASSWORD_MAX_SIZE) {
		ssize_t got = read(descriptor, raw.data + raw.size, PASSWORD_MAX_SIZE + 1 - raw.size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_errno(FAULT_READ, errno);
		if (!got)
			break;
		raw.size += (size_t)got;
	}
	return password_from_bytes(&raw, ret_password);
}

struct fault password_from_file(const char *path, struct password *ret_password)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct fault fault;

	if (descriptor < 0)
		return fault_errno(FAULT_OPEN, errno);
	fault = password_from_descriptor(descriptor, ret_password);
	close(descriptor);
	return fault;
}

/* Starts sh with its standard output on the pipe's writing end. Standard input
 * is empty, since it may be the key file. The signals that mkeyfile ignores
 * have their default effect there again. */
static int spawn_shell(const char *command, char *const environment[], const int pipe_ends[2], pid_t *ret_child)
{
	char shell[] = "sh";
	char flag[] = "-c";
	char *arguments[] = { shell, flag, (char *)command, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int error;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	error = posix_spawn(ret_child, "/bin/sh", &actions, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

/* Reads what else a command prints, within reason, so that it can end well: the
 * server would not look at it in a file either. */
static void drain(int descriptor)
{
	SECRET struct secret rest = { 0 };
	ssize_t got = 1;

	if (secret_allocate(&rest, 1).code)
		return;
	for (size_t total = 0; got > 0 && total < DRAIN_MAX_SIZE; total += (size_t)got)
		got = read(descriptor, rest.data, rest.capacity);
}

struct fault password_from_command(const char *command, char *const environment[], struct password *ret_password)
{
	int pipe_ends[2];
	pid_t child;
	int status;
	struct fault fault;

	if (pipe2(pipe_ends, O_CLOEXEC))
		return fault_errno(FAULT_COMMAND_FAILED, -errno);
	status = spawn_shell(command, environment, pipe_ends, &child);
	close(pipe_ends[1]);
	if (status) {
		close(pipe_ends[0]);
		return fault_errno(FAULT_COMMAND_FAILED, -status);
	}
	fault = password_from_descriptor(pipe_ends[0], ret_password);
	if (!fault.code)
		drain(pipe_ends[0]);
	close(pipe_ends[0]);
	status = wait_for(child);
	/* a command that wrote too much dies of SIGPIPE: the length is the reason */
	if (!status || fault.code == FAULT_PASSWORD_TOO_LONG)
		return fault;
	if (!fault.code)
		password_free(ret_password);
	return fault_errno(FAULT_COMMAND_FAILED, status);
}

struct fault password_check_new(const struct password *password)
{
	if (password->cut_at_nul)
		return fault_of(FAULT_PASSWORD_NUL);
	if (password->has_line_break)
		return fault_of(FAULT_PASSWORD_NEWLINE);
	return fault_none();
}

struct fault password_generate(struct secret *ret_text)
{
	SECRET struct secret bytes = { 0 };
	SECRET struct secret text = { 0 };
	struct fault fault = secret_allocate(&bytes, PASSWORD_RANDOM_BYTES);

	if (!fault.code)
		fault = secret_allocate(&text, 2 * PASSWORD_RANDOM_BYTES + 1);
	if (fault.code)
		return fault;
	if (RAND_priv_bytes(bytes.data, PASSWORD_RANDOM_BYTES) != 1)
		return fault_of(FAULT_RANDOM);
	key_to_hex(bytes.data, PASSWORD_RANDOM_BYTES, text.data);
	text.size = 2 * PASSWORD_RANDOM_BYTES;
	secret_append(&text, "\n", 1);
	*ret_text = secret_take(&text);
	return fault_none();
}

void password_free(struct password *password)
{
	secret_free(&password->secret);
	*password = (struct password){ 0 };
}
