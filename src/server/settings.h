/* SPDX-License-Identifier: MIT */
#pragma once

#include "server/option_files.h"
#include "server/target.h"

/* The settings in a server's option files for the plugin that reads the key file:
 * file_key_management (plugin/file_key_management/file_key_management_plugin.cc), or mkeyfile's
 * own plugin if the server loads that. */

enum key_plugin { FILE_KEY_MANAGEMENT, MKEYFILE_KEY_MANAGEMENT };

/* "file_key_management": the name of the plugin and its library, and the prefix of its settings. */
const char *key_plugin_name(enum key_plugin plugin);

/* The name of the plugin that reads the file on a target. NULL means that the target is not
 * known: the server's own plugin. */
const char *key_plugin_of(const struct server_profile *target);

struct setting {
	const char *name;  /* as the line has it */
	const char *value; /* NULL: not set */
	bool loose;	   /* every line has "loose-": an unknown name is not an error */
};

/* Why a server cannot start, or cannot read any key file. */
enum obstacle_kind {
	OBSTACLE_NONE,
	OBSTACLE_NOT_LOADED, /* the plugin is not loaded */
	OBSTACLE_OFF,	     /* the plugin is loaded, but switched off */
	OBSTACLE_AMBIGUOUS,  /* the name of the option is ambiguous */
	OBSTACLE_WITHOUT_VALUE,
	OBSTACLE_PREFIX, /* "maximum-" or "autoset-" before an option that does not support it */
	OBSTACLE_VALUE,	 /* the plugin does not know the value */
	OBSTACLE_NO_FILENAME,
	OBSTACLE_CLEAR_TEXT, /* a password in clear text, which mkeyfile's plugin refuses */
	OBSTACLE_KDF,	     /* KDF settings that this server does not have */
	OBSTACLE_UNKNOWN,    /* a setting that no loaded plugin has */
};

/* The server's message about the first line that it does not accept. */
struct option_error {
	enum obstacle_kind kind;
	char *words;	    /* malloc(3)ed; NULL although kind is set: out of memory */
	unsigned int order; /* position of the line among all lines */
};

struct server_settings {
	enum key_plugin plugin; /* whose settings these are */
	struct setting filename;
	struct setting filekey; /* may contain the password in clear text: never print it */
	struct setting digest;
	struct setting use_pbkdf2;
	struct setting encryption_algorithm;
	struct setting clear_text_filekey; /* only for mkeyfile's plugin */
	struct setting reload;		   /* the same */
	const char *user;		   /* the user account that the server runs as; NULL: not set */
	const char *datadir;
	uint32_t default_key_id;	    /* for new tables (innodb_default_encryption_key_id); 0: not set */
	bool plugin_loaded;		    /* by plugin_load or plugin_load_add */
	bool plugin_off;		    /* file_key_management=OFF and the like */
	bool list_cut;			    /* the list of plugins ends early, after one that does not load */
	bool plugin_forced;		    /* the server does not start without the plugin */
	const char *rival;		    /* name of another plugin that would provide keys too; or NULL */
	const char *rival_filename;	    /* the key file of that plugin; or NULL */
	struct option_error load_error;	    /* in plugin_load or plugin_load_add, before any plugin is loaded */
	struct option_error capitals_error; /* in a name with capital letters, which old servers do not accept */
	struct option_error place_error;    /* in datadir or user, which the server reads next */
	struct option_error older_place;    /* the same for servers that have date_format */
	struct option_error error;	    /* in an option of the plugin that every server has */
	struct option_error kdf_error;	    /* in an option that only some servers have: digest, use_pbkdf2 */
	struct option_error unknown_kdf;    /* such an option, for a server that does not have it */
	struct option_error unknown;	    /* an option that no loaded plugin has */
	struct option_error without_plugin; /* any option of the plugin, if the plugin is not loaded */
};

#define SETTINGS __attribute__((cleanup(settings_free)))

/* Reads the settings from the lines of a server, which own the strings. If several lines set an
 * option, the last one counts; for user, the first one. If the lines are for two plugins that
 * read key files, the settings are those of the plugin that provides keys, otherwise of the
 * plugin that is loaded, otherwise of the plugin that has a file. If both would provide keys,
 * rival is set: it is not defined which one the server uses. Plugins installed at run time
 * (INSTALL SONAME) are not in option files. Any other library is assumed to load. profile: of the
 * server that reads the lines; NULL: not known, and treated as older than 11.8, which matters
 * only for list_cut. */
void settings_parse(const struct option_lines *lines, const struct server_profile *profile,
		    struct server_settings *ret_settings);
void settings_free(struct server_settings *settings);

/* Returns the KDF that the settings specify, for a server that has these settings. Returns false
 * if the digest or the number is not valid. */
bool settings_kdf(const struct server_settings *settings, struct kdf *ret_kdf);

/* Whether the server encrypts data with AES_CBC, which is the default. */
bool settings_use_cbc(const struct server_settings *settings);

/* Returns the path in "FILE:path". NULL: filekey, if it is set, is the password itself. */
const char *settings_password_path(const struct server_settings *settings);

struct obstacle {
	enum obstacle_kind kind;
	char *words;	  /* the server's words, or ours if the server prints none; malloc(3)ed */
	bool before_file; /* the server does not get to the key file */
};

/* profile: NULL if the server is not known. FAULT_MEMORY. */
MUST_CHECK struct fault settings_obstacle(const struct server_settings *settings, const struct server_profile *profile,
					  struct obstacle *ret_obstacle);
