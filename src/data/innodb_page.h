/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_DATA_INNODB_PAGE_H
#define MKEYFILE_DATA_INNODB_PAGE_H

#include "data/innodb.h"

/* One page of a tablespace: what struct page_format asks for. space is a struct
 * innodb_file. */

#define INNODB_HEADER 38U /* bytes */

struct page innodb_header(const void *space, const unsigned char *bytes, uint32_t number);
enum page_integrity innodb_check(const struct page *page);
bool innodb_plain_fits(const struct page *page);
bool innodb_belongs(const struct page *page);

/* Whether a page of any number is one of this file's tablespace, as far as its
 * checksum and what is not encrypted tell. */
bool innodb_is_page_of(const struct innodb_file *file, const unsigned char *bytes);
prove_function innodb_prove;

/* Writes a page that is not compressed to plain (page_size bytes of room), decrypted where
 * it has to be. False: it is damaged, or no key opens it. */
MUST_CHECK bool innodb_decrypt(struct scan *scan, const struct innodb_file *file, const unsigned char *bytes,
			       uint32_t number, unsigned char *plain);

#endif
