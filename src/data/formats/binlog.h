/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/scan.h"

/* Binary and relay logs (MariaDB 10.11: sql/log_event.h, sql/log_event.cc,
 * Start_encryption_log_event). */

#define BINLOG_NONCE 12U /* bytes */

struct binlog_file {
	struct source source;
	bool encrypted;
	bool relay;	  /* next positions refer to another server's log */
	bool checksums;	  /* events end in a CRC-32, unless a relay log later says otherwise */
	bool old;	  /* of a server that had neither checksums nor encryption */
	bool damaged;	  /* no server writes the events at the head like this */
	bool unsupported; /* encrypted in an unknown way */
	uint32_t version; /* of key ID 1 */
	unsigned char nonce[BINLOG_NONCE];
	uint64_t first; /* offset of the first event that may be encrypted */
};

/* Reads the head of a file. size is the bytes available, at most SCAN_PAGE_MAX. Keeps
 * file->source. Returns false if the file is not a binary or relay log. */
bool binlog_read_head(const unsigned char *head, size_t size, struct binlog_file *file);

/* Scans all events. The last event may be truncated, as after a crash. Faults: FAULT_MEMORY. */
MUST_CHECK struct fault binlog_scan(struct scan *scan, const struct binlog_file *file, struct evidence *evidence);
