/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_TESTS_FUZZ_DATA_H
#define MKEYFILE_TESTS_FUZZ_DATA_H

/* Shared code of the fuzz targets for data at rest: a file with the fuzzer's bytes,
 * opened and read to the end as verify --datadir does it. */

#include "data/reader.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Keys of test servers, which protect nothing. */
static const char fuzz_keys[] = "1;00112233445566778899aabbccddeeff\n"
				"2;0102030405060708090a0b0c0d0e0f101112131415161718\n"
				"100;a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0\n"
				"101;fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0\n";

static char fuzz_directory[] = "/dev/shm/mkeyfile-fuzz-XXXXXX";

static void fuzz_require(int holds)
{
	if (!holds)
		abort();
}

static char *fuzz_path(const char *name)
{
	char *path = NULL;

	fuzz_require(asprintf(&path, "%s/%s", fuzz_directory, name) > 0);
	return path;
}

static void fuzz_write(const char *name, const uint8_t *data, size_t size)
{
	char *path = fuzz_path(name);
	FILE *file = fopen(path, "w");
	bool written;

	fuzz_require(file != NULL);
	written = !size || fwrite(data, size, 1, file) == 1;
	written &= !fclose(file);
	fuzz_require(written);
	free(path);
}

static void fuzz_remove(const char *name)
{
	char *path = fuzz_path(name);

	unlink(path);
	free(path);
}

static void fuzz_leave(void)
{
	rmdir(fuzz_directory);
}

/* Returns the resources of one thread, made once. */
static struct scan *fuzz_scan(bool full)
{
	static struct scan_rules rules = { .ciphers = 3 };
	static struct keyfile keyfile;
	static struct scan scan;
	struct secret text = { 0 };

	rules.full = full;
	if (scan.prover)
		return &scan;
	fuzz_require(mkdtemp(fuzz_directory) != NULL);
	atexit(fuzz_leave);
	fuzz_require(!secret_copy(&text, fuzz_keys, strlen(fuzz_keys)).code &&
		     !keyfile_parse(&text, SYNTAX_VERSIONED, &keyfile).code && !scan_new(&rules, &keyfile, &scan).code);
	return &scan;
}

/* Reads the file name to its end, by samples and in full. */
static void fuzz_read(const char *name)
{
	char *path = fuzz_path(name);

	for (int full = 0; full < 2; full++) {
		struct scan *scan = fuzz_scan(full);
		struct data_file file = { .path = path, .kind = DATA_UNKNOWN };
		struct redo_logs redo_logs;
		struct reader_shared shared = { .redo_logs = &redo_logs };
		struct reader *reader = NULL;
		enum data_note note = DATA_NOTE_NONE;

		system_files_init(&shared.system_files, NULL, 0);
		redo_logs_init(&redo_logs, NULL, 0);
		fuzz_require(!reader_open(scan, &shared, &file, &reader).code);
		for (uint64_t part = 0; part < reader_parts(reader); part++)
			fuzz_require(!reader_scan(scan, reader, part, &file.evidence, &note).code);
		data_file_decide(&file, NULL, NULL, DATA_RECOVERY_UNKNOWN);
		fuzz_require(file.answer != DATA_UNREADABLE && !prover_failed(scan->prover));
		evidence_free(&file.evidence);
		reader_close(reader);
	}
	free(path);
}

/* Defines a target for files with this name. */
#define FUZZ_FILE(name)                                                                                                \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);                                                  \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                                                   \
	{                                                                                                              \
		fuzz_scan(false);                                                                                      \
		fuzz_write(name, data, size);                                                                          \
		fuzz_read(name);                                                                                       \
		fuzz_remove(name);                                                                                     \
		return 0;                                                                                              \
	}

#endif
