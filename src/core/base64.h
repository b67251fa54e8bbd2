/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

/* Decodes base64 text (RFC 4648, section 4), white space around it aside. FAULT_SYNTAX: it is
 * not base64, or it is empty; FAULT_MEMORY. */
MUST_CHECK struct fault base64_decode(const struct secret *text, struct secret *ret_bytes);
