/* SPDX-License-Identifier: MIT */
#include "data/formats/codec.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <zlib.h>

/* For each codec except zlib, the function of its library. A library is loaded when a
 * file first needs it. Most runs need none, and loading them (snappy's also loads the C++
 * library) takes as long as the rest of the startup. The soname of a library determines
 * its interface, so their headers are not needed to build: lz4.h, lzo/lzo1x.h,
 * lzma/container.h, bzlib.h and snappy-c.h declare these functions. */
static void *functions[CODEC_LAST + 1];

typedef int lz4_function(const char *data, char *plain, int size, int plain_size);
typedef int lzo_function(const unsigned char *data, unsigned long size, unsigned char *plain, unsigned long *plain_size,
			 void *memory);
typedef int lzma_function(uint64_t *memory, uint32_t flags, const void *allocator, const uint8_t *data, size_t *data_at,
			  size_t size, uint8_t *plain, size_t *plain_at, size_t plain_size);
typedef int bzip2_function(char *plain, unsigned int *plain_size, char *data, unsigned int size, int small,
			   int verbosity);
typedef int snappy_function(const char *data, size_t size, char *plain, size_t *plain_size);

/* Limits the memory that a page can make the decoder allocate. The server compresses at
 * level 9 of LZMA, whose dictionary has 64 MiB. A page needs only its own size, but xz
 * allocates what the header says, and the header may be damaged. */
#define LZMA_MEMORY_MAX ((uint64_t)80 << 20)

typedef bool decompress_function(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size);

static bool decompress_zlib(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	uLongf done = plain_size;

	return uncompress(plain, &done, data, size) == Z_OK && done == plain_size;
}

static bool decompress_lz4(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	lz4_function *decompress = (lz4_function *)functions[CODEC_LZ4];

	return decompress((const char *)data, (char *)plain, (int)size, (int)plain_size) == (int)plain_size;
}

static bool decompress_lzo(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	lzo_function *decompress = (lzo_function *)functions[CODEC_LZO];
	unsigned long done = plain_size;

	return !decompress(data, size, plain, &done, NULL) && done == plain_size;
}

static bool decompress_lzma(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	lzma_function *decompress = (lzma_function *)functions[CODEC_LZMA];
	uint64_t memory = LZMA_MEMORY_MAX;
	size_t in = 0;
	size_t out = 0;

	return !decompress(&memory, 0, NULL, data, &in, size, plain, &out, plain_size) && out == plain_size;
}

static bool decompress_bzip2(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	bzip2_function *decompress = (bzip2_function *)functions[CODEC_BZIP2];
	unsigned int done = (unsigned int)plain_size;

	/* the library's interface lacks const */
	return !decompress((char *)plain, &done, (char *)(uintptr_t)data, (unsigned int)size, 1, 0) &&
	       done == plain_size;
}

static bool decompress_snappy(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	snappy_function *decompress = (snappy_function *)functions[CODEC_SNAPPY];
	size_t done = plain_size;

	return !decompress((const char *)data, size, (char *)plain, &done) && done == plain_size;
}

static const struct {
	bool ends_itself;
	const char *soname; /* of its stable interface; NULL: zlib's, which is linked */
	const char *function;
	decompress_function *decompress;
} codecs[] = {
	[CODEC_ZLIB] = { true, NULL, NULL, decompress_zlib },
	[CODEC_LZ4] = { false, "liblz4.so.1", "LZ4_decompress_safe", decompress_lz4 },
	[CODEC_LZO] = { false, "liblzo2.so.2", "lzo1x_decompress_safe", decompress_lzo },
	[CODEC_LZMA] = { true, "liblzma.so.5", "lzma_stream_buffer_decode", decompress_lzma },
	[CODEC_BZIP2] = { true, "libbz2.so.1", "BZ2_bzBuffToBuffDecompress", decompress_bzip2 },
	[CODEC_SNAPPY] = { false, "libsnappy.so.1", "snappy_uncompress", decompress_snappy },
};

static void open_libraries(void)
{
	for (size_t i = 0; i <= CODEC_LAST; i++) {
		void *library = codecs[i].soname ? dlopen(codecs[i].soname, RTLD_NOW | RTLD_LOCAL) : NULL;

		if (library)
			functions[i] = dlsym(library, codecs[i].function);
	}
}

const char *codec_library(unsigned int codec)
{
	return codec <= CODEC_LAST ? codecs[codec].soname : NULL;
}

bool codec_is_available(unsigned int codec)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (!codec_library(codec))
		return codec == CODEC_ZLIB;
	pthread_once(&once, open_libraries);
	return functions[codec];
}

bool codec_ends_itself(unsigned int codec)
{
	return codec <= CODEC_LAST && codecs[codec].ends_itself;
}

bool codec_decompress(unsigned int codec, const unsigned char *data, size_t size, unsigned char *plain,
		      size_t plain_size)
{
	return codec_is_available(codec) && codecs[codec].decompress(data, size, plain, plain_size);
}
