/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/trust.h"
#include "server/access.h"

/* Reports that the account does not exist. kind: "user" or "group". Returns STATUS_USAGE. */
enum status no_such_account(const char *kind, const char *name);

/* Whose files a command trusts (core/trust.h), according to the options. */

/* For option files: trusts root, the caller, and the users of --trust-owner, but not the
 * server's user account, which could make root run a command. */
MUST_CHECK enum status trust_for_option_files(const struct accounts *accounts);

/* Refuses an option file for another program by the same rule. */
MUST_CHECK enum status trust_check_option_file(const struct accounts *accounts, const char *path);

/* For everything else: these and the server's user account. Refuses a --server-user or
 * --trust-owner that does not exist; any number does. */
MUST_CHECK enum status trust_for_secrets(const struct accounts *accounts, const struct host *host);

/* The server's user account: --server-user, else what the server's option files say, else
 * "mysql". False: this host has no such account. */
bool trust_find_server_account(const struct accounts *accounts, const struct host *host, struct server_user *ret_user);

/* Of a server's view of its files: root, user, and the users of --trust-owner. */
struct trust trust_of_server(const struct accounts *accounts, uid_t user);
