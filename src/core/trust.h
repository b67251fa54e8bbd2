/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <sys/stat.h>

/* Which users' files this process trusts: one policy for every path that secrets are read
 * from or written to, as strict as StrictModes in sshd_config(5).
 *
 * Every directory on the way, every symbolic link, and the file itself must belong to a
 * trusted user. No one else may be able to write to the file, or to a directory, because
 * that permits renaming its entries. Write permission for a group counts as permission
 * for others, unless it is the primary group of a trusted user. ACLs count. Others may
 * write to a directory with the sticky bit, because only the owner of the directory or of
 * an entry can rename that entry. In such a directory a file with more than one link is
 * refused, because link(2) may have put it there.
 *
 * Paths are walked one component at a time, and the file is opened in the directory that
 * was checked, so that nothing can be exchanged between the check and the use.
 * Descriptors that this process inherited (/dev/stdin, /dev/fd/N) are the caller's choice
 * and are not checked. */

#define TRUST_USERS_MAX 32

struct trust {
	uid_t users[TRUST_USERS_MAX];
	size_t count;
	const char *server_user; /* another trusted user, looked up only when needed; NULL: none */
};

/* Returns a policy that trusts root and the effective user of this process. trust_add
 * adds other users. */
struct trust trust_caller(void);

/* Adds a user. Returns false if there are TRUST_USERS_MAX already. */
bool trust_add(struct trust *trust, uid_t user);
bool trust_has_user(const struct trust *trust, uid_t user);

/* Sets the policy for the functions below. Before the first call nothing is checked: the
 * server plugin reads files as the server does. server_user must remain valid. */
void trust_start(const struct trust *trust);

/* Returns whether files of this user are trusted. */
bool trust_accepts_user(uid_t user);

/* Why a path was refused. "part" is the component of the path that is to blame. */
enum refusal_reason {
	REFUSAL_NONE,
	REFUSAL_OWNER,	     /* part belongs to user */
	REFUSAL_USER,	     /* an ACL lets user write to part */
	REFUSAL_GROUP,	     /* group may write to part */
	REFUSAL_NAMED_GROUP, /* an ACL lets group write to part */
	REFUSAL_OTHERS,	     /* anyone may write to part */
	REFUSAL_UNKNOWN,     /* the group or an ACL lets someone write to part; the ACL cannot be read */
	REFUSAL_SECOND_NAME, /* part has another name, and anyone may link files in its directory */
	REFUSAL_LINK,	     /* part is a link owned by user, and leads to a file whose owner or mode is to change */
	REFUSAL_HARD_LINK,   /* the owner or mode of part is to change, but part has another name */
};

struct refusal_of_trust {
	enum refusal_reason reason;
	mode_t type;	 /* of part: S_IFDIR, S_IFLNK … */
	char part[4096]; /* absolute path */
	uid_t user;
	gid_t group;
};

/* Returns the details of the last FAULT_UNTRUSTED, as errno does for the last error. */
const struct refusal_of_trust *trust_refusal(void);

/* The directory that a path leads to, and the file's name in it. */
struct place {
	int directory; /* O_PATH; -1: none */
	char *name;    /* malloc(3)ed; "." if the path ends in a directory */
	char *path;    /* absolute, without symbolic links; malloc(3)ed */
	char *link;    /* the first link on the way not owned by root or the caller; malloc(3)ed, or NULL */
	uid_t link_owner;
	bool absent;	/* the file does not exist */
	bool of_kernel; /* a link in /proc that only the kernel can follow */
	bool of_caller; /* such a link, to a descriptor of this process */
};

#define PLACE __attribute__((cleanup(place_close)))
#define PLACE_NONE ((struct place){ .directory = -1 })

/* Walks the path. With follow, a symbolic link at the end is followed as well; without
 * it, the link itself is the file. Does not check the file itself. Faults: FAULT_OPEN,
 * FAULT_UNTRUSTED, FAULT_MEMORY. */
MUST_CHECK struct fault trust_find(const char *path, bool follow, struct place *ret_place);
void place_close(struct place *place);

/* Walks the path, checks the file, opens it in the directory found, and checks the
 * descriptor again, so that this process never waits for or writes to another user's
 * pipe. flags are those of open(2) without O_CREAT; O_CLOEXEC and O_NOCTTY are added.
 * Faults: FAULT_OPEN, FAULT_UNTRUSTED, FAULT_MEMORY. */
MUST_CHECK struct fault trust_open(const char *path, int flags, int *ret_descriptor);

/* Checks the file at a place, which must exist, without opening it, so that this process
 * does not wait for another user's pipe. */
MUST_CHECK struct fault trust_judge_place(const struct place *place);

/* Checks an open file. place is where the file was found. */
MUST_CHECK struct fault trust_judge_file(const struct place *place, int descriptor);

/* Returns whether a file opened by name in an open directory is trusted. */
bool trust_has_entry(int directory, const char *name, int descriptor);

/* Refuses part, whose type is S_IFLNK or the like, for a reason that the caller found.
 * Returns FAULT_UNTRUSTED. */
MUST_CHECK struct fault trust_refuse(enum refusal_reason reason, mode_t type, const char *part, uid_t user);

/* Returns what trust_open would return for a path under another policy (NULL: this
 * process's own), without opening the file for reading or writing. */
MUST_CHECK struct fault trust_judge_path(const struct trust *trust, const char *path);
