# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What all tests share. The Makefile sets MKEYFILE, the absolute path of the
# binary under test, and abs_top_srcdir and abs_top_builddir.

: "${MKEYFILE:?is set by make check}" "${abs_top_srcdir:?is set by make check}"
export MKEYFILE abs_top_srcdir
export LC_ALL=C
unset MKEYFILE_FILE MKEYFILE_PASSWORD_FILE MKEYFILE_TARGET NO_COLOR
# neither colors nor progress, on terminals of the tests
export TERM=dumb
export MKEYFILE_PRINT_DEFAULTS=$abs_top_srcdir/tests/own-defaults
umask 022
# a server that starts removes temporary tables of others from a directory they share
export TMPDIR=${BATS_RUN_TMPDIR:-/tmp}

PATH=$(dirname "$MKEYFILE"):$PATH
export PATH

setup() {
	# bats keeps files of its own beside it
	mkdir "$BATS_TEST_TMPDIR/work" "$BATS_TEST_TMPDIR/tmp"
	TMPDIR=$BATS_TEST_TMPDIR/tmp
	cd "$BATS_TEST_TMPDIR/work" || return
	if declare -F setup_test >/dev/null; then
		setup_test
	fi
}

random_key() {
	openssl rand -hex 32
}

# A plain key file with a random key for each ID, or ID;VERSION.
make_keyfile() { # file id...
	local file=$1 id
	shift
	for id; do
		echo "$id;$(random_key)"
	done >"$file"
	chmod 600 "$file"
}

make_password_file() { # file
	openssl rand -hex 128 >"$1"
	chmod 600 "$1"
}

# What the manual tells: encrypts like the shell recipe does.
openssl_encrypt() { # password-file input output [openssl options]
	local password=$1 input=$2 output=$3
	shift 3
	[ $# -gt 0 ] || set -- -md sha1
	openssl enc -aes-256-cbc "$@" -pass "file:$password" -in "$input" -out "$output" 2>/dev/null
	chmod 600 "$output"
}

openssl_decrypt() { # password-file input [openssl options]
	local password=$1 input=$2
	shift 2
	[ $# -gt 0 ] || set -- -md sha1
	openssl enc -d -aes-256-cbc "$@" -pass "file:$password" -in "$input" 2>/dev/null
}

# Runs mkeyfile without a terminal: nothing can be asked.
mkeyfile() {
	setsid --wait "$MKEYFILE" "$@"
}

# Runs mkeyfile as another user, who may not be able to reach the directory of the build,
# such as one below /root.
as_nobody() {
	prepare_nobody
	"${nobody[@]}" "$@"
}

# Sets nobody to the words that run mkeyfile as as_nobody does, in one process.
prepare_nobody() {
	local programs=$BATS_TEST_TMPDIR/programs
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	if [ ! -d "$programs" ]; then
		mkdir -m 755 "$programs"
		install -m 755 "$MKEYFILE" "$programs/mkeyfile"
		install -m 755 "$abs_top_srcdir/tests/own-defaults" "$programs"
	fi
	nobody=(env "MKEYFILE_PRINT_DEFAULTS=$programs/own-defaults" setpriv --reuid=65534 --regid=65534 --clear-groups
		"$programs/mkeyfile")
}

# run_refused STATUS "standard error" ARGUMENT...: mkeyfile ends with STATUS, says
# exactly that, prints nothing, and no file in this directory changes.
run_refused() {
	local status=$1 words=$2 before
	shift 2
	before=$(snapshot)
	run --separate-stderr mkeyfile "$@"
	assert_equal "$status" "$words" ""
	same "$before" "$(snapshot)"
}

# The outcome of run --separate-stderr.
assert_equal() { # status stderr stdout
	# shellcheck disable=SC2154 # run sets it
	if [ "$status" != "$1" ] || [ "$stderr" != "$2" ] || [ "$output" != "$3" ]; then
		printf 'expected status %s, got %s\nexpected error:\n%s\ngot:\n%s\nexpected output:\n%s\ngot:\n%s\n' \
			"$1" "$status" "$2" "$stderr" "$3" "$output"
		return 1
	fi
}

# A comparison of cases made by chance finds nothing and leaves nothing but its log, the
# last line of which is shown.
agrees() { # command...
	"$@" >log || {
		cat log
		return 1
	}
	echo "# $(tail -n 1 log)" >&3
	same "log" "$(ls)"
}

# Names, types, modes, owners and content of everything below this directory.
# The digests stand for the content: a failing test must not print a key.
snapshot() {
	find . -mindepth 1 -printf '%p %y %m %u:%g %l\n' | sort
	find . -type f -exec sha256sum {} + | sort -k2
}

same() { # expected actual
	if [ "$1" != "$2" ]; then
		printf 'expected:\n%s\ngot:\n%s\n' "$1" "$2"
		return 1
	fi
}

# The fingerprint of a hex key, as anyone can recompute it.
fingerprint() {
	printf 'mkeyfile fingerprint v1' | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" |
		sed 's/.*= //' | cut -c 1-16
}

# The fingerprint of all keys of a plain file together, each ID and version once.
whole_fingerprint() { # file
	local id version key
	while IFS=';' read -r id version key; do
		[ -n "$key" ] || { key=$version version=1; }
		echo "$id;$version;$(fingerprint "$key")"
	done < <(sed '/^#/d' "$1") | sort -t ';' -k 1n -k 2n | openssl dgst -sha256 | sed 's/.*= //' | cut -c 1-16
}

# strace of a sanitized build: a tracer keeps the leak checker from working.
strace() {
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 command strace "$@"
}

# Waits until strace, which writes to the file calls, has stopped what it traces.
await_stop() {
	local i
	for ((i = 0; i < 3000; i++)); do
		grep -q 'stopped by SIGSTOP' calls 2>/dev/null && return 0
		sleep 0.01
	done
	return 1
}

# Lets what the strace $holder has stopped go on; its status is in ended.
# shellcheck disable=SC2034 # for the tests
go_on() {
	ended=0
	pkill -CONT -P "$holder"
	wait "$holder" || ended=$?
}
