# SPDX-License-Identifier: MIT

# MKEYFILE_SERVER_PLUGIN: --with-server-plugin=auto|yes|no and --with-plugin-dir.
# Sets SERVER_PLUGIN_CPPFLAGS, SERVER_PLUGIN_CFLAGS, SERVER_PLUGIN_LDFLAGS,
# serverplugindir and the conditional SERVER_PLUGIN.
AC_DEFUN([MKEYFILE_SERVER_PLUGIN], [
	AC_ARG_WITH([server-plugin],
		[AS_HELP_STRING([--with-server-plugin],
			[build the plugin for MariaDB servers, which requires mysql/plugin_encryption.h (default: if it is installed)])],
		[], [with_server_plugin=auto])
	AC_ARG_WITH([plugin-dir],
		[AS_HELP_STRING([--with-plugin-dir=DIR],
			[install the plugin in DIR (default: the server's plugin_dir)])])
	AC_ARG_VAR([SERVER_PLUGIN_CPPFLAGS], [directory of the server's mysql/plugin_encryption.h, as -I or -isystem])
	AS_IF([test "$with_server_plugin" != no], [_MKEYFILE_SERVER_HEADERS], [SERVER_PLUGIN_CPPFLAGS=])
	AS_IF([test "$with_server_plugin" = yes && test -z "$SERVER_PLUGIN_CPPFLAGS"],
		[AC_MSG_ERROR([mysql/plugin_encryption.h is missing: install libmariadbd-dev (Debian), or set SERVER_PLUGIN_CPPFLAGS=-I...])])
	AS_IF([test -n "$SERVER_PLUGIN_CPPFLAGS"], [with_server_plugin=yes], [with_server_plugin=no])
	AS_IF([test $with_server_plugin = yes], [
		_MKEYFILE_SERVER_PLUGIN_DIR
		_MKEYFILE_SERVER_PLUGIN_FLAGS
	])
	AC_SUBST([serverplugindir])
	AM_CONDITIONAL([SERVER_PLUGIN], [test $with_server_plugin = yes])
	AC_MSG_CHECKING([whether to build the server plugin])
	AC_MSG_RESULT([$with_server_plugin${serverplugindir:+, for $serverplugindir}])
])

# Finds the headers of the server, which differ from those of the client library.
# Debian and the RPM packages have them in server/ in the client's directory.
AC_DEFUN([_MKEYFILE_SERVER_HEADERS], [
	AC_MSG_CHECKING([for mysql/plugin_encryption.h])
	mkeyfile_saved_cppflags=$CPPFLAGS
	mkeyfile_found=no
	mkeyfile_client=`$PKG_CONFIG --variable=includedir libmariadb 2>/dev/null`
	for mkeyfile_flags in "$SERVER_PLUGIN_CPPFLAGS" \
		${mkeyfile_client:+"-isystem ${mkeyfile_client%/}/server"} \
		"-isystem /usr/include/mariadb/server" "-isystem /usr/include/mysql/server" \
		"-isystem /usr/local/include/mysql/server"; do
		CPPFLAGS="$mkeyfile_saved_cppflags $mkeyfile_flags"
		AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <mysql/plugin_encryption.h>]])],
			[mkeyfile_found=yes
			 break])
	done
	CPPFLAGS=$mkeyfile_saved_cppflags
	AS_IF([test $mkeyfile_found = yes],
		[SERVER_PLUGIN_CPPFLAGS=$mkeyfile_flags],
		[SERVER_PLUGIN_CPPFLAGS=])
	AC_MSG_RESULT([$mkeyfile_found])
])

# Finds the server's plugin directory: from its option files, or else from the server itself or
# mariadb.pc, or else the directory of its own file_key_management.so. (mariadb_config --plugindir
# is the directory of the client's plugins.) serverplugindir_from is "guess" if no server is
# installed; make install then prints a warning.
AC_DEFUN([_MKEYFILE_SERVER_PLUGIN_DIR], [
	serverplugindir=$with_plugin_dir
	serverplugindir_from=server
	AS_IF([test -z "$serverplugindir"],
		[serverplugindir=`my_print_defaults --mysqld 2>/dev/null | $SED -n 's|^--plugin@<:@-_@:>@dir=\(/.*@<:@^/@:>@\)/*$|\1|p' | tail -n 1`])
	AC_PATH_PROG([MARIADBD], [mariadbd], [], [$PATH$PATH_SEPARATOR/usr/sbin$PATH_SEPARATOR/usr/libexec$PATH_SEPARATOR/usr/local/sbin])
	AS_IF([test -z "$serverplugindir" && test -n "$MARIADBD"],
		[serverplugindir=`"$MARIADBD" --no-defaults --verbose --help 2>/dev/null | $SED -n 's|^plugin-dir  *\(/.*[[^/]]\)/*$|\1|p'`])
	AS_IF([test -z "$serverplugindir"],
		[serverplugindir=`$PKG_CONFIG --variable=plugindir mariadb 2>/dev/null`])
	for mkeyfile_dir in /usr/lib/mysql/plugin /usr/lib64/mysql/plugin /usr/lib/mariadb/plugin; do
		AS_IF([test -z "$serverplugindir" && test -e $mkeyfile_dir/file_key_management.so],
			[serverplugindir=$mkeyfile_dir])
	done
	AS_IF([test -z "$serverplugindir"],
		[serverplugindir='${libdir}/mysql/plugin'
		 serverplugindir_from=guess
		 AC_MSG_WARN([no MariaDB server is installed, so its plugin directory is unknown: use --with-plugin-dir=DIR])])
	AC_SUBST([serverplugindir_from])
])

# HARDENING_CFLAGS and HARDENING_LDFLAGS without the flags for programs.
AC_DEFUN([_MKEYFILE_SERVER_PLUGIN_FLAGS], [
	SERVER_PLUGIN_CFLAGS="`AS_ECHO(["$HARDENING_CFLAGS"]) | $SED 's/-fPIE//'` -fPIC"
	SERVER_PLUGIN_LDFLAGS=`AS_ECHO(["$HARDENING_LDFLAGS"]) | $SED 's/-pie\>//; s/-Wl,-z,nodlopen//'`
	# report undefined symbols when linking; with a sanitizer of clang this is not possible,
	# because the program has the sanitizer's symbols
	mkeyfile_saved_ldflags=$LDFLAGS
	LDFLAGS="$LDFLAGS -shared -fPIC -Wl,-z,defs"
	AC_MSG_CHECKING([whether shared objects link with -Wl,-z,defs])
	AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdlib.h>]], [[return atoi("1");]])],
		[AC_MSG_RESULT([yes])
		 SERVER_PLUGIN_LDFLAGS="$SERVER_PLUGIN_LDFLAGS -Wl,-z,defs"],
		[AC_MSG_RESULT([no])])
	LDFLAGS=$mkeyfile_saved_ldflags
	AC_SUBST([SERVER_PLUGIN_CFLAGS])
	AC_SUBST([SERVER_PLUGIN_LDFLAGS])
])
