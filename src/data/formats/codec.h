/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The algorithms of innodb_compression_algorithm, with the numbers used in tablespaces
 * (MariaDB, storage/innobase/include/fil0fil.h). */
enum codec { CODEC_NONE, CODEC_ZLIB, CODEC_LZ4, CODEC_LZO, CODEC_LZMA, CODEC_BZIP2, CODEC_SNAPPY };
#define CODEC_LAST CODEC_SNAPPY

/* Returns the name of the library that the codec requires. NULL: zlib, which this program
 * is linked with, or not a codec. */
const char *codec_library(unsigned int codec);

/* Returns whether the codec's library is installed. */
bool codec_is_available(unsigned int codec);

/* Returns whether the stream marks its own end, so that other bytes may follow it. */
bool codec_ends_itself(unsigned int codec);

/* Decompresses size bytes to exactly plain_size bytes. Returns false if they are not a
 * valid stream of that size. The codec must be available. */
bool codec_decompress(unsigned int codec, const unsigned char *data, size_t size, unsigned char *plain,
		      size_t plain_size);
