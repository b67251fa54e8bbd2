/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/edit.h"

/* What becomes of the password. */
enum way {
	WAY_KEEP,	  /* only digest and iterations change */
	WAY_SOURCE,	  /* from a descriptor, a command or the terminal: its owner keeps it */
	WAY_OTHER_FILE,	  /* a password file beside the old one */
	WAY_REPLACE_FILE, /* the same password file, with new content */
};

/* A change of password, from its plan to its report. */
struct password_change {
	const struct options *options;
	const struct password_source *new_source;
	struct kdf new_kdf;
	enum way way;
	bool finishing; /* an earlier run did all that concerns the key file */
	struct store store;
	struct keyfile keyfile;
	struct password old_password;
	struct password new_password;
	struct new_password_file made;	/* path NULL: nothing is to be made */
	char *journal;			/* WAY_REPLACE_FILE: PASSWORD_FILE.new */
	struct store password_store;	/* WAY_REPLACE_FILE: PASSWORD_FILE */
	struct secret password_content; /* WAY_REPLACE_FILE: its new content */
};

/* Says what was changed, and what the server's settings have to become; with --json as
 * an object as well. */
void passwd_report(const struct password_change *passwd);
