/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/keyfile.h"
#include "core/password.h"
#include "core/trust.h"
#include "server/access.h"
#include "server/settings.h"

/* Problems that the server ignores silently and that an operator needs to know. */

enum finding_kind {
	/* the text of the key file */
	FINDING_DUPLICATE_ID,	  /* other replaces entry */
	FINDING_TEXT_AFTER_NUL,	  /* line: the line with the NUL */
	FINDING_IGNORED_TEXT,	  /* after the key of entry */
	FINDING_UNIFORM_KEY,	  /* all bytes of entry's key are equal */
	FINDING_REPEATED_KEY,	  /* entry has the same key as other */
	FINDING_PUBLISHED_KEY,	  /* entry's key is printed in MariaDB's manual or source */
	FINDING_NO_TEMPORARY_KEY, /* ID 2 is missing */
	FINDING_MIXED_VERSIONS,	  /* entry has no version, other entries do */
	FINDING_VERSION_GAP,	  /* the version of entry does not follow the version before it */
	FINDING_SEAL_BROKEN,
	FINDING_SEAL_MISSING,	 /* although the option files require a seal */
	FINDING_OLD_VERSIONS,	 /* entry is the first whose ID has a newer version; count: such IDs */
	FINDING_UNUSED_DATE,	 /* date: malformed, of a key that is not there, repeated, or in the future */
	FINDING_KEY_TOO_OLD,	 /* entry is the first newest version that is older than age; count: such IDs */
	FINDING_KEY_AGE_UNKNOWN, /* entry is the first newest version whose age is unknown; count: such IDs */
	/* the files; path */
	FINDING_KEY_FILE_EXPOSED,      /* mode */
	FINDING_PASSWORD_FILE_EXPOSED, /* mode */
	FINDING_PASSWORD_FILE_BESIDE,  /* in the key file's directory, with its owner and mode */
	FINDING_FOREIGN_OWNER,	       /* uid */
	FINDING_OPEN_DIRECTORY,	       /* refusal: another user can replace the file */
	FINDING_UNREADABLE,	       /* user cannot read the file: error_number */
	FINDING_ACCESS_NOT_TRIED,      /* it is not known whether user can read the file */
	FINDING_PROTECTED_HOME,	       /* systemd hides the file from the server: path */
	/* the password */
	FINDING_BLANK_PASSWORD, /* only line ends */
	FINDING_SHORT_PASSWORD,
	FINDING_LONG_PASSWORD, /* the target truncates it */
	FINDING_PASSWORD_LINE_BREAK,
	FINDING_PASSWORD_CARRIAGE_RETURN,
	FINDING_PASSWORD_NUL,
	/* the server's option files */
	FINDING_LOWER_CASE_FILE,   /* "file:path" is the password itself */
	FINDING_PASSWORD_IN_CLEAR, /* in an option file */
	FINDING_RELATIVE_PATH,	   /* path, as the option file has it */
	FINDING_STRAY_GROUP,	   /* group has settings for the plugin path, and the server does not read the group */
	FINDING_SETTING_WITHOUT_USE, /* path: a setting that the target does not have, with "loose_" */
	FINDING_PLUGIN_NOT_FORCED,   /* the server would start without its keys */
	FINDING_AES_CBC,	     /* although AES_CTR is available */
	FINDING_NO_DEFAULT_KEY,	     /* new tables use an ID that is not in the file: count */
	/* Vault: id, version, number and count, of which the first are named */
	FINDING_VAULT_MAX_VERSIONS,	 /* key IDs that soon have more versions than number, the limit */
	FINDING_VAULT_DELETE_AFTER,	 /* key IDs whose versions are deleted after some time */
	FINDING_VAULT_VERSION_DESTROYED, /* versions that are deleted or destroyed */
	FINDING_VAULT_NAMESPACE,	 /* of Vault Enterprise: no server's plugin sends one */
	FINDING_VAULT_TOKEN_CAN_WRITE,
	FINDING_KIND_COUNT
};

struct finding {
	enum finding_kind kind;
	unsigned int line;	   /* 0: none */
	const struct entry *entry; /* in the inspected key file, or NULL */
	const struct entry *other;
	const struct date_line *date;
	struct age age;
	size_t count;
	const char *path; /* what the kinds above refer to; owned by the caller; or NULL */
	const char *user;
	char *group;			  /* malloc(3)ed, owned by the finding */
	struct refusal_of_trust *refusal; /* the same */
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
	struct fault fault; /* the first fault: if there is one, findings are missing */
};

#define FINDINGS __attribute__((cleanup(findings_free)))

/* A shorter password can be guessed in days (sha1 and 1 iteration: 0.6 million guesses per second
 * and core). */
#define PASSWORD_SHORT_SIZE 16

/* The name of the finding for scripts, such as "duplicate-id". */
const char *finding_name(enum finding_kind kind);

/* A note: it needs no action and is not a warning. */
bool finding_is_note(enum finding_kind kind);

/* Whether others can read the file, or its group can write to it. A group that can only read is
 * the usual way to give the server's user account access. */
bool mode_is_exposed(mode_t mode);

/* Each function appends its findings. A fault (FAULT_MEMORY or FAULT_ALGORITHM) is stored in
 * findings. Findings point to the inspected data, which must outlive them. */
void inspect_keyfile(const struct keyfile *keyfile, struct findings *findings);
void inspect_password(const struct password *password, struct findings *findings);

/* The dates of keys: those that are not used, and, if age is given, newest versions that are older or
 * whose age is unknown. */
void inspect_dates(const struct keyfile *keyfile, struct age age, struct findings *findings);

/* A file that a server reads. */
struct inspected_file {
	const char *path;
	struct stat status;
	enum finding_kind exposed; /* FINDING_KEY_FILE_EXPOSED or FINDING_PASSWORD_FILE_EXPOSED */
};
/* user: NULL if the account that runs the server is not known. trust: the users who may own the
 * file and the directories above it. */
void inspect_file(const struct inspected_file *file, const struct server_user *user, const struct trust *trust,
		  struct findings *findings);
/* The same for a file that the server's option files specify. */
void inspect_servers_file(const struct inspected_file *file, struct findings *findings);
/* Checks both files together. */
void inspect_neighbours(const struct inspected_file *key_file, const struct inspected_file *password_file,
			struct findings *findings);

/* profile: of the server that has these settings; NULL if it is not known. */
void inspect_settings(const struct server_settings *settings, const struct server_profile *profile,
		      const struct keyfile *keyfile, struct findings *findings);

/* Appends a finding of another source and takes ownership of what it owns. */
void findings_add(struct findings *findings, struct finding finding);

void findings_free(struct findings *findings);
