/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target on files, for compilers without libFuzzer.
 *
 * usage: replay-TARGET FILE... */
#include "fuzz.h"

int main(int argc, char **argv)
{
	static unsigned char data[1 << 20];

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		size_t size;

		if (!file) {
			perror(argv[i]);
			return 2;
		}
		size = fread(data, 1, sizeof(data), file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, size);
	}
	printf("%d inputs\n", argc - 1);
	return argc > 1 ? 0 : 64;
}
