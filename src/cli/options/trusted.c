/* SPDX-License-Identifier: MIT */
#include "cli/options/trusted.h"

#include "cli/options/repeatable.h"
#include "cli/words/message.h"

enum status no_such_account(const char *kind, const char *name)
{
	message_error("%s '%s' does not exist", kind, repeatable_near(name, SERVER_USER_DEFAULT " mariadb root"));
	return STATUS_USAGE;
}

static enum status add_owners(struct trust *trust, const struct accounts *accounts)
{
	struct server_user user;

	for (size_t i = 0; i < accounts->trusted_count; i++) {
		if (!server_user_find(accounts->trusted[i], &user))
			return no_such_account("user", accounts->trusted[i]);
		if (!trust_add(trust, user.uid))
			return usage_error("--trust-owner is given too many times");
	}
	return STATUS_DONE;
}

enum status trust_for_option_files(const struct accounts *accounts)
{
	struct trust trust = trust_caller();
	enum status status = add_owners(&trust, accounts);

	if (!status)
		trust_start(&trust);
	return status;
}

enum status trust_check_option_file(const struct accounts *accounts, const char *path)
{
	struct trust trust = trust_caller();
	enum status status = add_owners(&trust, accounts);
	struct fault fault = status ? fault_none() : trust_judge_path(&trust, path);

	return fault.code == FAULT_UNTRUSTED ? message_fault(fault, path) : status;
}

static const char *usual_server_user(const struct host *host)
{
	return host->settings.user ? host->settings.user : SERVER_USER_DEFAULT;
}

bool trust_find_server_account(const struct accounts *accounts, const struct host *host, struct server_user *ret_user)
{
	return server_user_find(accounts->server_user ? accounts->server_user : usual_server_user(host), ret_user);
}

/* A name is looked up when it matters: that may take a while where a directory service
 * knows it. */
static void add_usual_server_user(struct trust *trust, const char *name)
{
	struct server_user user;
	uint32_t number;

	if (!parse_decimal(name, 0, UINT32_MAX - 1, &number))
		trust->server_user = name;
	else if (server_user_find(name, &user))
		trust_add(trust, user.uid);
}

enum status trust_for_secrets(const struct accounts *accounts, const struct host *host)
{
	struct trust trust = trust_caller();
	struct server_user user;
	enum status status = add_owners(&trust, accounts);

	if (status)
		return status;
	if (!accounts->server_user)
		add_usual_server_user(&trust, usual_server_user(host));
	else if (!server_user_find(accounts->server_user, &user))
		return no_such_account("user", accounts->server_user);
	else
		trust_add(&trust, user.uid);
	trust_start(&trust);
	return STATUS_DONE;
}

struct trust trust_of_server(const struct accounts *accounts, uid_t user)
{
	struct trust trust = { .users = { 0, user }, .count = 2 };
	struct server_user owner;

	for (size_t i = 0; i < accounts->trusted_count; i++)
		if (server_user_find(accounts->trusted[i], &owner))
			trust_add(&trust, owner.uid);
	return trust;
}
