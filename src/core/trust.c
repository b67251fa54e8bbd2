/* SPDX-License-Identifier: MIT */
#include "core/trust.h"

#include "core/cleanup.h"
#include "core/same_file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as in path_resolution(7) */
#define DEPTH_MAX 2048

static struct trust active;
static bool is_active;
static struct refusal_of_trust last_refusal;

struct trust trust_caller(void)
{
	struct trust trust = { 0 };

	trust_add(&trust, 0);
	trust_add(&trust, geteuid());
	return trust;
}

bool trust_add(struct trust *trust, uid_t user)
{
	if (trust->count == TRUST_USERS_MAX)
		return false;
	trust->users[trust->count++] = user;
	return true;
}

void trust_start(const struct trust *trust)
{
	active = *trust;
	is_active = true;
}

bool trust_accepts_user(uid_t user)
{
	return !is_active || trust_has_user(&active, user);
}

const struct refusal_of_trust *trust_refusal(void)
{
	return &last_refusal;
}

/* ---- users and groups ---- */

bool trust_has_user(const struct trust *trust, uid_t user)
{
	const struct passwd *entry;

	for (size_t i = 0; i < trust->count; i++)
		if (trust->users[i] == user)
			return true;
	entry = trust->server_user ? getpwnam(trust->server_user) : NULL;
	return entry && entry->pw_uid == user;
}

/* The group of a user without a passwd entry is known only if that user runs this process. */
static bool is_primary_group(uid_t user, gid_t group)
{
	const struct passwd *entry = getpwuid(user);

	if (entry)
		return entry->pw_gid == group;
	return user == geteuid() && group == getegid();
}

static bool is_trusted_group(const struct trust *trust, gid_t group)
{
	const struct passwd *entry;

	for (size_t i = 0; i < trust->count; i++)
		if (is_primary_group(trust->users[i], group))
			return true;
	entry = trust->server_user ? getpwnam(trust->server_user) : NULL;
	return entry && entry->pw_gid == group;
}

/* ---- one directory, link or file ---- */

/* The file to check: a descriptor (O_PATH is enough), and its name for messages. */
struct part {
	int descriptor;
	const struct stat *status;
	const char *path;
};

static struct fault refuse_part(const struct part *part, enum refusal_reason reason, uid_t user, gid_t group)
{
	last_refusal = (struct refusal_of_trust){
		.reason = reason, .type = part->status->st_mode & S_IFMT, .user = user, .group = group
	};
	snprintf(last_refusal.part, sizeof(last_refusal.part), "%s", *part->path ? part->path : "/");
	return fault_of(FAULT_UNTRUSTED);
}

/* The layout of system.posix_acl_access (linux/posix_acl_xattr.h). */
struct acl_entry {
	uint16_t tag;
	uint16_t permissions;
	uint32_t id;
};

enum { ACL_USER = 0x02, ACL_GROUP_OBJ = 0x04, ACL_GROUP = 0x08, ACL_WRITE = 0x02 };

#define ACL_ENTRIES_MAX 1024
#define ACL_HEADER_SIZE 4

static struct fault judge_acl_entry(const struct trust *trust, const struct part *part, const struct acl_entry *entry)
{
	uint32_t id = le32toh(entry->id);

	if (!(le16toh(entry->permissions) & ACL_WRITE))
		return fault_none();
	switch (le16toh(entry->tag)) {
	case ACL_USER:
		return trust_has_user(trust, id) ? fault_none() : refuse_part(part, REFUSAL_USER, id, 0);
	case ACL_GROUP:
		return is_trusted_group(trust, id) ? fault_none() : refuse_part(part, REFUSAL_NAMED_GROUP, 0, id);
	case ACL_GROUP_OBJ:
		return is_trusted_group(trust, part->status->st_gid)
			       ? fault_none()
			       : refuse_part(part, REFUSAL_GROUP, 0, part->status->st_gid);
	default:
		return fault_none();
	}
}

/* Returns the size of the ACL in bytes, 0 if there is none, or -errno. */
static ssize_t read_acl(int descriptor, void *acl, size_t size)
{
	char path[64];
	ssize_t got;

	/* the attributes of an O_PATH descriptor can only be read through its path in /proc */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	got = getxattr(path, "system.posix_acl_access", acl, size);
	if (got >= 0)
		return got;
	return errno == ENODATA || errno == ENOTSUP ? 0 : -errno;
}

/* With an ACL, the group's permission is the mask, which limits what the ACL grants to
 * users and groups. */
static struct fault judge_group(const struct trust *trust, const struct part *part)
{
	char acl[ACL_HEADER_SIZE + ACL_ENTRIES_MAX * sizeof(struct acl_entry)];
	ssize_t size = read_acl(part->descriptor, acl, sizeof(acl));
	struct acl_entry entry;
	struct fault fault = fault_none();

	if (size < 0)
		return refuse_part(part, REFUSAL_UNKNOWN, 0, part->status->st_gid);
	if (!size && !is_trusted_group(trust, part->status->st_gid))
		return refuse_part(part, REFUSAL_GROUP, 0, part->status->st_gid);
	for (size_t at = ACL_HEADER_SIZE; at + sizeof(entry) <= (size_t)size && !fault.code; at += sizeof(entry)) {
		memcpy(&entry, acl + at, sizeof(entry));
		fault = judge_acl_entry(trust, part, &entry);
	}
	return fault;
}

static struct fault judge_writers(const struct trust *trust, const struct part *part)
{
	mode_t mode = part->status->st_mode;

	if (mode & S_IWOTH)
		return refuse_part(part, REFUSAL_OTHERS, 0, 0);
	return mode & S_IWGRP ? judge_group(trust, part) : fault_none();
}

static struct fault judge_owner(const struct trust *trust, const struct part *part)
{
	uid_t owner = part->status->st_uid;

	return trust_has_user(trust, owner) ? fault_none() : refuse_part(part, REFUSAL_OWNER, owner, 0);
}

/* Checks that only trusted users can change entries that they do not own. */
static struct fault judge_directory(const struct trust *trust, int directory, const char *path)
{
	struct stat status;
	const struct part part = { directory, &status, path };
	struct fault fault;

	if (!trust)
		return fault_none();
	if (fstat(directory, &status))
		return fault_errno(FAULT_OPEN, errno);
	fault = judge_owner(trust, &part);
	if (fault.code || (status.st_mode & S_ISVTX))
		return fault;
	return judge_writers(trust, &part);
}

/* Returns whether others can link files into the directory. The owner of a file has then
 * not necessarily put it there. */
static bool is_linked_by_others(const struct trust *trust, const struct place *place, const struct stat *status)
{
	struct stat directory;
	struct refusal_of_trust before = last_refusal;
	bool shared;

	if (!S_ISREG(status->st_mode) || status->st_nlink < 2 || fstat(place->directory, &directory))
		return false;
	const struct part part = { place->directory, &directory, "" };

	shared = judge_writers(trust, &part).code != FAULT_NONE;
	last_refusal = before;
	return shared;
}

static struct fault judge_file(const struct trust *trust, const struct place *place, int descriptor)
{
	struct stat status;
	const struct part part = { descriptor, &status, place->path };
	struct fault fault;

	if (!trust || place->of_caller)
		return fault_none();
	if (fstat(descriptor, &status))
		return fault_errno(FAULT_OPEN, errno);
	fault = judge_owner(trust, &part);
	if (!fault.code && S_ISREG(status.st_mode))
		fault = judge_writers(trust, &part);
	if (!fault.code && is_linked_by_others(trust, place, &status))
		fault = refuse_part(&part, REFUSAL_SECOND_NAME, 0, 0);
	return fault;
}

struct fault trust_judge_file(const struct place *place, int descriptor)
{
	return judge_file(is_active ? &active : NULL, place, descriptor);
}

struct fault trust_refuse(enum refusal_reason reason, mode_t type, const char *part, uid_t user)
{
	const struct stat status = { .st_mode = type };

	return refuse_part(&(struct part){ -1, &status, part }, reason, user, 0);
}

bool trust_has_entry(int directory, const char *name, int descriptor)
{
	const struct place place = { .directory = directory, .name = (char *)name, .path = (char *)name };

	return !trust_judge_file(&place, descriptor).code;
}

/* ---- the walk ---- */

struct walk {
	const struct trust *trust; /* NULL: nothing is checked */
	int at;			   /* the directory reached so far; O_PATH */
	char path[PATH_MAX];	   /* its absolute path, without a trailing slash: "" is the root */
	char rest[PATH_MAX];	   /* the rest of the path, as of the start or the last link */
	const char *left;	   /* the part of rest that is left */
	char *link;		   /* as in struct place */
	uid_t link_owner;
	unsigned int links; /* followed so far */
};

static struct fault failed(void)
{
	return fault_errno(FAULT_OPEN, errno);
}

static void move(struct walk *walk, int directory)
{
	if (walk->at >= 0)
		close(walk->at);
	walk->at = directory;
}

static struct fault start_at_root(struct walk *walk)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return failed();
	move(walk, root);
	walk->path[0] = '\0';
	return fault_none();
}

static void cut_last_name(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/* Checks the directories above the working directory by walking up, because its path may
 * be out of date. The walk ends at a directory that this process may not search, because
 * no path leads this process through it. */
static struct fault judge_above(const struct walk *walk)
{
	char path[PATH_MAX];
	int below = openat(walk->at, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct fault fault = below < 0 ? failed() : fault_none();

	strcpy(path, walk->path);
	for (int depth = 0; !fault.code && depth < DEPTH_MAX; depth++) {
		int above = openat(below, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct stat one;
		struct stat other;
		bool is_top;

		if (above < 0)
			break;
		is_top = fstat(below, &one) || fstat(above, &other) || file_is_same(&one, &other);
		close(below);
		below = above;
		if (is_top)
			break;
		cut_last_name(path);
		fault = judge_directory(walk->trust, above, path);
	}
	if (below >= 0)
		close(below);
	return fault;
}

static struct fault start_here(struct walk *walk)
{
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (here < 0)
		return failed();
	move(walk, here);
	if (!getcwd(walk->path, sizeof(walk->path)))
		strcpy(walk->path, "."); /* removed or unreachable */
	if (!strcmp(walk->path, "/"))
		walk->path[0] = '\0';
	return walk->trust ? judge_above(walk) : fault_none();
}

static struct fault start(struct walk *walk, const char *path)
{
	if (!*path)
		return fault_errno(FAULT_OPEN, ENOENT);
	if (strlen(path) >= sizeof(walk->rest))
		return fault_errno(FAULT_OPEN, ENAMETOOLONG);
	strcpy(walk->rest, path);
	walk->left = walk->rest;
	return *path == '/' ? start_at_root(walk) : start_here(walk);
}

/* Takes the next name from the rest, or "." if there is none. is_last: only slashes
 * follow, which are then skipped. */
static void next_name(struct walk *walk, char name[PATH_MAX], bool *ret_is_last)
{
	const char *from = walk->left + strspn(walk->left, "/");
	size_t size = strcspn(from, "/");

	memcpy(name, from, size);
	name[size] = '\0';
	if (!size)
		strcpy(name, ".");
	*ret_is_last = !from[size];
	walk->left = from + size;
}

/* Writes the absolute path of name in the current directory of the walk. */
static bool append(const struct walk *walk, const char *name, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/%s", walk->path, name) < PATH_MAX;
}

static struct fault end_at(struct walk *walk, const char *name, struct place *ret_place)
{
	char path[PATH_MAX];

	if (!strcmp(name, "."))
		strcpy(path, *walk->path ? walk->path : "/");
	else if (!append(walk, name, path))
		return fault_errno(FAULT_OPEN, ENAMETOOLONG);
	ret_place->name = strdup(name);
	ret_place->path = strdup(path);
	if (!ret_place->name || !ret_place->path)
		return fault_of(FAULT_MEMORY);
	ret_place->directory = walk->at;
	walk->at = -1;
	return fault_none();
}

static struct fault go_up(struct walk *walk)
{
	int above = openat(walk->at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (above < 0)
		return failed();
	move(walk, above);
	cut_last_name(walk->path);
	return fault_none();
}

static struct fault go_down(struct walk *walk, const char *name, int directory)
{
	char path[PATH_MAX];

	if (!append(walk, name, path)) {
		close(directory);
		return fault_errno(FAULT_OPEN, ENAMETOOLONG);
	}
	strcpy(walk->path, path);
	move(walk, directory);
	return fault_none();
}

static bool is_of_kernel(const struct walk *walk)
{
	struct statfs file_system;

	return !fstatfs(walk->at, &file_system) && file_system.f_type == PROC_SUPER_MAGIC;
}

/* A link in /proc leads to the file itself; its text is ignored. */
static struct fault pass_kernel_link(struct walk *walk, const char *name, bool is_last, struct place *ret_place)
{
	struct stat here;
	struct stat own;
	int directory;

	if (!is_last) {
		directory = openat(walk->at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return directory < 0 ? failed() : go_down(walk, name, directory);
	}
	ret_place->of_kernel = true;
	ret_place->of_caller = !fstat(walk->at, &here) && !stat("/proc/self/fd", &own) && file_is_same(&here, &own);
	return end_at(walk, name, ret_place);
}

static struct fault remember_link(struct walk *walk, const char *path, uid_t owner)
{
	if (walk->link || !owner || owner == geteuid())
		return fault_none();
	walk->link_owner = owner;
	walk->link = strdup(path);
	return walk->link ? fault_none() : fault_of(FAULT_MEMORY);
}

static struct fault judge_link(struct walk *walk, const char *name, int link, const struct stat *status)
{
	char path[PATH_MAX];
	struct fault fault = fault_none();

	if (!append(walk, name, path))
		return fault_errno(FAULT_OPEN, ENAMETOOLONG);
	if (walk->trust)
		fault = judge_owner(walk->trust, &(struct part){ link, status, path });
	return fault.code ? fault : remember_link(walk, path, status->st_uid);
}

/* Inserts the link's text before the rest of the path. */
static struct fault follow_link(struct walk *walk, const char *name, int link, const struct stat *status, bool is_last)
{
	char text[PATH_MAX];
	struct fault fault = judge_link(walk, name, link, status);
	ssize_t size;

	if (fault.code)
		return fault;
	size = readlinkat(link, "", text, sizeof(text) - 1);
	if (size <= 0)
		return size < 0 ? failed() : fault_errno(FAULT_OPEN, ENOENT);
	text[size] = '\0';
	if (++walk->links > LINKS_MAX)
		return fault_errno(FAULT_OPEN, ELOOP);
	if ((size_t)size + strlen(walk->left) + 2 > sizeof(walk->rest))
		return fault_errno(FAULT_OPEN, ENAMETOOLONG);
	if (!is_last)
		strcat(text, "/");
	strcat(text, walk->left);
	strcpy(walk->rest, text);
	walk->left = walk->rest;
	return text[0] == '/' ? start_at_root(walk) : fault_none();
}

/* Opens a directory with O_DIRECTORY, so that automount(8) mounts it. */
static int open_part(const struct walk *walk, const char *name, bool is_last)
{
	const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
	int part = is_last ? -1 : openat(walk->at, name, flags | O_DIRECTORY);

	if (part < 0 && (is_last || errno == ENOTDIR || errno == ELOOP))
		part = openat(walk->at, name, flags);
	return part;
}

/* Passes a name other than "." and "..". */
static struct fault pass_name(struct walk *walk, const char *name, bool is_last, bool follow, struct place *ret_place)
{
	struct stat status;
	struct fault fault = judge_directory(walk->trust, walk->at, walk->path);
	int part = fault.code ? -1 : open_part(walk, name, is_last);

	if (fault.code)
		return fault;
	if (part < 0) {
		if (errno != ENOENT || !is_last)
			return failed();
		ret_place->absent = true;
		return end_at(walk, name, ret_place);
	}
	if (fstat(part, &status)) {
		fault = failed();
	} else if (S_ISLNK(status.st_mode) && (follow || !is_last)) {
		fault = is_of_kernel(walk) ? pass_kernel_link(walk, name, is_last, ret_place)
					   : follow_link(walk, name, part, &status, is_last);
	} else if (is_last) {
		fault = end_at(walk, name, ret_place);
	} else if (S_ISDIR(status.st_mode)) {
		return go_down(walk, name, part);
	} else {
		fault = fault_errno(FAULT_OPEN, ENOTDIR);
	}
	close(part);
	return fault;
}

static struct fault find(const struct trust *trust, const char *path, bool follow, struct place *ret_place)
{
	struct walk walk = { .trust = trust, .at = -1 };
	struct place place = PLACE_NONE;
	struct fault fault = start(&walk, path);
	char name[PATH_MAX];
	bool is_last;

	while (!fault.code && place.directory < 0) {
		next_name(&walk, name, &is_last);
		if (!strcmp(name, ".."))
			fault = go_up(&walk);
		else if (strcmp(name, "."))
			fault = pass_name(&walk, name, is_last, follow, &place);
		if (!fault.code && is_last && place.directory < 0 && (!strcmp(name, ".") || !strcmp(name, "..")))
			fault = end_at(&walk, ".", &place);
	}
	move(&walk, -1);
	place.link = walk.link;
	place.link_owner = walk.link_owner;
	if (fault.code)
		place_close(&place);
	else
		*ret_place = place;
	return fault;
}

struct fault trust_find(const char *path, bool follow, struct place *ret_place)
{
	return find(is_active ? &active : NULL, path, follow, ret_place);
}

void place_close(struct place *place)
{
	if (place->directory >= 0)
		close(place->directory);
	free(place->name);
	free(place->path);
	free(place->link);
	*place = PLACE_NONE;
}

/* ---- opening ---- */

static struct fault judge_unopened(const struct trust *trust, const struct place *place)
{
	int flags = O_PATH | O_CLOEXEC | (place->of_kernel ? 0 : O_NOFOLLOW);
	DESCRIPTOR int file = openat(place->directory, place->name, flags);

	return file < 0 ? failed() : judge_file(trust, place, file);
}

struct fault trust_judge_place(const struct place *place)
{
	return is_active ? judge_unopened(&active, place) : fault_none();
}

struct fault trust_judge_path(const struct trust *trust, const char *path)
{
	PLACE struct place place = PLACE_NONE;
	struct fault fault;

	if (!trust && is_active)
		trust = &active;
	fault = find(trust, path, true, &place);

	if (!fault.code && place.absent)
		fault = fault_errno(FAULT_OPEN, ENOENT);
	return fault.code ? fault : judge_unopened(trust, &place);
}

static struct fault open_at(const struct place *place, int flags, int *ret_descriptor)
{
	int file = openat(place->directory, place->name, flags | (place->of_kernel ? 0 : O_NOFOLLOW));
	struct fault fault = file < 0 ? failed() : judge_file(&active, place, file);

	if (fault.code && file >= 0)
		close(file);
	if (!fault.code)
		*ret_descriptor = file;
	return fault;
}

struct fault trust_open(const char *path, int flags, int *ret_descriptor)
{
	PLACE struct place place = PLACE_NONE;
	struct fault fault;

	flags |= O_CLOEXEC | O_NOCTTY;
	if (!is_active) {
		*ret_descriptor = open(path, flags);
		return *ret_descriptor < 0 ? failed() : fault_none();
	}
	fault = find(&active, path, true, &place);
	if (!fault.code && place.absent)
		fault = fault_errno(FAULT_OPEN, ENOENT);
	if (!fault.code)
		fault = trust_judge_place(&place);
	return fault.code ? fault : open_at(&place, flags, ret_descriptor);
}
