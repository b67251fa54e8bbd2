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
		"on each server%s, run FLUSH FILE_KEY_MANAGEMENT_KEYS (Enterprise Server) or SET GLOBAL mkeyfile_key_management_reload = ON (mkeyfile's plugin)",
		rotation->flushed ? " except the one that has already read the file" : "");
	add_step(
		count,
		"run 'mkeyfile status --wait': InnoDB re-encrypts pages with a key more than innodb_encryption_rotate_key_age versions old (with 1, the default, none before the next rotation)");
	if (has_id(rotation->ids, KEY_ID_SYSTEM))
		add_step(
			count,
			"re-encrypt the rest by hand: rebuild the redo log (change innodb_log_file_size and restart), rewrite Aria tables (ALTER TABLE ... FORCE, also in mysql), and purge binary logs");
	add_step(
		count,
		"keep the old versions: backups need them, and so does data that is not re-encrypted yet. With the server stopped, 'mkeyfile remove --old-versions --datadir=DIR ID' removes the versions that no data needs");
}

static void add_successor_steps(unsigned int *count, const struct rotation *rotation)
{
	add_step(count, "restart each server");
	add_step(
		count,
		rotation->names_tables
			? "run the SQL on one server of a cluster that replicates it"
			: "run the SQL, and the statements that it prints: mariadb --skip-column-names --raw <move.sql | mariadb");
	add_step(
		count,
		"keep the old key: logs and backups need it. With the server stopped, 'mkeyfile remove --datadir=DIR ID' removes it once no data needs it");
}

void say_rotation_steps(const struct rotation *rotation)
{
	unsigned int count = 0;

	message_note("next:");
	if (rotation->file)
		add_step(&count, "copy '%s' to every server of the cluster before any server uses the new key",
			 rotation->file);
	else
		add_step(&count, "copy the key file to every server of the cluster before any server uses the new key");
	if (rotation->new_id)
		add_successor_steps(&count, rotation);
	else
		add_version_steps(&count, rotation);
}
