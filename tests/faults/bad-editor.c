/* SPDX-License-Identifier: MIT */
/* Faulty editors, which show that the suites detect such faults.
 *
 * usage: bad-editor HOW add -f FILE ID
 *
 * HOW is the fault; everything else is done correctly:
 *   in-place   writes into the file itself
 *   no-fsync   renames a file that may not be on disk yet
 *   no-lock    does not lock
 *   careless   leaves the keys in memory when it exits */
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static char text[1 << 16];
static char temporary[4096];
static bool made;

static _Noreturn void fail(const char *what)
{
	perror(what);
	if (made)
		unlink(temporary);
	explicit_bzero(text, sizeof(text));
	exit(2);
}

/* Opens the file that has this name once the lock is held. */
static int open_locked(const char *path, bool lock)
{
	struct stat held;
	struct stat named;

	for (;;) {
		int file = open(path, O_RDWR | O_CLOEXEC);

		if (file < 0)
			fail("open");
		if (!lock)
			return file;
		if (flock(file, LOCK_EX) || fstat(file, &held) || stat(path, &named))
			fail("lock");
		if (held.st_ino == named.st_ino)
			return file;
		close(file);
	}
}

static size_t read_and_add(int file, const char *id)
{
	unsigned char key[32];
	size_t size = 0;
	ssize_t got;

	while ((got = read(file, text + size, sizeof(text) / 2 - size)) > 0)
		size += (size_t)got;
	if (got < 0)
		fail("read");
	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		fail("getrandom");
	size += (size_t)sprintf(text + size, "%s;", id);
	for (size_t i = 0; i < sizeof(key); i++)
		size += (size_t)sprintf(text + size, "%02x", key[i]);
	explicit_bzero(key, sizeof(key));
	text[size++] = '\n';
	return size;
}

static void write_all(int file, size_t size, bool sync)
{
	for (size_t written = 0; written < size;) {
		ssize_t put = write(file, text + written, size - written);

		if (put < 0)
			fail("write");
		written += (size_t)put;
	}
	if (sync && fsync(file))
		fail("fsync");
}

static void replace(const char *path, size_t size, bool sync)
{
	char *copy = strdup(path);
	int directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int file;

	snprintf(temporary, sizeof(temporary), "%s.%d", path, (int)getpid());
	file = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0 || directory < 0)
		fail("create");
	made = true;
	/* the only attribute that the suites set on files */
	if (fsetxattr(file, "user.note", "of db1", 6, 0))
		fail("fsetxattr");
	write_all(file, size, sync);
	if (rename(temporary, path))
		fail("rename");
	if (sync && fsync(directory))
		fprintf(stderr, "the key file was changed\n");
	free(copy);
}

static void overwrite(const char *path, size_t size)
{
	int file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (file < 0)
		fail("open");
	write_all(file, size, true);
}

int main(int argc, char **argv)
{
	const char *how = argc == 6 ? argv[1] : "";
	size_t size;

	if (argc != 6 || strcmp(argv[2], "add"))
		return 64;
	size = read_and_add(open_locked(argv[4], strcmp(how, "no-lock") != 0), argv[5]);
	if (strcmp(how, "in-place"))
		replace(argv[4], size, strcmp(how, "no-fsync") != 0);
	else
		overwrite(argv[4], size);
	if (strcmp(how, "careless"))
		explicit_bzero(text, sizeof(text));
	return 0;
}
