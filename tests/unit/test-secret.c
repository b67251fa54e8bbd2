/* SPDX-License-Identifier: MIT */
#include "core/secret.h"
#include "helpers.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit statuses of child processes. */
enum child { CHILD_YES = 0, CHILD_NO = 1, CHILD_CANNOT_TELL = 77 };

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Runs work in a child process and returns its wait status. */
static int in_child(void (*work)(void))
{
	pid_t child = fork();
	int status;

	assert_int_not_equal(child, -1);
	if (!child) {
		work();
		_exit(CHILD_YES);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* ---- shapes ---- */

static void test_allocate(void **state)
{
	static const size_t sizes[] = { 0, 1, 31, 32, 4095, 4096, 4097, 1048576 };

	(void)state;
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		SECRET struct secret secret = { 0 };

		expect_done("allocate", secret_allocate(&secret, sizes[i]));
		assert_non_null(secret.data);
		assert_int_equal(secret.size, 0);
		assert_in_range(secret.capacity, sizes[i], sizes[i] + page_size());
		assert_int_equal((uintptr_t)secret.data % page_size(), 0);
		for (size_t j = 0; j < secret.capacity; j++)
			assert_int_equal(secret.data[j], 0);
	}
}

static void test_allocate_too_much(void **state)
{
	struct secret secret = { 0 };

	(void)state;
	expect_fault("allocate", secret_allocate(&secret, SIZE_MAX - SIZE_MAX / 8), fault_of(FAULT_MEMORY));
	assert_null(secret.data);
	assert_int_equal(secret.capacity, 0);
}

static void test_copy(void **state)
{
	SECRET struct secret secret = secret_of(TEXT("a\0b"));
	SECRET struct secret nothing = secret_of(NULL, 0);

	(void)state;
	expect_bytes("copy", &secret, TEXT("a\0b"));
	assert_int_equal(nothing.size, 0);
	assert_non_null(nothing.data);
}

static void test_append(void **state)
{
	SECRET struct secret secret = { 0 };

	(void)state;
	expect_done("allocate", secret_allocate(&secret, 16));
	secret_append(&secret, "one ", 4);
	secret_append(&secret, NULL, 0);
	secret_append(&secret, "two", 3);
	expect_bytes("append", &secret, TEXT("one two"));
}

static void test_append_fills_capacity(void **state)
{
	SECRET struct secret secret = { 0 };

	(void)state;
	expect_done("allocate", secret_allocate(&secret, 1));
	while (secret.size < secret.capacity)
		secret_append(&secret, "x", 1);
	secret_append(&secret, NULL, 0);
	assert_int_equal(secret.size, secret.capacity);
}

static void test_take(void **state)
{
	SECRET struct secret owner = secret_of(TEXT("abc"));
	const unsigned char *data = owner.data;
	SECRET struct secret taken = secret_take(&owner);

	(void)state;
	assert_null(owner.data);
	assert_int_equal(owner.size, 0);
	assert_int_equal(owner.capacity, 0);
	assert_ptr_equal(taken.data, data);
	expect_bytes("taken", &taken, TEXT("abc"));
}

static void test_equals(void **state)
{
	static const struct {
		const char *one;
		const char *other;
		bool equal;
	} rows[] = {
		{ "", "", true },	 { "a", "a", true },	  { "abc", "abc", true },
		{ "abc", "abd", false }, { "abc", "bbc", false }, { "abc", "ab", false },
		{ "", "a", false },	 { "a\x80", "a", false }, { "\x01", "\x81", false },
	};
	const struct secret zeroed = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		SECRET struct secret one = secret_of_text(rows[i].one);
		SECRET struct secret other = secret_of_text(rows[i].other);

		expect_number(rows[i].one, "equal", secret_equals(&one, &other), rows[i].equal);
		expect_number(rows[i].one, "equal", secret_equals(&other, &one), rows[i].equal);
	}
	assert_true(secret_equals(&zeroed, &zeroed));
}

/* ---- freeing ---- */

static void test_free_twice(void **state)
{
	struct secret secret = secret_of(TEXT("abc"));

	(void)state;
	secret_free(&secret);
	assert_null(secret.data);
	assert_int_equal(secret.size, 0);
	assert_int_equal(secret.capacity, 0);
	secret_free(&secret);
	expect_done("allocate again", secret_allocate(&secret, 1));
	secret_free(&secret);
}

static void test_free_zeroed(void **state)
{
	struct secret zeroed = { 0 };

	(void)state;
	secret_free(&zeroed);
	assert_null(zeroed.data);
}

static void test_free_unmaps(void **state)
{
	struct secret secret = secret_of(TEXT("abc"));
	unsigned char *data = secret.data;
	unsigned char resident;

	(void)state;
	assert_return_code(mincore(data, 1, &resident), 0);
	secret_free(&secret);
	assert_int_equal(mincore(data, 1, &resident), -1);
}

/* ---- exceeding the capacity ---- */

static void append_too_much(void)
{
	const struct rlimit none = { 0, 0 };
	struct secret secret = { 0 };

	setrlimit(RLIMIT_CORE, &none);
	if (secret_allocate(&secret, 1).code)
		_exit(CHILD_CANNOT_TELL);
	secret.size = secret.capacity;
	secret_append(&secret, "x", 1);
}

static void append_size_that_wraps(void)
{
	const struct rlimit none = { 0, 0 };
	struct secret secret = { 0 };

	setrlimit(RLIMIT_CORE, &none);
	if (secret_copy(&secret, "x", 1).code)
		_exit(CHILD_CANNOT_TELL);
	secret_append(&secret, "x", SIZE_MAX);
}

static void test_overflow_aborts(void **state)
{
	void (*const overflows[])(void) = { append_too_much, append_size_that_wraps };

	(void)state;
	for (size_t i = 0; i < LENGTH(overflows); i++) {
		int status = in_child(overflows[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
		assert_false(WCOREDUMP(status));
	}
}

/* ---- locked, and excluded from core dumps ---- */

/* Returns whether the mapping that contains address has this two-letter flag in its VmFlags. */
static bool mapping_has_flag(const void *address, const char *flag)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	char line[512];
	uintptr_t start;
	uintptr_t end;
	bool inside = false;
	bool found = false;

	assert_non_null(maps);
	while (!found && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &start, &end) == 2)
			inside = (uintptr_t)address >= start && (uintptr_t)address < end;
		else if (inside && !strncmp(line, "VmFlags:", 8))
			found = strstr(line + 8, flag);
	}
	fclose(maps);
	return found;
}

/* mlock(2) does nothing under some sanitizers, and is not always allowed. */
static bool memory_can_be_locked(void)
{
	void *page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool locked;

	assert_ptr_not_equal(page, MAP_FAILED);
	locked = !mlock(page, page_size()) && mapping_has_flag(page, " lo");
	munmap(page, page_size());
	return locked;
}

/* cmocka 1.1 reports a skipped test as "not ok". */
static void say_not_tested(void)
{
	printf("# memory cannot be locked here: not tested\n");
	fflush(stdout);
}

static void test_not_dumped(void **state)
{
	SECRET struct secret secret = { 0 };

	(void)state;
	expect_done("allocate", secret_allocate(&secret, 3 * page_size()));
	assert_true(mapping_has_flag(secret.data, " dd"));
	assert_true(mapping_has_flag(secret.data + secret.capacity - 1, " dd"));
}

static void test_locked(void **state)
{
	SECRET struct secret secret = { 0 };

	(void)state;
	if (!memory_can_be_locked()) {
		say_not_tested();
		return;
	}
	expect_done("allocate", secret_allocate(&secret, 3 * page_size()));
	assert_false(secret_lock_failed());
	assert_true(mapping_has_flag(secret.data, " lo"));
	assert_true(mapping_has_flag(secret.data + secret.capacity - 1, " lo"));
}

/* CAP_IPC_LOCK lets root lock more than the limit. */
static void drop_root(void)
{
	const struct passwd *nobody = getpwnam("nobody");

	if (geteuid())
		return;
	if (!nobody || setgroups(0, NULL) || setgid(nobody->pw_gid) || setuid(nobody->pw_uid))
		_exit(CHILD_CANNOT_TELL);
}

static void allocate_without_locking(void)
{
	const struct rlimit none = { 0, 0 };
	struct secret secret = { 0 };

	drop_root();
	if (setrlimit(RLIMIT_MEMLOCK, &none) || memory_can_be_locked())
		_exit(CHILD_CANNOT_TELL);
	if (secret_lock_failed() || secret_copy(&secret, "abc", 3).code || !secret_lock_failed())
		_exit(CHILD_NO);
	if (secret.size != 3 || memcmp(secret.data, "abc", 3))
		_exit(CHILD_NO);
	secret_free(&secret);
	_exit(secret_lock_failed() ? CHILD_YES : CHILD_NO);
}

static void test_continues_unlocked(void **state)
{
	int status;

	(void)state;
	if (!memory_can_be_locked()) {
		say_not_tested();
		return;
	}
	status = in_child(allocate_without_locking);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == CHILD_CANNOT_TELL)
		say_not_tested();
	else
		assert_int_equal(WEXITSTATUS(status), CHILD_YES);
}

static void protect(void)
{
	struct rlimit core = { 1, 1 };

	secret_protect_process();
	if (getrlimit(RLIMIT_CORE, &core) || core.rlim_cur || core.rlim_max || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))
		_exit(CHILD_NO);
}

static void test_protect_process(void **state)
{
	int status = in_child(protect);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CHILD_YES);
}

/* A forked child has zeros in place of its parent's secrets. */
static void test_fork(void **state)
{
	SECRET struct secret secret = secret_of_text("not for a child");
	int status;
	pid_t child = fork();

	(void)state;
	if (!child) {
		for (size_t i = 0; i < secret.capacity; i++)
			if (secret.data[i])
				_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	expect_bytes("parent", &secret, "not for a child", strlen("not for a child"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_allocate),
		cmocka_unit_test(test_allocate_too_much),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_append_fills_capacity),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_equals),
		cmocka_unit_test(test_free_twice),
		cmocka_unit_test(test_free_zeroed),
		cmocka_unit_test(test_free_unmaps),
		cmocka_unit_test(test_overflow_aborts),
		cmocka_unit_test(test_not_dumped),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_continues_unlocked),
		cmocka_unit_test(test_protect_process),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
