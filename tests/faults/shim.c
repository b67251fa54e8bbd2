/* SPDX-License-Identifier: MIT */
/* A library to preload, which simulates a machine short of resources.
 *
 *   FAIL_ALLOCATION=N  the Nth allocation of the process, counted from main(), fails
 *   FAIL_FROM=N        the Nth allocation and all later ones fail
 *   SKIP_LIBRARY=NAME  allocations by a library with NAME in its path do not count
 *   COUNT_FILE=PATH    the number of allocations is written to PATH at exit
 *   SHORT_WRITE=N      write(2) writes at most N bytes at a time
 *   SHORT_READ=N       read(2) returns at most N bytes at a time */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

static unsigned long count;
static unsigned long fail_at;
static unsigned long fail_from;
static size_t short_write = (size_t)-1;
static size_t short_read = (size_t)-1;
static uintptr_t skip_begin;
static uintptr_t skip_end;
static bool started;

static unsigned long number(const char *name)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 10) : 0;
}

/* Finds the address range of the library with this name. Calling dladdr(3) for each
 * caller would take most of the time. */
static int find_library(struct dl_phdr_info *info, size_t size, void *name)
{
	(void)size;
	if (!strstr(info->dlpi_name, name))
		return 0;
	skip_begin = info->dlpi_addr;
	for (ElfW(Half) i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			skip_end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
	return 1;
}

__attribute__((constructor)) static void start(void)
{
	fail_at = number("FAIL_ALLOCATION");
	fail_from = number("FAIL_FROM");
	if (number("SHORT_WRITE"))
		short_write = number("SHORT_WRITE");
	if (number("SHORT_READ"))
		short_read = number("SHORT_READ");
	if (getenv("SKIP_LIBRARY"))
		dl_iterate_phdr(find_library, getenv("SKIP_LIBRARY"));
	started = true;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("COUNT_FILE");
	char text[32];
	int file;
	int size = snprintf(text, sizeof(text), "%lu\n", count);

	file = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
	if (file >= 0 && write(file, text, (size_t)size) == size)
		close(file);
}

static bool fails(void *caller)
{
	if (!started || ((uintptr_t)caller >= skip_begin && (uintptr_t)caller < skip_end))
		return false;
	count++;
	if (count != fail_at && !(fail_from && count >= fail_from))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t members, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(members, size);
}

void *realloc(void *memory, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size);
}

ssize_t write(int file, const void *data, size_t size)
{
	static ssize_t (*real)(int, const void *, size_t);

	if (!real)
		real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	return real(file, data, size < short_write ? size : short_write);
}

ssize_t read(int file, void *data, size_t size)
{
	static ssize_t (*real)(int, void *, size_t);

	if (!real)
		real = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
	return real(file, data, size < short_read ? size : short_read);
}
