/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/scan.h"

/* Binary and relay logs (MariaDB 10.11: sql/log_event.h, sql/log_event.cc,
 * Start_encryption_log_event). */

#define BINLOG_NONCE 12U /* bytes */

struct binlog_file {
	struct source source;
	bool encrypted;
	bool relay;	  /* next positions are those of another server's log */
	bool checksums;	  /* events end in a CRC-32, unless a relay log comes to say otherwise */
	bool damaged;	  /* the events at the head are not what a server writes */
	bool unsupported; /* encrypted in a way that is not known here */
	uint32_t version; /* of key ID 1 */
	unsigned char nonce[BINLOG_NONCE];
	uint64_t first; /* offset of the first event that may be encrypted */
};

/* Reads the head of a file: size bytes, as many as there are, SCAN_PAGE_MAX at
 * most. source is kept. False: it is no such log. */
bool binlog_read_head(const unsigned char *head, size_t size, struct binlog_file *file);

/* Looks at all events. The last one may be cut off, as a crash leaves it.
 * FAULT_MEMORY. */
MUST_CHECK struct fault binlog_scan(struct scan *scan, const struct binlog_file *file, struct evidence *evidence);
