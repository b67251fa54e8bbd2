/* SPDX-License-Identifier: MIT */
#include "plugin/cipher.h"
#include "plugin/reload.h"
#include "plugin/served.h"
#include "plugin/server.h"
#include "plugin/status.h"
#include "plugin/variables.h"

/* ---- functions that the server calls ---- */

static unsigned int latest_version(unsigned int id)
{
	uint32_t version = served_newest(id);

	return version ? version : ENCRYPTION_KEY_VERSION_INVALID;
}

static unsigned int copy_key(unsigned int id, unsigned int version, unsigned char *key, unsigned int *size)
{
	switch (served_key(id, version, key, size)) {
	case SERVED_COPIED:
		return 0;
	case SERVED_NO_ROOM:
		return ENCRYPTION_KEY_BUFFER_TOO_SMALL;
	default:
		return ENCRYPTION_KEY_VERSION_INVALID;
	}
}

static struct st_mariadb_encryption encryption = {
	.interface_version = MariaDB_ENCRYPTION_INTERFACE_VERSION,
	.get_latest_key_version = latest_version,
	.get_key = copy_key,
};

/* ---- start and end ---- */

static bool start(struct words *words)
{
	if (!variables_take(words))
		return false;
	cipher_use_cbc(&encryption);
	if (variables_want_ctr() && !cipher_use_ctr(&encryption)) {
		words_own(words, "This server's TLS library does not support aes_ctr");
		return false;
	}
	return reload_first(variables_source(), words);
}

static int plugin_init(void *plugin)
{
	struct words words;

	(void)plugin;
	if (start(&words))
		return 0;
	server_error(words.number, words.text);
	variables_forget();
	return 1;
}

static int plugin_deinit(void *plugin)
{
	(void)plugin;
	reload_end();
	variables_forget();
	return 0;
}

/* clang-format off */
maria_declare_plugin(mkeyfile_key_management) {
	MariaDB_ENCRYPTION_PLUGIN,
	&encryption,
	PLUGIN_NAME,
	PACKAGE_NAME,
	"Key file with key versions and reload without a restart",
	PLUGIN_LICENSE_BSD,
	plugin_init,
	plugin_deinit,
	0x0001,
	status_variables,
	system_variables,
	PACKAGE_VERSION,
	MariaDB_PLUGIN_MATURITY_GAMMA
}
maria_declare_plugin_end;
/* clang-format on */
