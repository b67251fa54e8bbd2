/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The algorithms of innodb_compression_algorithm, numbered as tablespaces number
 * them (MariaDB, storage/innobase/include/fil0fil.h). */
enum codec { CODEC_NONE, CODEC_ZLIB, CODEC_LZ4, CODEC_LZO, CODEC_LZMA, CODEC_BZIP2, CODEC_SNAPPY };
#define CODEC_LAST CODEC_SNAPPY

/* The name of the library that has to be installed for it; NULL: zlib, which this program
 * is linked with, or no codec. */
const char *codec_library(unsigned int codec);

/* Whether its library is installed. */
bool codec_is_available(unsigned int codec);

/* Whether the stream ends by itself, so that bytes may follow it. */
bool codec_ends_itself(unsigned int codec);

/* Decompresses size bytes to exactly plain_size bytes; false when that is not
 * what they hold. The codec has to be available. */
bool codec_decompress(unsigned int codec, const unsigned char *data, size_t size, unsigned char *plain,
		      size_t plain_size);
