/* SPDX-License-Identifier: MIT */
#pragma once

/* Exit statuses, as documented in mkeyfile(1). */
enum status {
	STATUS_DONE = 0,
	STATUS_NO = 1,		   /* verify: a definite no */
	STATUS_FAILED = 2,	   /* could not; nothing was changed, unless the message says otherwise */
	STATUS_WRONG_PASSWORD = 3, /* or the wrong KDF */
	STATUS_REFUSED = 4,	   /* keys would be lost, exposed or unreadable */
	STATUS_BUSY = 5,
	STATUS_USAGE = 64,
};
