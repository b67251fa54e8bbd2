/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/keyfile.h"
#include "core/password.h"
#include "core/trust.h"
#include "server/access.h"
#include "server/settings.h"

/* What the server loads in silence and its operator ought to know. */

enum finding_kind {
	/* the key file's text */
	FINDING_DUPLICATE_ID,	  /* entry is displaced by other */
	FINDING_TEXT_AFTER_NUL,	  /* line: where the NUL stands */
	FINDING_IGNORED_TEXT,	  /* behind the key of entry */
	FINDING_UNIFORM_KEY,	  /* all bytes of entry's key are equal */
	FINDING_REPEATED_KEY,	  /* entry has the key of other */
	FINDING_PUBLISHED_KEY,	  /* entry's key is printed in MariaDB's manual or source */
	FINDING_NO_TEMPORARY_KEY, /* no ID 2 */
	FINDING_MIXED_VERSIONS,	  /* entry names no version, others do */
	FINDING_VERSION_GAP,	  /* entry's version is not the one behind the version before it */
	FINDING_OLD_VERSIONS,	  /* entry is the first whose ID has a newer version; count of such IDs */
	/* the files; path */
	FINDING_KEY_FILE_EXPOSED,      /* mode */
	FINDING_PASSWORD_FILE_EXPOSED, /* mode */
	FINDING_PASSWORD_FILE_BESIDE,  /* in the key file's directory, with its owner and mode */
	FINDING_FOREIGN_OWNER,	       /* uid */
	FINDING_OPEN_DIRECTORY,	       /* refusal: someone else may replace the file */
	FINDING_UNREADABLE,	       /* user cannot read it: error_number */
	FINDING_ACCESS_NOT_TRIED,      /* whether user can read it is not known */
	FINDING_PROTECTED_HOME,	       /* systemd hides it from the server: path */
	/* the password */
	FINDING_BLANK_PASSWORD, /* nothing but line ends */
	FINDING_SHORT_PASSWORD,
	FINDING_LONG_PASSWORD, /* the target cuts it */
	FINDING_PASSWORD_LINE_BREAK,
	FINDING_PASSWORD_CARRIAGE_RETURN,
	FINDING_PASSWORD_NUL,
	/* the server's option files */
	FINDING_LOWER_CASE_FILE,     /* "file:path" is the password itself */
	FINDING_PASSWORD_IN_CLEAR,   /* in an option file */
	FINDING_RELATIVE_PATH,	     /* path, as it is set */
	FINDING_STRAY_GROUP,	     /* group has settings of the plugin path, and the server does not read it */
	FINDING_SETTING_WITHOUT_USE, /* path: a setting that the target does not have, with "loose_" */
	FINDING_PLUGIN_NOT_FORCED,   /* the server would start without its keys */
	FINDING_AES_CBC,	     /* where AES_CTR is to be had */
	FINDING_NO_DEFAULT_KEY,	     /* no such ID, which new tables are to have: count */
	/* Vault: id, version, number and count, of which the first are named */
	FINDING_VAULT_MAX_VERSIONS,	 /* key IDs that soon have more versions than number, the limit */
	FINDING_VAULT_DELETE_AFTER,	 /* key IDs whose versions are deleted after some time */
	FINDING_VAULT_VERSION_DESTROYED, /* versions that are deleted or destroyed */
	FINDING_VAULT_TOKEN_CAN_WRITE,
	FINDING_KIND_COUNT
};

struct finding {
	enum finding_kind kind;
	unsigned int line;	   /* 0: none */
	const struct entry *entry; /* in the inspected key file, or NULL */
	const struct entry *other;
	size_t count;
	const char *path; /* and so on: what the kinds above name; the caller's, or NULL */
	const char *user;
	char *group;			  /* malloc(3)ed, the finding's own */
	struct refusal_of_trust *refusal; /* likewise */
	mode_t mode;
	uid_t uid;
	int error_number;
	uint32_t id;
	uint32_t version;
	uint32_t number;
};

struct findings {
	struct finding *items;
	size_t count;
	struct fault fault; /* the first one: then they are not complete */
};

#define FINDINGS __attribute__((cleanup(findings_free)))

/* A password shorter than this is found in days (sha1 and 1 iteration: 0.6
 * million guesses a second and core). */
#define PASSWORD_SHORT_SIZE 16

/* The name that scripts know a finding by: "duplicate-id" … */
const char *finding_name(enum finding_kind kind);

/* Worth knowing, but nothing to mend: no warning. */
bool finding_is_information(enum finding_kind kind);

/* Others may read, or the group may write. A group that may read is the way to
 * give the server's user access. */
bool mode_is_exposed(mode_t mode);

/* Each appends what it finds. A fault, FAULT_MEMORY or FAULT_ALGORITHM, stays in findings.
 * Findings point into what was inspected, which has to outlive them. */
void inspect_keyfile(const struct keyfile *keyfile, struct findings *findings);
void inspect_password(const struct password *password, struct findings *findings);

/* A file that a server reads, as its path, its status and the user. */
struct inspected_file {
	const char *path;
	struct stat status;
	enum finding_kind exposed; /* FINDING_KEY_FILE_EXPOSED or FINDING_PASSWORD_FILE_EXPOSED */
};
/* user: NULL when it is not known who runs the server. trust: the users who may own the
 * file and what is above it. */
void inspect_file(const struct inspected_file *file, const struct server_user *user, const struct trust *trust,
		  struct findings *findings);
/* The same of a file that the server's option files name. */
void inspect_servers_file(const struct inspected_file *file, struct findings *findings);
/* Both of them, side by side. */
void inspect_neighbours(const struct inspected_file *key_file, const struct inspected_file *password_file,
			struct findings *findings);

/* profile: of the server that has these settings, NULL when not known. */
void inspect_settings(const struct server_settings *settings, const struct server_profile *profile,
		      const struct keyfile *keyfile, struct findings *findings);

/* Appends one that was found elsewhere, and takes over what it owns. */
void findings_add(struct findings *findings, struct finding finding);

void findings_free(struct findings *findings);
