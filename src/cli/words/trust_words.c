/* SPDX-License-Identifier: MIT */
#include "cli/words/trust_words.h"

#include "core/format.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *type_name(mode_t type)
{
	switch (type) {
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "symbolic link";
	case S_IFIFO:
		return "named pipe";
	case S_IFSOCK:
		return "socket";
	case S_IFCHR:
	case S_IFBLK:
		return "device";
	default:
		return "file";
	}
}

struct account_name {
	char text[64];
};

/* The name if it has only usual characters, else the number. */
static struct account_name account_name(const char *name, unsigned int number)
{
	struct account_name account;
	static const char usual[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	if (name && strlen(name) < sizeof(account.text) && !name[strspn(name, usual)])
		strcpy(account.text, name);
	else
		snprintf(account.text, sizeof(account.text), "%u", number);
	return account;
}

static struct account_name user_name(uid_t user)
{
	const struct passwd *entry = getpwuid(user);

	return account_name(entry ? entry->pw_name : NULL, user);
}

static struct account_name group_name(gid_t group)
{
	const struct group *entry = getgrgid(group);

	return account_name(entry ? entry->gr_name : NULL, group);
}

char *refusal_words(const struct refusal_of_trust *refusal)
{
	const char *type = type_name(refusal->type);
	const char *does = refusal->type == S_IFDIR ? "rename files in" : "write to";

	switch (refusal->reason) {
	case REFUSAL_OWNER:
		return format_text("user '%s' owns %s '%s'", user_name(refusal->user).text, type, refusal->part);
	case REFUSAL_USER:
		return format_text("user '%s' can %s %s '%s'", user_name(refusal->user).text, does, type,
				   refusal->part);
	case REFUSAL_GROUP:
	case REFUSAL_NAMED_GROUP:
		return format_text("group '%s' can %s %s '%s'", group_name(refusal->group).text, does, type,
				   refusal->part);
	case REFUSAL_OTHERS:
		return format_text("any user can %s %s '%s'", does, type, refusal->part);
	case REFUSAL_UNKNOWN:
		return format_text("cannot read the ACL of %s '%s', which other users can write to", type,
				   refusal->part);
	case REFUSAL_SECOND_NAME:
		return format_text("%s '%s' has another hard link, and any user can create links in its directory",
				   type, refusal->part);
	case REFUSAL_LINK:
		return format_text("user '%s' owns %s '%s' and could redirect the owner or mode change to another file",
				   user_name(refusal->user).text, type, refusal->part);
	case REFUSAL_HARD_LINK:
		return format_text("%s '%s' has another hard link, which would get the same owner and mode", type,
				   refusal->part);
	case REFUSAL_NONE:
		break;
	}
	return NULL;
}

/* A name that needs no quotes in a shell. Other names are not printed for pasting. */
static bool is_plain(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+:@%,=-";

	return !path[strspn(path, plain)];
}

/* "run 'chmod o-w /srv'" */
static char *command_words(const char *command, const char *account, const struct refusal_of_trust *refusal)
{
	if (is_plain(refusal->part))
		return format_text("run '%s%s %s'", command, account, refusal->part);
	return format_text("run '%s%s' on the %s", command, account, type_name(refusal->type));
}

/* Frees words. */
static char *or_trust(char *words, const char *user)
{
	char *both = words ? format_text("%s, or use --trust-owner=%s", words, user) : NULL;

	free(words);
	return both;
}

char *refusal_fix(const struct refusal_of_trust *refusal)
{
	const struct account_name user = user_name(refusal->user);

	switch (refusal->reason) {
	case REFUSAL_OWNER:
		return or_trust(command_words(refusal->type == S_IFLNK ? "chown -h root" : "chown root", "", refusal),
				user.text);
	case REFUSAL_USER:
		return or_trust(command_words("setfacl -x u:", user.text, refusal), user.text);
	case REFUSAL_GROUP:
		return command_words("chmod g-w", "", refusal);
	case REFUSAL_NAMED_GROUP:
		return command_words("setfacl -x g:", group_name(refusal->group).text, refusal);
	case REFUSAL_UNKNOWN:
		return command_words("chmod g-w", "", refusal);
	case REFUSAL_OTHERS:
		return command_words("chmod o-w", "", refusal);
	case REFUSAL_SECOND_NAME:
		return format_text("move the file to a directory that other users cannot write to");
	case REFUSAL_LINK:
		return format_text("check which file the link points to, and use the path of that file");
	case REFUSAL_HARD_LINK:
		return format_text("remove the other hard links, or replace the file with a copy");
	case REFUSAL_NONE:
		break;
	}
	return NULL;
}
