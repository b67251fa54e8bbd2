/* SPDX-License-Identifier: MIT */
#include "cli/managers/exchange.h"

#include "cli/managers/aws.h"
#include "cli/managers/key_text.h"
#include "cli/managers/other_file.h"
#include "cli/managers/vault.h"

/* Reads the text of the chosen keys. It is empty if the manager has none of them. */
static enum status read_keys(const struct manager *manager, const struct key_choice *choice,
			     const struct secret *password, struct findings *findings, struct secret *ret_text)
{
	switch (manager->kind) {
	case MANAGER_AWS:
		return aws_read(manager, choice, ret_text);
	case MANAGER_VAULT:
		return vault_read(manager, choice, findings, ret_text);
	default:
		return other_file_read(manager, choice, password, ret_text);
	}
}

enum status manager_open(const struct manager *manager, const struct key_choice *choice, const struct secret *password,
			 struct findings *findings, struct keyfile *ret_keyfile)
{
	FINDINGS struct findings own = { 0 };
	SECRET struct secret text = { 0 };
	enum status status = read_keys(manager, choice, password, findings ? findings : &own, &text);

	if (!status)
		status = manager_warn(&own);
	return status ? status : key_text_parse(manager, &text, ret_keyfile);
}

enum status manager_check(const struct manager *manager, const struct secret *text)
{
	return manager->kind == MANAGER_AWS ? aws_check(manager, text) : vault_check(manager, text);
}

enum status manager_write(const struct manager *manager, const struct secret *text)
{
	return manager->kind == MANAGER_AWS ? aws_write(manager, text) : vault_write(manager, text);
}
