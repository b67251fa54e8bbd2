/* SPDX-License-Identifier: MIT */
#include "data.h"

#define INDEX_SIZE 16384 /* bytes of the input used as the index file */

/* Reads the rest as a data file, as described by the index file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t index = size < INDEX_SIZE ? size : INDEX_SIZE;

	fuzz_scan(false);
	fuzz_write("t.MAI", data, index);
	fuzz_write("t.MAD", data + index, size - index);
	fuzz_read("t.MAI");
	fuzz_read("t.MAD");
	fuzz_remove("t.MAI");
	fuzz_remove("t.MAD");
	return 0;
}
