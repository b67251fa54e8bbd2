/* SPDX-License-Identifier: MIT */
#pragma once

#include "server/option_files.h"
#include "server/target.h"

/* What a server's option files say of the plugin that reads the key file:
 * file_key_management (plugin/file_key_management/file_key_management_plugin.cc), or
 * mkeyfile's own where that is loaded. */

enum key_plugin { FILE_KEY_MANAGEMENT, MKEYFILE_KEY_MANAGEMENT };

/* "file_key_management": the plugin, its library, and what its settings begin with. */
const char *key_plugin_name(enum key_plugin plugin);

/* The same of the plugin that reads the file on a target; NULL: not known, and so the
 * server's own. */
const char *key_plugin_of(const struct server_profile *target);

struct setting {
	const char *name;  /* as it is written */
	const char *value; /* NULL: not set */
	bool loose;	   /* each time with "loose-": no error where it is unknown */
};

/* What keeps a server from reading the key file, whatever is in it, or from starting
 * at all. */
enum obstacle_kind {
	OBSTACLE_NONE,
	OBSTACLE_NOT_LOADED, /* the plugin is not loaded */
	OBSTACLE_OFF,	     /* it is loaded and switched off */
	OBSTACLE_AMBIGUOUS,  /* an option that stands for several */
	OBSTACLE_WITHOUT_VALUE,
	OBSTACLE_PREFIX, /* "maximum-" or "autoset-", which the option does not take */
	OBSTACLE_VALUE,	 /* a value that the plugin does not know */
	OBSTACLE_NO_FILENAME,
	OBSTACLE_CLEAR_TEXT, /* a password in clear, which mkeyfile's plugin refuses */
	OBSTACLE_KDF,	     /* settings of the KDF, which this server does not have */
	OBSTACLE_UNKNOWN,    /* a setting that no loaded plugin has */
};

/* What the server says of the first line that it cannot take. */
struct option_error {
	enum obstacle_kind kind;
	char *words;	    /* malloc(3)ed; NULL with a kind: no memory */
	unsigned int order; /* of the line, among all */
};

struct server_settings {
	enum key_plugin plugin; /* whose settings these are */
	struct setting filename;
	struct setting filekey; /* maybe the password in clear: never shown */
	struct setting digest;
	struct setting use_pbkdf2;
	struct setting encryption_algorithm;
	struct setting clear_text_filekey; /* of mkeyfile's plugin alone */
	struct setting reload;		   /* and this */
	const char *user;		   /* that the server runs as; NULL: not set */
	const char *datadir;
	uint32_t default_key_id;	    /* of new tables (innodb_default_encryption_key_id); 0: not set */
	bool plugin_loaded;		    /* by plugin_load or plugin_load_add */
	bool plugin_off;		    /* file_key_management=OFF and the like */
	bool list_cut;			    /* of plugins, after one that does not load */
	bool plugin_forced;		    /* the server does not start without it */
	const char *rival;		    /* another plugin that would serve keys as well: its name; or NULL */
	const char *rival_filename;	    /* that it is to read, where it reads key files; or NULL */
	struct option_error load_error;	    /* in plugin_load and the like, before any plugin is loaded */
	struct option_error capitals_error; /* in a name with capital letters, which old servers do not know */
	struct option_error place_error;    /* in datadir or user, which the server reads next */
	struct option_error older_place;    /* the same, where the server has date_format */
	struct option_error error;	    /* in an option that the plugin has on every server */
	struct option_error kdf_error;	    /* in one that it has on some: digest, use_pbkdf2 */
	struct option_error unknown_kdf;    /* such an option, where the server does not have it */
	struct option_error unknown;	    /* an option that no loaded plugin has */
	struct option_error without_plugin; /* any option of the plugin's, where it is not loaded */
};

#define SETTINGS __attribute__((cleanup(settings_free)))

/* Takes the settings from the lines of a server, which own the strings. Of several lines
 * for one option the last one counts; of user the first one.
 * Of two plugins that read key files, the settings are those of the one that serves,
 * else of the one that is loaded, else of the one that has a file. Where both would
 * serve, rival is set: which one serves is not defined. Plugins that were installed at
 * run time (INSTALL SONAME) are not in option files. Libraries that neither plugin is in
 * are taken to load. profile: of the server that reads them; NULL, not known: one before
 * 11.8, which makes a difference only with list_cut. */
void settings_parse(const struct option_lines *lines, const struct server_profile *profile,
		    struct server_settings *ret_settings);
void settings_free(struct server_settings *settings);

/* The KDF that they name, for a server that has such settings. False when the
 * digest or the number is none. */
bool settings_kdf(const struct server_settings *settings, struct kdf *ret_kdf);

/* Whether data is encrypted by AES_CBC, which is so when nothing is set. */
bool settings_use_cbc(const struct server_settings *settings);

/* The path in "FILE:path", or NULL: then filekey, where there is one, is the
 * password itself. */
const char *settings_password_path(const struct server_settings *settings);

struct obstacle {
	enum obstacle_kind kind;
	char *words;	  /* the server's own, or ours where it says nothing; malloc(3)ed */
	bool before_file; /* it never gets to the key file */
};

/* profile: NULL when it is not known which server it is. FAULT_MEMORY. */
MUST_CHECK struct fault settings_obstacle(const struct server_settings *settings, const struct server_profile *profile,
					  struct obstacle *ret_obstacle);
