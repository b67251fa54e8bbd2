/* SPDX-License-Identifier: MIT */
#include "core/lock.h"
#include "helpers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Opens one new file twice. */
static void open_twice(int files[2])
{
	char path[] = "/tmp/test-lock.XXXXXX";

	files[0] = mkstemp(path);
	files[1] = open(path, O_RDWR | O_CLOEXEC);
	assert_true(files[0] >= 0 && files[1] >= 0);
	assert_int_equal(unlink(path), 0);
}

static void close_both(const int files[2])
{
	close(files[0]);
	close(files[1]);
}

static pid_t holder_of(int file, const struct stat *status)
{
	struct fault fault = lock_wait(file, status, 0);

	expect_number("lock", "fault", fault.code, FAULT_BUSY);
	return fault.holder;
}

/* The holder is found among locks on other files and locks of other kinds. */
static void test_holder(void **state)
{
	const struct flock record = { .l_type = F_WRLCK };
	struct stat status;
	struct stat elsewhere;
	int files[2];
	int others[2];

	(void)state;
	open_twice(files);
	open_twice(others);
	assert_int_equal(flock(others[0], LOCK_EX), 0);
	assert_int_equal(fcntl(others[0], F_SETLK, &record), 0);
	assert_int_equal(flock(files[0], LOCK_EX), 0);
	assert_int_equal(fstat(files[0], &status), 0);
	expect_number("this file", "holder", (unsigned long)holder_of(files[1], &status), (unsigned long)getpid());
	elsewhere = status;
	elsewhere.st_dev = makedev(major(status.st_dev) + 1, minor(status.st_dev));
	expect_number("another major", "holder", (unsigned long)holder_of(files[1], &elsewhere), 0);
	elsewhere.st_dev = makedev(major(status.st_dev), minor(status.st_dev) + 1);
	expect_number("another minor", "holder", (unsigned long)holder_of(files[1], &elsewhere), 0);
	close_both(others);
	assert_int_equal(flock(files[0], LOCK_UN), 0);
	expect_done("free again", lock_wait(files[1], &status, 0));
	close_both(files);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_holder) };

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
