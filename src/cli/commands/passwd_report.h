/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/edit.h"

/* Where the new password comes from. */
enum way {
	WAY_KEEP,	  /* only digest and iterations change */
	WAY_SOURCE,	  /* from a descriptor, a command or the terminal: mkeyfile does not store it */
	WAY_OTHER_FILE,	  /* from another password file */
	WAY_REPLACE_FILE, /* the same password file, with new content */
};

/* A change of password, from its plan to its report. */
struct password_change {
	const struct options *options;
	const struct password_source *new_source;
	struct kdf new_kdf;
	enum way way;
	bool finishing; /* an interrupted run already changed the key file */
	struct store store;
	struct keyfile keyfile;
	enum seal seal;
	struct password old_password;
	struct password new_password;
	struct new_password_file made;	/* the password file to create; path NULL: none */
	char *journal;			/* WAY_REPLACE_FILE: PASSWORD_FILE.new */
	struct store password_store;	/* WAY_REPLACE_FILE: PASSWORD_FILE */
	struct secret password_content; /* WAY_REPLACE_FILE: its new content */
};

/* Reports what was changed and what to change in the server's settings, also as an object with
 * --json. */
void passwd_report(const struct password_change *passwd);
