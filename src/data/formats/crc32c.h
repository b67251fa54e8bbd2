/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli; RFC 3720, B.4): continues from crc, which is 0 for a
 * start, so that crc32c(crc32c(0, a), b) is the checksum of a and b joined.
 * Uses the processor's own instruction where there is one. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);

/* The same without that instruction, for comparison. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t size);
