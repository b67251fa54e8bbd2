/* SPDX-License-Identifier: MIT */
#include "data/codec.h"

#include <stdint.h>
#include <zlib.h>
#ifdef HAVE_LZ4
#include <lz4.h>
#endif
#ifdef HAVE_LZO
#include <lzo/lzo1x.h>
#endif
#ifdef HAVE_LZMA
#include <lzma.h>
#endif
#ifdef HAVE_BZIP2
#include <bzlib.h>
#endif
#ifdef HAVE_SNAPPY
#include <snappy-c.h>
#endif

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

#ifdef HAVE_LZ4
static bool decompress_lz4(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	return LZ4_decompress_safe((const char *)data, (char *)plain, (int)size, (int)plain_size) == (int)plain_size;
}
#endif

#ifdef HAVE_LZO
static bool decompress_lzo(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	lzo_uint done = plain_size;

	return lzo1x_decompress_safe(data, size, plain, &done, NULL) == LZO_E_OK && done == plain_size;
}
#endif

#ifdef HAVE_LZMA
static bool decompress_lzma(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	uint64_t memory = LZMA_MEMORY_MAX;
	size_t in = 0;
	size_t out = 0;

	return lzma_stream_buffer_decode(&memory, 0, NULL, data, &in, size, plain, &out, plain_size) == LZMA_OK &&
	       out == plain_size;
}
#endif

#ifdef HAVE_BZIP2
static bool decompress_bzip2(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	unsigned int done = (unsigned int)plain_size;
	/* the library's interface is not const */
	int result =
		BZ2_bzBuffToBuffDecompress((char *)plain, &done, (char *)(uintptr_t)data, (unsigned int)size, 1, 0);

	return result == BZ_OK && done == plain_size;
}
#endif

#ifdef HAVE_SNAPPY
static bool decompress_snappy(const unsigned char *data, size_t size, unsigned char *plain, size_t plain_size)
{
	size_t done = plain_size;

	return snappy_uncompress((const char *)data, size, (char *)plain, &done) == SNAPPY_OK && done == plain_size;
}
#endif

static const struct {
	const char *name;
	bool ends_itself;
	decompress_function *decompress; /* NULL: built without it */
} codecs[] = {
	[CODEC_NONE] = { "none", false, NULL },
	[CODEC_ZLIB] = { "zlib", true, decompress_zlib },
	[CODEC_LZ4] = { "lz4", false,
#ifdef HAVE_LZ4
			decompress_lz4
#endif
	},
	[CODEC_LZO] = { "lzo", false,
#ifdef HAVE_LZO
			decompress_lzo
#endif
	},
	[CODEC_LZMA] = { "lzma", true,
#ifdef HAVE_LZMA
			 decompress_lzma
#endif
	},
	[CODEC_BZIP2] = { "bzip2", true,
#ifdef HAVE_BZIP2
			  decompress_bzip2
#endif
	},
	[CODEC_SNAPPY] = { "snappy", false,
#ifdef HAVE_SNAPPY
			   decompress_snappy
#endif
	},
};

const char *codec_name(unsigned int codec)
{
	return codec <= CODEC_LAST ? codecs[codec].name : "unknown";
}

bool codec_is_available(unsigned int codec)
{
	return codec <= CODEC_LAST && codecs[codec].decompress;
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
