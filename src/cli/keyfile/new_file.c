/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/new_file.h"

#include "cli/options/trusted.h"
#include "cli/words/message.h"
#include "cli/words/shell_word.h"
#include "core/cleanup.h"

#include <unistd.h>

struct file_access new_file_access(const struct options *options)
{
	struct server_user user;

	if (geteuid() || !trust_find_server_account(&options->accounts, &options->host, &user))
		return (struct file_access){ 0 };
	return (struct file_access){
		.sets_owner = true,
		.is_wish = true,
		.owner = user.uid,
		.group = user.nameless ? (gid_t)-1 : user.gid,
	};
}

bool new_file_is_encrypted(const struct options *options)
{
	return options->new_password_file || password_source_is_given(&options->password);
}

enum status new_file_password(const struct options *options, struct new_password_file *new_password_file,
			      struct password *ret_password)
{
	if (new_password_file->path) {
		enum status status = new_password_file_make(new_password_file, ret_password);

		new_password_file->store.access = new_file_access(options);
		return status;
	}
	if (password_source_is_given(&options->password))
		return password_source_get_new(&options->password, options->file, ret_password);
	return STATUS_DONE;
}

/* Checks the file's own owner and mode first: the server may not have access to its directory
 * yet. Otherwise tries it, since the user may be in more groups. */
static bool can_read(const struct server_user *user, const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return false;
	return status.st_uid == user->uid ||
	       (!user->nameless && (status.st_mode & S_IRGRP) && status.st_gid == user->gid) ||
	       !server_user_reads(user, path);
}

/* The user account that must own the files; NULL: the server can read them. */
static const char *needed_owner(const struct options *options, const char *password_file)
{
	struct server_user user = { .name = SERVER_USER_DEFAULT };

	if (trust_find_server_account(&options->accounts, &options->host, &user) && can_read(&user, options->file) &&
	    (!password_file || can_read(&user, password_file)))
		return NULL;
	return user.name;
}

void new_file_say_next(const struct options *options, const char *password_file)
{
	const char *owner = needed_owner(options, password_file);
	HEAP char *file = shell_word(options->file);
	HEAP char *password = password_file ? shell_word(password_file) : NULL;

	if (!owner)
		message_step("add %s to the server's option file ('mkeyfile config' prints the section)",
			     password_file ? "both files" : "the key file");
	else if (file && password)
		message_step(
			"make both files readable by the server's user account (chown %s %s %s), and add them to the server's option file ('mkeyfile config' prints the section)",
			owner, file, password);
	else if (file)
		message_step(
			"make the key file readable by the server's user account (chown %s %s), and add it to the server's option file ('mkeyfile config' prints the section)",
			owner, file);
	if (new_file_is_encrypted(options))
		message_step(
			"keep copies of the key file and of the password in two separate safe places: without them, the data is lost");
	else
		message_step("keep a copy of the key file in a safe place: without it, the data is lost");
}
