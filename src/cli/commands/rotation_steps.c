/* SPDX-License-Identifier: MIT */
#include "cli/commands/rotation_steps.h"

#include "cli/words/document.h"
#include "cli/words/message.h"
#include "core/format.h"

#include <stdlib.h>

static void say_step(unsigned int *count, char *words)
{
	++*count;
	if (words) {
		document_add_step(words);
		message_note("  %u. %s", *count, words);
	}
	free(words);
}

#define add_step(count, ...) say_step(count, format_text(__VA_ARGS__))

static bool has_id(const struct key_ids *ids, uint32_t id)
{
	for (size_t i = 0; i < ids->count; i++)
		if (ids->ids[i] == id)
			return true;
	return false;
}

static void add_version_steps(unsigned int *count, const struct rotation *rotation)
{
	add_step(
		count,
		"on each%s: FLUSH FILE_KEY_MANAGEMENT_KEYS (Enterprise Server), or SET GLOBAL mkeyfile_key_management_reload = ON (mkeyfile's plugin)",
		rotation->flushed ? " but the one that has read it" : "");
	add_step(
		count,
		"wait for InnoDB, 'mkeyfile status --wait': its threads re-encrypt pages that are more than innodb_encryption_rotate_key_age versions behind; with 1, the default, nothing until the next rotation");
	if (has_id(rotation->ids, KEY_ID_SYSTEM))
		add_step(
			count,
			"by hand, since nothing else does: rebuild the redo log (another innodb_log_file_size and a restart), rewrite Aria tables (ALTER TABLE ... FORCE; those in mysql as well), purge binary logs");
	add_step(
		count,
		"the old versions stay: backups need them, and what is not re-encrypted yet. 'mkeyfile remove --old-versions --datadir=DIR' takes out those that nothing needs, with the server stopped");
}

static void add_successor_steps(unsigned int *count, const struct rotation *rotation)
{
	add_step(count, "restart each of them");
	add_step(
		count,
		rotation->names_tables
			? "run the SQL, on one server of a cluster that replicates it"
			: "run the SQL, and the statements that it prints: mariadb --skip-column-names --raw <move.sql | mariadb");
	add_step(
		count,
		"the old key stays: logs and backups need it. 'mkeyfile remove --datadir=DIR ID' takes it out when nothing needs it, with the server stopped");
}

void say_rotation_steps(const struct rotation *rotation)
{
	unsigned int count = 0;

	message_note("next:");
	if (rotation->file)
		add_step(&count, "copy '%s' to every server of the cluster before any of them uses the new key",
			 rotation->file);
	else
		add_step(&count,
			 "bring the key file to every server of the cluster before any of them uses the new key");
	if (rotation->new_id)
		add_successor_steps(&count, rotation);
	else
		add_version_steps(&count, rotation);
}
