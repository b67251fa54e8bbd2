/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <sys/stat.h>

/* Whose files this process trusts: the one policy for every path that secrets are read
 * from or written to, as strict as StrictModes of sshd_config(5).
 *
 * Each directory on the way, each symbolic link, and the file belong to a trusted user.
 * Nobody else may write to the directory (which is what renaming an entry takes) or to
 * the file. Permission of a group counts as that of others unless it is the primary
 * group of a trusted user; ACLs count. In a directory with the sticky bit others may
 * write, since only the owners of directory and entry can rename the entry there; a
 * file with a second name is refused in it, because link(2) may put one there.
 *
 * Paths are walked name by name, and the file is opened in the directory that was
 * judged, so that nothing can be exchanged between the judgement and the use.
 * Descriptors that this process was started with (/dev/stdin, /dev/fd/N) are its
 * caller's choice and are not judged. */

#define TRUST_USERS_MAX 32

struct trust {
	uid_t users[TRUST_USERS_MAX];
	size_t count;
	const char *server_user; /* the name of one more, looked up when it is needed; NULL: none */
};

/* No user but root, the effective user of this process, and those of trust_add. */
struct trust trust_caller(void);

/* Adds a user. False: there are TRUST_USERS_MAX. */
bool trust_add(struct trust *trust, uid_t user);
bool trust_has_user(const struct trust *trust, uid_t user);

/* What the functions below go by from now on. Before the first call nothing is judged:
 * the server plugin reads as the server does. server_user has to outlive it. */
void trust_start(const struct trust *trust);

/* Whether files of the user are trusted. */
bool trust_accepts_user(uid_t user);

/* Why a path was refused. */
enum refusal_reason {
	REFUSAL_NONE,
	REFUSAL_OWNER,	     /* part belongs to user */
	REFUSAL_USER,	     /* an ACL lets user write to part */
	REFUSAL_GROUP,	     /* group may write to part */
	REFUSAL_NAMED_GROUP, /* an ACL lets group write to part */
	REFUSAL_OTHERS,	     /* anyone may write to part */
	REFUSAL_UNKNOWN,     /* the group or an ACL lets someone write to part, and the ACL cannot be read */
	REFUSAL_SECOND_NAME, /* part has another name, and anyone may link files in its directory */
	REFUSAL_LINK,	     /* user owns part, a link to a file whose owner or mode is to change */
	REFUSAL_HARD_LINK,   /* part, whose owner or mode is to change, has another name */
};

struct refusal_of_trust {
	enum refusal_reason reason;
	mode_t type;	 /* S_IFDIR, S_IFLNK …: of part */
	char part[4096]; /* absolute path */
	uid_t user;
	gid_t group;
};

/* Of the last FAULT_UNTRUSTED, as errno is of the last error. */
const struct refusal_of_trust *trust_refusal(void);

/* The directory that a path ends in, and the name there. */
struct place {
	int directory; /* O_PATH; -1: none */
	char *name;    /* malloc(3)ed; "." for a path that ends in a directory's name */
	char *path;    /* absolute, without symbolic links; malloc(3)ed */
	char *link;    /* the first link on the way that neither root nor the caller owns; malloc(3)ed, or NULL */
	uid_t link_owner;
	bool absent;	/* there is no such file */
	bool of_kernel; /* a link of /proc, which only the kernel can follow */
	bool of_caller; /* such a link to a descriptor of this process */
};

#define PLACE __attribute__((cleanup(place_close)))
#define PLACE_NONE ((struct place){ .directory = -1 })

/* Walks the path. follow: a symbolic link at its end is followed as well; without it
 * the link is the file. The file itself is not judged. FAULT_OPEN, FAULT_UNTRUSTED,
 * FAULT_MEMORY. */
MUST_CHECK struct fault trust_find(const char *path, bool follow, struct place *ret_place);
void place_close(struct place *place);

/* Opens the file: walked, judged, opened by the place's directory, and judged again by
 * its descriptor, so that no pipe of someone else is waited for or written to. flags as
 * those of open(2), without O_CREAT; O_CLOEXEC and O_NOCTTY are added. FAULT_OPEN,
 * FAULT_UNTRUSTED, FAULT_MEMORY. */
MUST_CHECK struct fault trust_open(const char *path, int flags, int *ret_descriptor);

/* Judges the file at a place, which is not absent, without opening it, so that a pipe of
 * someone else is not waited for. */
MUST_CHECK struct fault trust_judge_place(const struct place *place);

/* Judges an open file. place: where it was found. */
MUST_CHECK struct fault trust_judge_file(const struct place *place, int descriptor);

/* The same of what was opened by its name in a directory that is open. */
bool trust_has_entry(int directory, const char *name, int descriptor);

/* Refuses part, of a type such as S_IFLNK, for a reason that the caller has found:
 * FAULT_UNTRUSTED. */
MUST_CHECK struct fault trust_refuse(enum refusal_reason reason, mode_t type, const char *part, uid_t user);

/* What trust_open would say of a path, by another policy or, with NULL, by the process's.
 * Nothing is opened for reading or writing. */
MUST_CHECK struct fault trust_judge_path(const struct trust *trust, const char *path);
