#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What mkeyfile says of itself: help screens that fit a terminal, and examples that run.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	# what the examples name
	make_keyfile plain 1 2 100
	make_password_file keyfile.key
	openssl_encrypt keyfile.key plain keyfile
	export MKEYFILE_FILE=keyfile MKEYFILE_PASSWORD_FILE=keyfile.key
}

# The examples of a help screen.
examples() { # [command]
	"$MKEYFILE" "$@" --help | sed -n '/^Examples:$/,/^$/s/^  //p'
}

@test "without an argument: the commands and one example" {
	run -64 --separate-stderr mkeyfile
	same "" "$output"
	same "Create, change and check the key files of MariaDB's file_key_management plugin.
Commands:
  generate [ID...]     create a new key file
  ensure [ID...]       create the key file, or add what it lacks
  add ID...            add new key IDs
  rotate [ID...]       add a key version, or with --new-id a successor ID
  list                 show IDs, versions, sizes and fingerprints, never keys
  encrypt              encrypt a plain key file, as openssl enc does
  decrypt              decrypt a key file, as openssl enc -d does
  verify               check that a server loads the file and decrypts its data
  config               print the option file section for the server
  passwd               change the password or the KDF of a key file
  remove ID...|--all   remove keys that no data needs
  diff OTHER           compare two key files by fingerprint
  status [ID...]       show the progress of a rotation on a running server
  import SOURCE        copy keys from another key file, AWS KMS or Vault
  export TARGET        copy keys to another key file, AWS KMS or Vault
  seal                 seal a key file again after a change without mkeyfile
Example:
  mkeyfile generate --file=keyfile --new-password-file=keyfile.key 1 2 100
For more, run 'mkeyfile help COMMAND' or 'mkeyfile help options'." "$stderr"
	run -64 --separate-stderr mkeyfile --json
	same '{"error":{"status":64,"message":"no command given"},"hints":["run '\''mkeyfile --help'\'' to list the commands"]}' \
		"$(jq -c '{error, hints}' <<<"$output")"
}

@test "mkeyfile --help, -h, -? and help print the same screen" {
	run -0 --separate-stderr mkeyfile --help
	same "" "$stderr"
	same "Usage: mkeyfile [OPTION...] COMMAND [ARG...]
$(mkeyfile 2>&1 | sed '/^Example/,$d')
Examples:
  mkeyfile generate --file=keyfile --new-password-file=keyfile.key 1 2 100
  mkeyfile verify --file=keyfile --password-file=keyfile.key --target=10.11
  mkeyfile rotate 100 --new-id >move.sql
For more, run 'mkeyfile help COMMAND' or 'mkeyfile help options'." "$output"
	for word in -h '-?' help; do
		same "$output" "$(mkeyfile "$word" 2>&1)"
	done
	same "$(mkeyfile list --help)" "$(mkeyfile list -h)"
	same "$(mkeyfile list --help)" "$(mkeyfile list '-?')"
}

@test "the help of a command" {
	run -0 --separate-stderr mkeyfile rotate --help
	same "" "$stderr"
	same "Usage: mkeyfile rotate [OPTION...] [ID...]
Give each ID a new key version, or a successor ID. No key is ever removed.

Examples:
  mkeyfile rotate 100
  mkeyfile rotate 100 --new-id >move.sql
  mkeyfile rotate --all --dry-run

Options:
      --all                       Rotate every ID in the file
      --older-than=AGE            Rotate only IDs older than AGE (365d, 12m, 1y)
  -s, --size=BITS                 Make keys of BITS bits (default: unchanged)
      --new-id[=ID]               Create successor ID (default: next free ID)
      --if-missing                If the successor exists, print its SQL only
      --flush                     Make the server read the key file again
      --datadir=DIR               Read DIR, a data directory or a backup
      --server-data               Read every data directory of the local server
      --server[=SERVER]           Connect to /SOCKET, HOST or HOST:PORT
      --user=NAME                 Log in as NAME (default: the user in [client])
      --defaults-extra-file=FILE  Read [client] in FILE after the other files
      --server-timeout=SECONDS    Wait up to SECONDS for an answer (default: 10)
      --no-tls                    Connect over TCP without encryption

Run 'mkeyfile help options' for the common options." "$output"
}

@test "every screen has at most 24 lines of 80 columns, a purpose and three examples" {
	local command

	for command in '' help $(commands); do
		# shellcheck disable=SC2086 # none for mkeyfile itself
		"$MKEYFILE" $command --help >screen
		[ "$(wc -l <screen)" -le 24 ] || { echo "$command: too long" && cat screen && false; }
		[ "$(wc -L <screen)" -le 80 ] || { echo "$command: too wide" && cat screen && false; }
		# shellcheck disable=SC2086
		same 3 "$(examples $command | grep -c "mkeyfile $command")"
		same "Usage: mkeyfile" "$(head -c 15 screen)"
		# one sentence or two, in one line
		grep -v -e '^Usage:' -e '^  or:' screen | head -n 1 | grep -xE "[A-Z].*\."
		tail -n 1 screen | grep -F "'mkeyfile help options'"
		run -1 grep -E ' +$' screen
	done
}

@test "the common options are in one list, and 80 columns wide" {
	run -0 --separate-stderr mkeyfile help options
	same "" "$stderr"
	same "Options of all commands:" "${lines[0]}"
	[ "$(wc -L <<<"$output")" -le 80 ]
	grep -x 'Options of commands that change a key file:' <<<"$output"
	run -0 mkeyfile help options list
	grep -E -e '^  -f, --file=FILE  ' <<<"$output"
	run -1 grep -e '--backup' <(mkeyfile help options list)
	run -0 grep -e '--backup' <(mkeyfile help options add)
	run -1 grep -e '--file=FILE' <(mkeyfile list --help)
}

# What examples run besides mkeyfile: another host, which has the same keys.
make_neighbours() {
	mkdir bin
	printf '%s\n' '#!/bin/sh' 'shift' 'exec "$@"' >bin/ssh
	chmod +x bin/ssh
	PATH=$PWD/bin:$PATH
}

# Servers and data are not here; their commands are parsed, and fail later.
needs_more() { # example
	[[ $1 == "mkeyfile status"* || $1 == *--datadir=* || $1 == *--server-data* || $1 == *vault:* ]]
}

@test "the examples of every help screen run" {
	local command example status count=0

	make_neighbours
	cp plain backup
	make_password_file old.key
	openssl_encrypt old.key plain old
	cp -p old other
	cp -p old.key other.key
	# what rotate and generate are for
	for command in '' $(commands); do
		while IFS= read -r example; do
			rm -rf "$TMPDIR/place" && cp -rp . "$TMPDIR/place"
			[[ $command != rotate || $example == *--new-id* ]] || export MKEYFILE_TARGET=11.8-enterprise
			# these make the files that they name
			[[ $example != *--new-password-file=keyfile.key* || $command == passwd ]] || rm "$TMPDIR/place/keyfile.key"
			[[ $example != *generate* && $example != *ensure*--new-password-file* && $example != *"-o keyfile" ]] || rm "$TMPDIR/place/keyfile"
			[[ $example != *"-o plain" ]] || rm "$TMPDIR/place/plain"
			[[ $example != *--new-password-file* || $command == passwd ]] || unset MKEYFILE_PASSWORD_FILE
			[[ $example != "mkeyfile verify"* ]] || example+=" --server-user=$(id -un)"
			# not the data of this host, which may be large
			example=${example//\/var\/lib\/mysql/none}
			status=0
			(cd "$TMPDIR/place" && sh -c "$example") >words 2>&1 </dev/null || status=$?
			if needs_more "$example"; then
				[ $status != 64 ] || { echo "$example: $status" && cat words && return 1; }
			else
				[ $status = 0 ] || { echo "$example: $status" && cat words && return 1; }
			fi
			count=$((count + 1))
			export MKEYFILE_PASSWORD_FILE=keyfile.key
			unset MKEYFILE_TARGET
		done < <(
			# shellcheck disable=SC2086
			examples $command
		)
	done
	[ $count -ge 42 ]
}

@test "help COMMAND opens the manual page if it is installed, and prints the help otherwise" {
	local page=$PWD/manual/man1/mkeyfile-rotate.1

	mkdir -p manual/man1
	# no page
	same "$(mkeyfile rotate --help)" "$(MANPATH=$PWD/manual mkeyfile help rotate 2>&1)"
	cp "$abs_top_srcdir/man/mkeyfile-rotate.1" "$page"
	same "$(man "$page")" "$(MANPATH=$PWD/manual mkeyfile help rotate 2>&1)"
	same "$(mkeyfile list --help)" "$(MANPATH=$PWD/manual mkeyfile help list 2>&1)"
	# no man(1)
	mkdir empty
	same "$(mkeyfile rotate --help)" "$(PATH=$PWD/empty MANPATH=$PWD/manual "$MKEYFILE" help rotate 2>&1)"
	# a reader that has seen enough
	run -0 bash -c 'set -o pipefail; MANPATH=$PWD/manual mkeyfile help rotate | head -n 1 >/dev/null; true'
}

@test "help takes a command, or options and a command" {
	run_refused 64 "mkeyfile help: too many arguments" help rotate list
	run_refused 64 "mkeyfile help: too many arguments" help options list rotate
	run_refused 64 "mkeyfile help: unknown command '...'
hint: run 'mkeyfile --help' to list the commands" help frobnicate
	run_refused 64 "mkeyfile help: unknown command 'lits'
hint: did you mean 'mkeyfile list'?" help options lits
	same "$(mkeyfile help --help)" "$(mkeyfile help -h rotate)"
}

@test "version is --version" {
	same "$(mkeyfile --version)" "$(mkeyfile version)"
	[[ $(mkeyfile version) == "mkeyfile "[0-9]* ]]
}

@test "suggests --new-id=ID for a word that may be its value" {
	unset MKEYFILE_PASSWORD_FILE
	make_keyfile three 1 2 101
	run_refused 2 "mkeyfile rotate: key ID 102 is not in 'three'
hint: did you mean 'mkeyfile rotate 101 --new-id=102 --file=three'?" rotate -f three 101 --new-id 102
	run_refused 2 "mkeyfile rotate: key ID 102 is not in 'three'
hint: did you mean 'mkeyfile rotate 101 --new-id=102 --file=three'?" rotate -f three --new-id 102 101
	# neither is in the file; nor can one be meant
	run_refused 2 "mkeyfile rotate: key ID 103 is not in 'three'
hint: run 'mkeyfile add 103 --file=three' to add it" rotate -f three 103 --new-id 104
	run_refused 2 "mkeyfile rotate: key ID 102 is not in 'three'
hint: run 'mkeyfile add 102 --file=three' to add it" rotate -f three --new-id 102
	mkeyfile add -q -f three 102
	# two IDs that are there
	run -0 --separate-stderr mkeyfile rotate -f three -n 101 --new-id 102 --json
	same 2 "$(jq '.successors | length' <<<"$output")"
}
