# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Functions for all tests. The Makefile sets MKEYFILE, the absolute path of the
# program under test, and abs_top_srcdir and abs_top_builddir.

: "${MKEYFILE:?is set by make check}" "${abs_top_srcdir:?is set by make check}"
export MKEYFILE abs_top_srcdir
export LC_ALL=C
unset MKEYFILE_FILE MKEYFILE_PASSWORD_FILE MKEYFILE_TARGET NO_COLOR
# no colors and no progress on the terminals of tests
export TERM=dumb
export MKEYFILE_PRINT_DEFAULTS=$abs_top_srcdir/tests/own-defaults
umask 022
# when a server starts, it deletes the temporary tables of other servers in the same directory
export TMPDIR=${BATS_RUN_TMPDIR:-/tmp}

PATH=$(dirname "$MKEYFILE"):$PATH
export PATH

setup() {
	# bats keeps its own files in the parent directory
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

# Creates a plain key file with a random key for each ID or ID;VERSION.
make_keyfile() { # file id...
	local file=$1 id
	shift
	for id; do
		echo "$id;$(random_key)"
	done >"$file"
	chmod 600 "$file"
}

# Prints the lines of a plain key file, or of standard input, without comments.
key_lines() { # [file]
	sed '/^#/d' "$@"
}

# Prints the date of a key in a plain key file.
date_of() { # ID;VERSION file
	sed -n "s/^# mkeyfile created $1 //p" "$2"
}

# A pattern for the line with the date of a key.
date_line() { # ID;VERSION
	echo "# mkeyfile created $1 [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
}

make_password_file() { # file
	openssl rand -hex 128 >"$1"
	chmod 600 "$1"
}

# Encrypts as the shell recipe in MariaDB's documentation does.
openssl_encrypt() { # password-file input output [openssl options]
	local password=$1 input=$2 output=$3
	shift 3
	[ $# -gt 0 ] || set -- -md sha1
	openssl enc -aes-256-cbc "$@" -pass "file:$password" -in "$input" -out "$output" 2>/dev/null
	chmod 600 "$output"
}

# Computes the seal of an encrypted file for this text, with openssl alone.
openssl_seal() { # password-file encrypted text [openssl options]
	local password=$1 encrypted=$2 text=$3 derived key
	shift 3
	[ $# -gt 0 ] || set -- -md sha1
	derived=$(openssl enc -aes-256-cbc "$@" -pass "file:$password" -P \
		-S "$(od -An -tx1 -j 8 -N 8 "$encrypted" | tr -d ' \n')" 2>/dev/null | sed -n 's/^\(key\|iv \)=//p' | tr -d '\n')
	key=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt "hexkey:$derived" -kdfopt 'info:mkeyfile seal v1' HKDF)
	openssl dgst -sha256 -mac HMAC -macopt "hexkey:${key//:/}" -r "$text" | sed 's/^/# mkeyfile seal v1 /; s/ [^ ]*$//'
}

# Decrypts with openssl alone. A seal is the last line.
openssl_text() { # password-file input [openssl options]
	local password=$1 input=$2
	shift 2
	[ $# -gt 0 ] || set -- -md sha1
	openssl enc -d -aes-256-cbc "$@" -pass "file:$password" -in "$input" 2>/dev/null
}

# Decrypts with openssl alone, and checks and removes the seal if there is one.
openssl_decrypt() { # password-file input [openssl options]
	local password=$1 input=$2 text seal
	shift 2
	text=$(mktemp)
	openssl_text "$password" "$input" "$@" >"$text" || return
	seal=$(tail -n 1 "$text" | tr -d '\0\r')
	if [ "${seal#"# mkeyfile seal "}" != "$seal" ]; then
		head -n -1 "$text" >"$text.unsealed"
		same "$(openssl_seal "$password" "$input" "$text.unsealed" "$@")" "$seal" >&2 || return
		mv "$text.unsealed" "$text"
	fi
	cat "$text"
	rm "$text"
}

# The names of all commands.
commands() {
	"$MKEYFILE" --help | sed -n '/^Commands:$/,/^Examples:$/s/^  \([a-z][a-z]*\).*/\1/p'
}

# Runs mkeyfile without a terminal, so that it cannot ask for a password.
mkeyfile() {
	setsid --wait "$MKEYFILE" "$@"
}

# Runs mkeyfile as another user, who may have no access to the build directory, for example
# if it is in /root.
as_nobody() {
	prepare_nobody
	"${nobody[@]}" "$@"
}

# Sets the array nobody to a command that runs mkeyfile as as_nobody does, in one process.
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

# run_refused STATUS "standard error" ARGUMENT...: mkeyfile exits with STATUS, prints
# exactly this on standard error and nothing else, and changes no file in this directory.
run_refused() {
	local status=$1 words=$2 before
	shift 2
	before=$(snapshot)
	run --separate-stderr mkeyfile "$@"
	assert_equal "$status" "$words" ""
	same "$before" "$(snapshot)"
}

# Checks the result of run --separate-stderr.
assert_equal() { # status stderr stdout
	# shellcheck disable=SC2154 # run sets it
	if [ "$status" != "$1" ] || [ "$stderr" != "$2" ] || [ "$output" != "$3" ]; then
		printf 'expected status %s, got %s\nexpected error:\n%s\ngot:\n%s\nexpected output:\n%s\ngot:\n%s\n' \
			"$1" "$status" "$2" "$stderr" "$3" "$output"
		return 1
	fi
}

# A comparison of random cases finds no difference and leaves only its log. Prints the last
# line of the log.
agrees() { # command...
	"$@" >log || {
		cat log
		return 1
	}
	echo "# $(tail -n 1 log)" >&3
	same "log" "$(ls)"
}

# Lists names, types, modes, owners and content of all files in this directory. It prints
# digests instead of the content, because a failing test must not print a key.
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

contains() { # text part
	[[ $1 == *"$2"* ]] || {
		printf '%s\nhas not: %s\n' "$1" "$2"
		false
	}
}

# Computes the fingerprint of a hex key with openssl.
fingerprint() {
	printf 'mkeyfile fingerprint v1' | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" |
		sed 's/.*= //' | cut -c 1-16
}

# Computes the fingerprint of all keys of a plain file, each ID and version once.
whole_fingerprint() { # file
	local id version key
	while IFS=';' read -r id version key; do
		[ -n "$key" ] || { key=$version version=1; }
		echo "$id;$version;$(fingerprint "$key")"
	done < <(sed '/^#/d' "$1") | sort -t ';' -k 1n -k 2n | openssl dgst -sha256 | sed 's/.*= //' | cut -c 1-16
}

# Runs strace, also on a sanitized build, whose leak checker does not work under a tracer.
strace() {
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 command strace "$@"
}

# Waits until strace, which writes to the file calls, has stopped the traced process.
await_stop() {
	local i
	for ((i = 0; i < 3000; i++)); do
		grep -q 'stopped by SIGSTOP' calls 2>/dev/null && return 0
		sleep 0.01
	done
	return 1
}

# Continues the process that the strace $holder has stopped, and stores its status in ended.
# shellcheck disable=SC2034 # for the tests
go_on() {
	ended=0
	pkill -CONT -P "$holder"
	wait "$holder" || ended=$?
}
