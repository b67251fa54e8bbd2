/* SPDX-License-Identifier: MIT */
#include "core/password.h"
#include "core/words.h"
#include "helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOUR(text) text text text text
#define BYTES64 FOUR("0123456789abcdef")
#define BYTES256 FOUR(BYTES64)
#define NEWLINES64 FOUR(FOUR("\n\n\n\n"))

/* ---- the server's rules ---- */

struct password_row {
	const char *name;
	const char *raw;
	size_t raw_size;
	enum fault_code fault;
	const char *used;
	size_t used_size;
	bool cut_at_nul;
	bool has_line_break;
	bool had_carriage_return;
};

static const struct password_row rows[] = {
	{ "bare", TEXT("PW"), FAULT_NONE, TEXT("PW"), false, false, false },
	{ "newline", TEXT("PW\n"), FAULT_NONE, TEXT("PW"), false, false, false },
	{ "newlines", TEXT("PW\n\n\n"), FAULT_NONE, TEXT("PW"), false, false, false },
	{ "CRLF", TEXT("PW\r\n"), FAULT_NONE, TEXT("PW"), false, false, true },
	{ "CRLFs", TEXT("PW\r\n\r\n"), FAULT_NONE, TEXT("PW"), false, false, true },
	{ "CR", TEXT("PW\r"), FAULT_NONE, TEXT("PW"), false, false, true },
	{ "blanks are kept", TEXT(" P W\t \n"), FAULT_NONE, TEXT(" P W\t "), false, false, false },
	{ "a blank alone", TEXT(" \n"), FAULT_NONE, TEXT(" "), false, false, false },
	{ "one byte", TEXT("x"), FAULT_NONE, TEXT("x"), false, false, false },
	{ "bytes above 127", TEXT("\xc3\xa4\xff\n"), FAULT_NONE, TEXT("\xc3\xa4\xff"), false, false, false },
	{ "two lines", TEXT("a\nb\n"), FAULT_NONE, TEXT("a\nb"), false, true, false },
	{ "two lines with CRLF", TEXT("a\r\nb\r\n"), FAULT_NONE, TEXT("a\r\nb"), false, true, true },
	{ "CR inside", TEXT("a\rb\n"), FAULT_NONE, TEXT("a\rb"), false, true, false },
	{ "newline first", TEXT("\nPW\n"), FAULT_NONE, TEXT("\nPW"), false, true, false },
	{ "256 bytes", TEXT(BYTES256), FAULT_NONE, TEXT(BYTES256), false, false, false },
	{ "256 bytes and a newline", TEXT(BYTES256 "\n"), FAULT_NONE, TEXT(BYTES256), false, false, false },
	{ "256 bytes and CRLF", TEXT(BYTES256 "\r\n"), FAULT_NONE, TEXT(BYTES256), false, false, true },
	{ "256 bytes and many newlines", TEXT(BYTES256 NEWLINES64), FAULT_NONE, TEXT(BYTES256), false, false, false },
	{ "2 bytes and 256 newlines", TEXT("PW" FOUR(NEWLINES64)), FAULT_NONE, TEXT("PW"), false, false, false },
	{ "257 bytes", TEXT(BYTES256 "x"), FAULT_PASSWORD_TOO_LONG, TEXT(BYTES256), false, false, false },
	{ "257 bytes and a newline", TEXT(BYTES256 "x\n"), FAULT_PASSWORD_TOO_LONG, TEXT(BYTES256), false, false,
	  false },
	{ "512 bytes", TEXT(BYTES256 BYTES256), FAULT_PASSWORD_TOO_LONG, TEXT(BYTES256), false, false, false },
	{ "bytes after the first 257", TEXT(BYTES256 "\nPW"), FAULT_NONE, TEXT(BYTES256), false, false, false },
	{ "only a newline", TEXT("\n"), FAULT_PASSWORD_BLANK, TEXT(""), false, false, false },
	{ "only newlines", TEXT("\n\n\n"), FAULT_PASSWORD_BLANK, TEXT(""), false, false, false },
	{ "only CRLFs", TEXT("\r\n\r\n"), FAULT_PASSWORD_BLANK, TEXT(""), false, false, true },
	{ "320 newlines", TEXT(NEWLINES64 FOUR(NEWLINES64)), FAULT_PASSWORD_BLANK, TEXT(""), false, false, false },
	{ "nothing", TEXT(""), FAULT_PASSWORD_EMPTY, NULL, 0, false, false, false },
	{ "a NUL ends it", TEXT("PW\0more\n"), FAULT_NONE, TEXT("PW"), true, false, false },
	{ "NUL last", TEXT("PW\0"), FAULT_NONE, TEXT("PW"), true, false, false },
	{ "newline after a NUL", TEXT("PW\0a\nb"), FAULT_NONE, TEXT("PW"), true, false, false },
	{ "newline before a NUL", TEXT("PW\n\0"), FAULT_NONE, TEXT("PW\n"), true, true, false },
	{ "NUL first", TEXT("\0PW\n"), FAULT_PASSWORD_BLANK, TEXT(""), true, false, false },
	{ "257 bytes and a NUL in them", TEXT("PW\0" BYTES256), FAULT_PASSWORD_TOO_LONG, TEXT("PW"), true, false,
	  false },
};

static void check_password(const struct password_row *row, struct fault fault, const struct password *password)
{
	expect_fault(row->name, fault, fault_of(row->fault));
	if (row->fault == FAULT_PASSWORD_EMPTY) {
		assert_null(password->secret.data);
		return;
	}
	expect_bytes(row->name, &password->secret, row->used, row->used_size);
	expect_number(row->name, "cut_at_nul", password->cut_at_nul, row->cut_at_nul);
	expect_number(row->name, "has_line_break", password->has_line_break, row->has_line_break);
	expect_number(row->name, "had_carriage_return", password->had_carriage_return, row->had_carriage_return);
}

static void test_from_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		SECRET struct secret raw = secret_of(rows[i].raw, rows[i].raw_size);
		PASSWORD struct password password = { 0 };

		check_password(&rows[i], password_from_bytes(&raw, &password), &password);
		assert_null(raw.data);
	}
}

/* ---- descriptor ---- */

/* Returns the read end of a pipe that contains size bytes and then ends. */
static int pipe_with(const void *data, size_t size)
{
	int ends[2];

	assert_return_code(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], data, size), size);
	close(ends[1]);
	return ends[0];
}

static void test_from_descriptor(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		int descriptor = pipe_with(rows[i].raw, rows[i].raw_size);
		PASSWORD struct password password = { 0 };

		check_password(&rows[i], password_from_descriptor(descriptor, &password), &password);
		assert_return_code(fcntl(descriptor, F_GETFD), 0);
		close(descriptor);
	}
}

static void test_from_closed_descriptor(void **state)
{
	PASSWORD struct password password = { 0 };

	(void)state;
	expect_fault("closed", password_from_descriptor(-1, &password), fault_errno(FAULT_READ, EBADF));
}

/* A slow writer: bytes arrive one by one. */
static void test_from_slow_writer(void **state)
{
	PASSWORD struct password password = { 0 };
	int ends[2];
	pid_t child;

	(void)state;
	assert_return_code(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (!child) {
		for (const char *byte = "slow\n"; *byte; byte++)
			if (write(ends[1], byte, 1) != 1 || usleep(1000))
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	expect_done("slow", password_from_descriptor(ends[0], &password));
	expect_bytes("slow", &password.secret, TEXT("slow"));
	close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* ---- file ---- */

/* A file without a name, so that none is left over in any case. */
static int file_with(const void *data, size_t size)
{
	int file = memfd_create("password", MFD_CLOEXEC);

	assert_return_code(file, 0);
	assert_int_equal(write(file, data, size), size);
	return file;
}

static void test_from_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		int file = file_with(rows[i].raw, rows[i].raw_size);
		PASSWORD struct password password = { 0 };
		char path[32];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
		check_password(&rows[i], password_from_file(path, &password), &password);
		close(file);
	}
}

static void test_from_no_file(void **state)
{
	PASSWORD struct password password = { 0 };

	(void)state;
	expect_fault("missing", password_from_file("/nonexistent/password", &password),
		     fault_errno(FAULT_OPEN, ENOENT));
	expect_fault("directory", password_from_file("/", &password), fault_errno(FAULT_READ, EISDIR));
	assert_null(password.secret.data);
}

/* ---- command ---- */

static struct fault run_command(const char *command, struct password *ret_password)
{
	static char path[] = "PATH=/usr/bin:/bin";
	static char word[] = "SECRET_WORD=from the environment";
	char *const environment[] = { path, word, NULL };

	return password_from_command(command, environment, 60, ret_password);
}

static void test_command(void **state)
{
	static const struct {
		const char *command;
		const char *used;
	} commands[] = {
		{ "printf PW", "PW" },
		{ "echo PW", "PW" },
		{ "printf 'PW\\r\\n'", "PW" },
		{ "echo PW; exit 0", "PW" },
		{ "printf P; sleep 0.05; printf W", "PW" },
		{ "echo error >/dev/null; echo PW", "PW" },
		{ "printf %s \"$SECRET_WORD\"", "from the environment" },
		{ "printf %s \"${HOME-unset}\"", "unset" },
		{ "cat; echo 'standard input is empty'", "standard input is empty" },
		{ "printf %0256d 0", NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(commands); i++) {
		PASSWORD struct password password = { 0 };

		expect_done(commands[i].command, run_command(commands[i].command, &password));
		if (commands[i].used)
			expect_bytes(commands[i].command, &password.secret, commands[i].used, strlen(commands[i].used));
		else
			expect_number(commands[i].command, "size", password.secret.size, PASSWORD_MAX_SIZE);
	}
}

/* Wait statuses, as wait(2) gives them. */
#define EXITED(status) ((status) << 8)

static void test_command_fails(void **state)
{
	static const struct {
		const char *command;
		struct fault fault;
	} commands[] = {
		{ "exit 3", { FAULT_COMMAND_FAILED, EXITED(3), 0, 0, 0 } },
		{ "echo PW; exit 1", { FAULT_COMMAND_FAILED, EXITED(1), 0, 0, 0 } },
		{ "/nonexistent/command 2>/dev/null", { FAULT_COMMAND_FAILED, EXITED(127), 0, 0, 0 } },
		{ "kill -KILL $$", { FAULT_COMMAND_FAILED, SIGKILL, 0, 0, 0 } },
		{ "echo PW; kill -TERM $$", { FAULT_COMMAND_FAILED, SIGTERM, 0, 0, 0 } },
		{ "true", { FAULT_PASSWORD_EMPTY, 0, 0, 0, 0 } },
		{ "echo", { FAULT_PASSWORD_BLANK, 0, 0, 0, 0 } },
		{ "printf %0257d 0", { FAULT_PASSWORD_TOO_LONG, 0, 0, 0, 0 } },
		{ "yes | tr -d '\\n'", { FAULT_PASSWORD_TOO_LONG, 0, 0, 0, 0 } },
		{ "exec yes 0123456789", { FAULT_PASSWORD_TOO_LONG, 0, 0, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(commands); i++) {
		PASSWORD struct password password = { 0 };

		expect_fault(commands[i].command, run_command(commands[i].command, &password), commands[i].fault);
		if (commands[i].fault.code == FAULT_COMMAND_FAILED)
			assert_null(password.secret.data);
	}
}

/* The processes that it started are killed as well. */
static void test_command_that_hangs(void **state)
{
	static const char *const commands[] = { "echo PW; sleep 1000", "exec >&-; sleep 1000",
						"trap '' TERM; sleep 1000 & wait", "sleep 1000 & sleep 1000" };

	(void)state;
	for (size_t i = 0; i < LENGTH(commands); i++) {
		PASSWORD struct password password = { 0 };
		char *const environment[] = { NULL };

		expect_fault(commands[i], password_from_command(commands[i], environment, 1, &password),
			     fault_of(FAULT_TIMEOUT));
		assert_null(password.secret.data);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
	}
}

static void test_text(void **state)
{
	PASSWORD struct password password = { 0 };
	PASSWORD struct password nothing = { 0 };

	(void)state;
	expect_done("text", password_from_text(BYTES256 BYTES256 "\n", &password));
	expect_bytes("text", &password.secret, TEXT(BYTES256 BYTES256 "\n"));
	expect_fault("empty", password_from_text("", &nothing), fault_of(FAULT_PASSWORD_BLANK));
}

static void test_command_without_environment(void **state)
{
	char *const environment[] = { NULL };
	PASSWORD struct password password = { 0 };

	(void)state;
	expect_done("no environment", password_from_command("echo PW", environment, 0, &password));
	expect_bytes("no environment", &password.secret, TEXT("PW"));
}

/* valgrind kills a child whose execve(2) fails, so posix_spawn(3) cannot report that. */
static bool under_valgrind(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded && strstr(preloaded, "vgpreload");
}

/* execve(2) refuses arguments longer than 128 KiB. */
static void test_command_cannot_be_run(void **state)
{
	const size_t size = 1 << 20;
	char *command = malloc(size);
	PASSWORD struct password password = { 0 };
	struct fault fault;

	(void)state;
	assert_non_null(command);
	memset(command, ':', size - 1);
	command[size - 1] = '\0';
	fault = run_command(command, &password);
	free(command);
	assert_int_equal(fault.code, FAULT_COMMAND_FAILED);
	if (!under_valgrind())
		assert_int_equal(fault.error_number, -E2BIG);
	assert_null(password.secret.data);
}

/* No descriptor is available for the pipe. */
static void test_command_gets_no_pipe(void **state)
{
	PASSWORD struct password password = { 0 };
	struct rlimit before;
	struct rlimit none;
	struct fault fault;

	(void)state;
	assert_return_code(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ 3, before.rlim_max };
	assert_return_code(setrlimit(RLIMIT_NOFILE, &none), 0);
	fault = run_command("echo PW", &password);
	assert_return_code(setrlimit(RLIMIT_NOFILE, &before), 0);
	expect_fault("no pipe", fault, fault_errno(FAULT_COMMAND_FAILED, -EMFILE));
}

/* mkeyfile ignores these two signals; they must kill a command as usual. */
static void test_command_gets_default_signals(void **state)
{
	PASSWORD struct password password = { 0 };
	void (*pipe_before)(int) = signal(SIGPIPE, SIG_IGN);
	void (*size_before)(int) = signal(SIGXFSZ, SIG_IGN);

	(void)state;
	expect_fault("SIGPIPE", run_command("kill -PIPE $$; echo PW", &password),
		     fault_errno(FAULT_COMMAND_FAILED, SIGPIPE));
	expect_fault("SIGXFSZ", run_command("ulimit -c 0; kill -XFSZ $$; echo PW", &password),
		     fault_errno(FAULT_COMMAND_FAILED, SIGXFSZ));
	signal(SIGPIPE, pipe_before);
	signal(SIGXFSZ, size_before);
}

static void test_command_leaves_no_descriptors(void **state)
{
	int before = dup(STDERR_FILENO);
	int after;

	(void)state;
	close(before);
	for (int i = 0; i < 3; i++) {
		PASSWORD struct password password = { 0 };

		expect_done("echo", run_command("echo PW", &password));
	}
	after = dup(STDERR_FILENO);
	close(after);
	assert_int_equal(after, before);
}

/* ---- new passwords ---- */

static void test_check_new(void **state)
{
	static const struct {
		const char *name;
		struct password password;
		enum fault_code fault;
	} checks[] = {
		{ "good", { .cut_at_nul = false }, FAULT_NONE },
		{ "carriage return at the end", { .had_carriage_return = true }, FAULT_NONE },
		{ "NUL", { .cut_at_nul = true }, FAULT_PASSWORD_NUL },
		{ "line break", { .has_line_break = true }, FAULT_PASSWORD_NEWLINE },
		{ "both", { .cut_at_nul = true, .has_line_break = true }, FAULT_PASSWORD_NUL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(checks); i++)
		expect_fault(checks[i].name, password_check_new(&checks[i].password), fault_of(checks[i].fault));
}

static void test_generate(void **state)
{
	SECRET struct secret one = { 0 };
	SECRET struct secret other = { 0 };
	PASSWORD struct password password = { 0 };

	(void)state;
	expect_done("generate", password_generate(&one));
	expect_done("generate", password_generate(&other));
	assert_int_equal(one.size, 2 * PASSWORD_RANDOM_BYTES + 1);
	for (size_t i = 0; i < one.size - 1; i++)
		assert_non_null(memchr("0123456789abcdef", one.data[i], 16));
	assert_int_equal(one.data[one.size - 1], '\n');
	assert_false(secret_equals(&one, &other));
	expect_done("used", password_from_bytes(&one, &password));
	assert_int_equal(password.secret.size, PASSWORD_MAX_SIZE);
	expect_done("new", password_check_new(&password));
}

static void test_words_of_plugin(void **state)
{
	char words[64];

	(void)state;
	assert_int_equal(words_of_plugin(fault_of(FAULT_MEMORY), "/pw", WORDS_FROM_11_8, words, sizeof(words)),
			 WORDS_OWN);
	expect_text("no memory", words, "Cannot read /pw: out of memory");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_bytes),
		cmocka_unit_test(test_from_descriptor),
		cmocka_unit_test(test_from_closed_descriptor),
		cmocka_unit_test(test_from_slow_writer),
		cmocka_unit_test(test_from_file),
		cmocka_unit_test(test_from_no_file),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_command_fails),
		cmocka_unit_test(test_command_without_environment),
		cmocka_unit_test(test_command_that_hangs),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_command_cannot_be_run),
		cmocka_unit_test(test_command_gets_no_pipe),
		cmocka_unit_test(test_command_gets_default_signals),
		cmocka_unit_test(test_command_leaves_no_descriptors),
		cmocka_unit_test(test_check_new),
		cmocka_unit_test(test_generate),
		cmocka_unit_test(test_words_of_plugin),
	};

	return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
