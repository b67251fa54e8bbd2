# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A real MariaDB server in the directory of the test: $MARIADBD, or else Debian's. It has a
# separate directory for temporary tables, because a server deletes those of other servers
# when it starts.

: "${MARIADBD:=mariadbd}"
PATH=$PATH:/usr/sbin
# when a server starts, it deletes the files of other servers there
export TMPDIR=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}

# Uses the programs of a Debian release from here on: bullseye (10.5), bookworm (10.11) or trixie
# (11.8). They are in the root that scripts/server-root builds, unless this host has that release.
server_release() { # release
	local here
	# shellcheck source=/dev/null
	here=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
	PATH=${PATH//"$server_programs"/}
	server_programs=
	MARIADBD=mariadbd
	[ "$1" != "$here" ] || return 0
	server_programs=${MKEYFILE_ROOTS:-${abs_top_srcdir:?}/build/roots}/$1/outside/bin:
	[ -x "${server_programs%:}/mariadbd" ] || skip "requires the root that scripts/server-root $1 builds"
	[ "$(id -u)" = 0 ] || skip 'requires root, for a mount namespace'
	PATH=$server_programs$PATH
}

# what server_release has added to PATH
server_programs=

# With MKEYFILE_TEST_SERVER=10.5, 10.11 or 11.8, all tests of a file use that server, and their
# names begin with its version.
case ${MKEYFILE_TEST_SERVER-} in
'') ;;
10.5) server_release bullseye ;;
10.11) server_release bookworm ;;
11.8) server_release trixie ;;
*) echo "MKEYFILE_TEST_SERVER=$MKEYFILE_TEST_SERVER: use 10.5, 10.11 or 11.8" >&2 && return 1 ;;
esac
# shellcheck disable=SC2034 # for Bats
[ -z "${MKEYFILE_TEST_SERVER-}" ] || BATS_TEST_NAME_PREFIX="$MKEYFILE_TEST_SERVER: "

# Prints the server's plugin directory, and whether it contains a plugin.
server_plugin_dir() {
	"$MARIADBD" --no-defaults --verbose --help 2>/dev/null | sed -n 's|^plugin-dir  *\(.*[^/]\)/*$|\1|p'
}

server_has_plugin() { # name
	local root=
	# the server sees the root's /usr
	[ -z "$server_programs" ] || root=${server_programs%/outside/bin:}
	[ -e "$root$(server_plugin_dir)/$1.so" ]
}

# 10.5 is the only server here that differs from 10.6 and later.
server_before_10_6() {
	[[ $("$MARIADBD" --version) = *" Ver 10.5."* ]]
}

plugin_requires() {
	! server_before_10_6 || skip 'the plugin requires MariaDB 10.6'
}

# The plugin that serves the keys in server_start, the plugin directory, and the library to
# load before the server, if they are not the defaults.
: "${key_plugin:=file_key_management}"
plugin_dir=
server_preload=

# Starts the server far enough to load the key file, and stops it. If the plugin refuses the
# file, prints its message. The status is 0 if the file was loaded.
server_loads() { # absolute-key-file [absolute-password-file]
	local datadir=$BATS_TEST_TMPDIR/bootstrap status=0 log
	rm -rf "$datadir"
	mkdir "$datadir"
	log=$("$MARIADBD" --no-defaults --user=root --bootstrap --skip-grant-tables --innodb=OFF \
		--default-storage-engine=Aria --datadir="$datadir" --tmpdir="$datadir" --plugin-load-add=file_key_management \
		--file-key-management=FORCE --file-key-management-filename="$1" \
		${2:+--file-key-management-filekey=FILE:"$2"} </dev/null 2>&1) || status=$?
	sed -n 's/^.*\[ERROR\] [^:]*: //p' <<<"$log" | head -n 1 | sed 's/ *$//'
	return $status
}

# Starts a server on a socket in this directory, with everything encrypted.
server_install() { # directory
	mkdir -p "$1.tmp"
	TMPDIR=$1.tmp mariadb-install-db --no-defaults --user=root --datadir="$1" --auth-root-authentication-method=normal \
		--skip-test-db --force --skip-name-resolve --innodb-use-native-aio=OFF >"$1.install.log" 2>&1 || { grep -v '^ *$' "$1.install.log" | head -n 40; return 1; }
}

server_start() { # directory key-file [password-file] [-- server options]
	local directory=$1 keyfile=$2 password=
	shift 2
	if [ $# -gt 0 ] && [ "$1" != -- ]; then
		password=$1
		shift
	fi
	[ $# = 0 ] || shift
	mkdir -p "$directory.tmp"
	env ${server_preload:+LD_PRELOAD="$server_preload"} "$MARIADBD" --no-defaults --user=root \
		--datadir="$directory" --tmpdir="$directory.tmp" --socket="$PWD/socket" --skip-networking \
		--pid-file="$PWD/server.pid" ${plugin_dir:+--plugin-dir="$plugin_dir"} --plugin-load-add="$key_plugin" --"$key_plugin"=FORCE \
		--"$key_plugin"-filename="$keyfile" ${password:+--"$key_plugin"-filekey=FILE:"$password"} \
		--innodb-encrypt-tables=ON --innodb-encrypt-log=ON --innodb-encryption-threads=1 \
		--innodb-encrypt-temporary-tables=ON --encrypt-tmp-files=ON --encrypt-tmp-disk-tables=ON \
		--aria-encrypt-tables=ON --encrypt-binlog=ON --log-bin="$directory/binlog" --server-id=1 \
		--innodb-buffer-pool-size=16M --innodb-use-native-aio=OFF "$@" >>"$directory.log" 2>&1 3>&- &
	server_pid=$!
	server_wait "$directory.log"
}

# Waits until the server answers. The client of 11.8 requires TLS unless told otherwise.
server_wait() { # log
	for ((i = 0; i < 300; i++)); do
		mariadb-admin --no-defaults --skip-ssl -uroot -S "$PWD/socket" ping >/dev/null 2>&1 && return 0
		kill -0 "$server_pid" 2>/dev/null || break
		sleep 0.1
	done
	tail -n 20 "$1"
	return 1
}

# Starts a server whose key settings come only from one option file.
server_start_on() { # directory option-file
	mkdir -p "$1.tmp"
	env ${server_preload:+LD_PRELOAD="$server_preload"} "$MARIADBD" --defaults-file="$2" --user=root \
		${plugin_dir:+--plugin-dir="$plugin_dir"} --datadir="$1" --tmpdir="$1.tmp" --socket="$PWD/socket" --skip-networking \
		--pid-file="$PWD/server.pid" --innodb-use-native-aio=OFF --innodb-buffer-pool-size=16M >>"$1.log" 2>&1 3>&- &
	server_pid=$!
	server_wait "$1.log"
}

server_stop() {
	[ -n "${server_pid-}" ] || return 0
	kill "$server_pid" 2>/dev/null || :
	wait "$server_pid" 2>/dev/null || :
	server_pid=
}

# Kills the server.
kill_server() {
	kill -9 "$server_pid"
	wait "$server_pid" 2>/dev/null || :
	server_pid=
}

# A TCP port of 127.0.0.1 that no program uses.
free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

sql() {
	mariadb --no-defaults -uroot -S "$PWD/socket" --skip-column-names --raw --batch "$@"
}
