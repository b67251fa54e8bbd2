/* SPDX-License-Identifier: MIT */
#include "data/formats/crc32c.h"

#include "core/processor.h"
#include "data/formats/bytes.h"

#include <pthread.h>

#if defined(__x86_64__)
#define HAVE_INSTRUCTION 1
#define INSTRUCTION_TARGET __attribute__((target("sse4.2")))
#define STEP_WORD(crc, word) __builtin_ia32_crc32di(crc, word)
#define STEP_BYTE(crc, byte) __builtin_ia32_crc32qi((uint32_t)(crc), byte)
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#define HAVE_INSTRUCTION 1
#define INSTRUCTION_TARGET __attribute__((target("+crc")))
#define STEP_WORD(crc, word) __crc32cd((uint32_t)(crc), word)
#define STEP_BYTE(crc, byte) __crc32cb((uint32_t)(crc), byte)
#endif

#define POLYNOMIAL 0x82f63b78U /* reflected */

/* The instruction takes three cycles, and one can start in each cycle. So the three
 * stripes of a block are computed in parallel. They are joined by shifting the checksum
 * of the first stripes over the length of the next. */
#define STRIPE 1344 /* bytes; a page of 4096 bytes is one block, one of 16384 four */
#define BLOCK ((size_t)3 * STRIPE)

static uint32_t bytewise[8][256]; /* [n]: of a byte followed by n zero bytes */
static uint32_t shifted[4][256];  /* [n]: byte n of a checksum, shifted over STRIPE zero bytes */
static uint32_t (*chosen)(uint32_t crc, const unsigned char *data, size_t size);
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint32_t portable(uint32_t crc, const unsigned char *data, size_t size)
{
	for (; size >= 8; data += 8, size -= 8) {
		uint32_t low = crc ^ le32(data);
		uint32_t high = le32(data + 4);

		crc = bytewise[7][low & 255] ^ bytewise[6][low >> 8 & 255] ^ bytewise[5][low >> 16 & 255] ^
		      bytewise[4][low >> 24] ^ bytewise[3][high & 255] ^ bytewise[2][high >> 8 & 255] ^
		      bytewise[1][high >> 16 & 255] ^ bytewise[0][high >> 24];
	}
	for (; size; data++, size--)
		crc = crc >> 8 ^ bytewise[0][(crc ^ *data) & 255];
	return crc;
}

#ifdef HAVE_INSTRUCTION
static uint32_t shift_stripe(uint32_t crc)
{
	return shifted[0][crc & 255] ^ shifted[1][crc >> 8 & 255] ^ shifted[2][crc >> 16 & 255] ^ shifted[3][crc >> 24];
}

static inline uint64_t word_at(const unsigned char *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return word;
}

INSTRUCTION_TARGET
static uint32_t hardware(uint32_t crc, const unsigned char *data, size_t size)
{
	for (; size >= BLOCK; data += BLOCK, size -= BLOCK) {
		uint64_t first = crc;
		uint64_t second = 0;
		uint64_t third = 0;

		for (size_t i = 0; i < STRIPE; i += 8) {
			first = STEP_WORD(first, word_at(data + i));
			second = STEP_WORD(second, word_at(data + STRIPE + i));
			third = STEP_WORD(third, word_at(data + (size_t)2 * STRIPE + i));
		}
		crc = shift_stripe(shift_stripe((uint32_t)first) ^ (uint32_t)second) ^ (uint32_t)third;
	}
	for (; size >= 8; data += 8, size -= 8)
		crc = (uint32_t)STEP_WORD(crc, word_at(data));
	for (; size; data++, size--)
		crc = STEP_BYTE(crc, *data);
	return crc;
}
#endif

static void fill_tables(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		bytewise[0][byte] = crc;
	}
	for (size_t n = 1; n < 8; n++)
		for (size_t byte = 0; byte < 256; byte++)
			bytewise[n][byte] = bytewise[n - 1][byte] >> 8 ^ bytewise[0][bytewise[n - 1][byte] & 255];
	for (uint32_t n = 0; n < 4; n++) {
		static const unsigned char zeros[STRIPE];

		for (uint32_t byte = 0; byte < 256; byte++)
			shifted[n][byte] = portable(byte << 8 * n, zeros, sizeof(zeros));
	}
}

static void choose(void)
{
	fill_tables();
	chosen = portable;
#if defined(__x86_64__)
	if (PROCESSOR_HAS(SSE4_2, "sse4.2"))
		chosen = hardware;
#elif defined(__aarch64__)
	if (getauxval(AT_HWCAP) & HWCAP_CRC32)
		chosen = hardware;
#endif
}

uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
	pthread_once(&once, choose);
	return ~chosen(~crc, data, size);
}

uint32_t crc32c_portable(uint32_t crc, const void *data, size_t size)
{
	pthread_once(&once, choose);
	return ~portable(~crc, data, size);
}
