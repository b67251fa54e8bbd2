/* SPDX-License-Identifier: MIT */
/* Searches the memory of a process for secrets or parts of them.
 *
 * usage: memscan PID FILE
 *
 * FILE has one secret per line, in hex. Searches for every run of 8 bytes of each secret
 * in everything that the process can have written: all readable memory except read-only
 * file mappings. Prints where it finds them. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 8
#define PIECES_MAX 65536
#define CHUNK (1 << 20)

static uint64_t pieces[PIECES_MAX];
static size_t piece_count;
static unsigned char is_first[65536]; /* the first two bytes of every piece */

static uint64_t piece_at(const unsigned char *bytes)
{
	uint64_t piece;

	memcpy(&piece, bytes, sizeof(piece));
	return piece;
}

static int compare(const void *one, const void *other)
{
	const uint64_t a = *(const uint64_t *)one;
	const uint64_t b = *(const uint64_t *)other;

	return a < b ? -1 : a > b;
}

static void read_secrets(const char *path)
{
	FILE *file = fopen(path, "r");
	static char line[8192];
	static unsigned char secret[4096];

	if (!file)
		exit(2);
	while (fgets(line, sizeof(line), file)) {
		size_t size = 0;

		while (sscanf(line + 2 * size, "%2hhx", &secret[size]) == 1)
			size++;
		for (size_t i = 0; i + PIECE <= size && piece_count < PIECES_MAX; i++) {
			pieces[piece_count++] = piece_at(secret + i);
			is_first[secret[i] << 8 | secret[i + 1]] = 1;
		}
	}
	fclose(file);
	if (!piece_count)
		exit(2);
	qsort(pieces, piece_count, sizeof(pieces[0]), compare);
}

static bool is_secret(const unsigned char *bytes)
{
	uint64_t piece;

	if (!is_first[bytes[0] << 8 | bytes[1]])
		return false;
	piece = piece_at(bytes);
	return bsearch(&piece, pieces, piece_count, sizeof(pieces[0]), compare) != NULL;
}

/* Counts the bytes found and does not print them. */
static size_t scan(FILE *memory, unsigned long start, unsigned long end)
{
	static unsigned char buffer[CHUNK + PIECE];
	size_t found = 0;

	for (unsigned long at = start; at < end; at += CHUNK) {
		size_t size = end - at < CHUNK + PIECE - 1 ? end - at : CHUNK + PIECE - 1;

		if (fseeko(memory, (off_t)at, SEEK_SET))
			continue;
		size = fread(buffer, 1, size, memory);
		for (size_t i = 0; i + PIECE <= size; i++)
			found += is_secret(buffer + i);
	}
	return found;
}

int main(int argc, char **argv)
{
	char path[64];
	char line[4096];
	FILE *maps;
	FILE *memory;
	unsigned long start;
	unsigned long end;
	unsigned long inode;
	char rights[5];
	size_t searched = 0;

	if (argc != 3)
		return 64;
	read_secrets(argv[2]);
	snprintf(path, sizeof(path), "/proc/%s/maps", argv[1]);
	maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
	memory = fopen(path, "rb");
	if (!maps || !memory)
		return 2;
	setvbuf(memory, NULL, _IONBF, 0);
	while (fgets(line, sizeof(line), maps)) {
		size_t found;

		if (sscanf(line, "%lx-%lx %4s %*s %*s %lu", &start, &end, rights, &inode) != 4 || rights[0] != 'r' ||
		    strstr(line, "[v"))
			continue;
		if (inode && rights[1] != 'w')
			continue;
		found = scan(memory, start, end);
		searched += end - start;
		if (found)
			printf("%zu pieces in %s", found, line);
	}
	fclose(maps);
	fclose(memory);
	return searched ? 0 : 2;
}
