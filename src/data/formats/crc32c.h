/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Computes CRC-32C (Castagnoli; RFC 3720, B.4). Continues from crc, initially 0:
 * crc32c(crc32c(0, a), b) is the checksum of a followed by b. Uses the processor's
 * instruction if available. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);

/* Like crc32c, without that instruction, for comparison. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t size);
