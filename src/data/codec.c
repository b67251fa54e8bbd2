/* SPDX-License-Identifier: MIT */
#include "data/codec.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <zlib.h>
#ifdef CODEC_LZ4_LIBRARY
#include <lz4.h>
#endif
#ifdef CODEC_LZO_LIBRARY
#include <lzo/lzo1x.h>
#endif
#ifdef CODEC_LZMA_LIBRARY
#include <lzma.h>
#endif
#ifdef CODEC_BZIP2_LIBRARY
#include <bzlib.h>
#endif
#ifdef CODEC_SNAPPY_LIBRARY
#include <snappy-c.h>
#endif

/* Of each codec but zlib, the function of its library. The libraries are opened
 * when a file first needs one: most runs need none, and to map and relocate them
 * (snappy's brings the C++ library) takes as long as all else that a start does. */
static void *functions[CODEC_LAST + 1];

#define FUNCTION(codec, name) ((__typeof__(name) *)functions[codec])

/* What a page may make a decoder allocate. The server compresses at level 9 of
 * LZMA, whose dictionary has 64 MiB; but a page needs no more than its own size,
 * and xz lays out memory by the header that a damaged page may have. */
#define LZMA_MEMORY_MAX ((uint64_t)80 << 20)

typedef bool decompress_function(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size);

static bool decompress_zlib(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	uLongf done = plain_size;

	return uncompress(plain, &done, data, size) == Z_OK && done == plain_size;
}

#ifdef CODEC_LZ4_LIBRARY
static bool decompress_lz4(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	return FUNCTION(CODEC_LZ4, LZ4_decompress_safe)((const char *)data, (char *)plain, (int)size,
							(int)plain_size) == (int)plain_size;
}
#else
#define CODEC_LZ4_LIBRARY NULL
#define decompress_lz4 NULL
#endif

#ifdef CODEC_LZO_LIBRARY
static bool decompress_lzo(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	lzo_uint done = plain_size;

	return FUNCTION(CODEC_LZO, lzo1x_decompress_safe)(data, size, plain, &done, NULL) == LZO_E_OK &&
	       done == plain_size;
}
#else
#define CODEC_LZO_LIBRARY NULL
#define decompress_lzo NULL
#endif

#ifdef CODEC_LZMA_LIBRARY
static bool decompress_lzma(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	uint64_t memory = LZMA_MEMORY_MAX;
	size_t in = 0;
	size_t out = 0;

	return FUNCTION(CODEC_LZMA, lzma_stream_buffer_decode)(&memory, 0, NULL, data, &in, size, plain, &out,
							       plain_size) == LZMA_OK &&
	       out == plain_size;
}
#else
#define CODEC_LZMA_LIBRARY NULL
#define decompress_lzma NULL
#endif

#ifdef CODEC_BZIP2_LIBRARY
static bool decompress_bzip2(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	unsigned int done = (unsigned int)plain_size;
	/* the library's interface is not const */
	int result = FUNCTION(CODEC_BZIP2, BZ2_bzBuffToBuffDecompress)((char *)plain, &done, (char *)(uintptr_t)data,
								       (unsigned int)size, 1, 0);

	return result == BZ_OK && done == plain_size;
}
#else
#define CODEC_BZIP2_LIBRARY NULL
#define decompress_bzip2 NULL
#endif

#ifdef CODEC_SNAPPY_LIBRARY
static bool decompress_snappy(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	size_t done = plain_size;

	return FUNCTION(CODEC_SNAPPY, snappy_uncompress)((const char *)data, size, (char *)plain, &done) == SNAPPY_OK &&
	       done == plain_size;
}
#else
#define CODEC_SNAPPY_LIBRARY NULL
#define decompress_snappy NULL
#endif

static const struct {
	const char *name;
	bool ends_itself;
	const char *soname; /* NULL: zlib's, which is linked, or built without it */
	const char *function;
	decompress_function *decompress;
} codecs[] = {
	[CODEC_NONE] = { .name = "none" },
	[CODEC_ZLIB] = { "zlib", true, NULL, NULL, decompress_zlib },
	[CODEC_LZ4] = { "lz4", false, CODEC_LZ4_LIBRARY, "LZ4_decompress_safe", decompress_lz4 },
	[CODEC_LZO] = { "lzo", false, CODEC_LZO_LIBRARY, "lzo1x_decompress_safe", decompress_lzo },
	[CODEC_LZMA] = { "lzma", true, CODEC_LZMA_LIBRARY, "lzma_stream_buffer_decode", decompress_lzma },
	[CODEC_BZIP2] = { "bzip2", true, CODEC_BZIP2_LIBRARY, "BZ2_bzBuffToBuffDecompress", decompress_bzip2 },
	[CODEC_SNAPPY] = { "snappy", false, CODEC_SNAPPY_LIBRARY, "snappy_uncompress", decompress_snappy },
};

static void open_libraries(void)
{
	for (size_t i = 0; i <= CODEC_LAST; i++) {
		void *library = codecs[i].soname ? dlopen(codecs[i].soname, RTLD_NOW | RTLD_LOCAL) : NULL;

		if (library)
			functions[i] = dlsym(library, codecs[i].function);
	}
}

const char *codec_name(unsigned int codec)
{
	return codec <= CODEC_LAST ? codecs[codec].name : "unknown";
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
