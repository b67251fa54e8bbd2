#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Commands that change a key file, as filters: key file in, key file out.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	make_keyfile plain 1 2 100
	make_password_file pw
	openssl_encrypt pw plain sealed
	umask 077
}

ids() { # file
	key_lines "$1" | cut -d ';' -f 1 | paste -sd ' '
}

# Runs mkeyfile as a filter, with its output in the file out and its words in the file said.
filter() { # input command argument...
	local input=$1 status=0
	shift
	setsid --wait "$MKEYFILE" "$@" --file=- --output=- <"$input" >out 2>said || status=$?
	return $status
}

# A filter that fails: with this status, these words, and without a byte of output.
run_failed() { # status words input command argument...
	local wanted=$1 words=$2 status=0
	shift 2
	filter "$@" || status=$?
	same "$wanted $words" "$status $(<said)"
	same 0 "$(stat -c %s out)"
}

@test "add, rotate, passwd and remove work as filters" {
	filter plain add 7
	same "1 2 100 7" "$(ids out)"
	cmp plain <(head -n 3 out)
	same "changed 'standard input'
  key ID 7 version 1, 256 bits, fingerprint $(fingerprint "$(sed -n 's/^7;//p' out)")" "$(head -n 2 said)"
	filter sealed rotate 100 --target=11.8-enterprise -P pw
	openssl_decrypt pw out >opened
	same "1;1 2;1 100;1 100;2" "$(grep -oE '^[0-9]+;[0-9]+' opened | paste -sd ' ')"
	same "next:
  1. copy the key file to every server of the cluster before any server uses the new key" "$(grep -A1 '^next:' said)"
	filter plain remove 100 --force
	same "1 2" "$(ids out)"
	make_password_file new
	filter sealed passwd -P pw --new-password-file=new
	cmp plain <(openssl_decrypt new out)
	filter sealed passwd -P pw --new-digest=sha256 --target=12.3
	cmp plain <(openssl_decrypt pw out -md sha256)
	# no word of a key or password
	run -1 grep -hF -f <(cut -d ';' -f 2 plain && cat pw new) said
	same 'new opened out plain pw said sealed' "$(echo *)"
}

@test "several filters in one pipe, and from a Secret" {
	set -o pipefail
	"$MKEYFILE" add 7 -q -f - -o - -P pw <sealed | "$MKEYFILE" rotate 7 -q --new-id -f - -o - -P pw 2>move.sql |
		"$MKEYFILE" remove 100 -q --force -f - -o - -P pw >out
	same "1 2 7 8" "$(openssl_decrypt pw out | ids /dev/stdin)"
	[ "$(head -c 2 move.sql)" = -- ]
	# base64 is named for what it is
	base64 sealed >base64
	run_failed 2 "mkeyfile add: 'standard input' is an encrypted key file in base64, which no server reads
hint: decode the input with 'base64 -d' first" base64 add 7 -P pw
}

@test "the SQL of --new-id goes to standard error if the key file goes to standard output" {
	filter plain rotate 100 --new-id
	same "1 2 100 101" "$(ids out)"
	grep -q ENCRYPTION_KEY_ID=101 said
	filter plain rotate 100 --new-id --quiet
	same '--' "$(head -c 2 said)"
	same ';' "$(tail -c 2 said)"
	run -0 --separate-stderr mkeyfile rotate 100 --new-id --file=- --output=new <plain
	same '--' "${output:0:2}"
	same "created 'new'
changed 'standard input'" "$(head -n 2 <<<"$stderr")"
	grep -qF "1. copy 'new' to every server" <<<"$stderr"
	same "1 2 100 101" "$(ids new)"
	same 600 "$(stat -c %a new)"
}

@test "a file as output must be new" {
	umask 022
	run -0 --separate-stderr mkeyfile add 7 --file=- --output=new --json <plain
	same '["standard input",[7],null]' "$(jq -c '[.path, [.keys[].id], .backup]' <<<"$output")"
	same "600 1 2 100 7" "$(stat -c %a new) $(ids new)"
	rm -f out said
	run_refused 4 "mkeyfile add: 'new' already exists" add 7 --file=- --output=new <plain
	run_refused 2 "mkeyfile add: cannot open 'none/new': No such file or directory" add 7 --file=- --output=none/new <plain
	run_refused 64 "mkeyfile add: a file name is empty" add 7 --file=- --output= <plain
	before=$(snapshot)
	run -0 --separate-stderr mkeyfile remove 100 --force --dry-run --file=- --output=other <plain
	same "would create 'other'
would change 'standard input'" "$(head -n 2 <<<"$stderr")"
	same "$before" "$(snapshot)"
}

@test "an input that needs no change is passed on unchanged" {
	filter sealed add 1 100 --if-missing -P pw
	cmp sealed out
	filter plain remove 7 --if-present --force
	cmp plain out
	filter plain remove --all --old-versions --force
	cmp plain out
	run -0 mkeyfile add 1 --if-missing -q --file=- --output=new <plain
	cmp plain new
}

@test "failures write nothing" {
	printf '%s\n' 'wrong password, long enough' >wrong
	run_failed 3 "mkeyfile add: cannot decrypt 'standard input': wrong password, wrong digest or iteration count, or damaged file
hint: run 'mkeyfile verify --password-file=wrong --file=-' to try other digests and iteration counts" sealed add 7 -P wrong
	run_failed 2 "mkeyfile add: cannot ask for the password of 'standard input': no terminal is available
hint: use --password-file, --password-fd, --password-command or MKEYFILE_PASSWORD_FILE" sealed add 7
	run_failed 2 "mkeyfile add: 'standard input' contains no key" /dev/null add 7
	run_failed 4 "mkeyfile add: key ID 100 is already in 'standard input'
hint: run 'mkeyfile rotate 100 --new-id --file=- --output=-' to add a successor" plain add 100
	head -c 100 sealed >'cut'
	run_failed 2 "mkeyfile add: 'standard input' is damaged: the encrypted data ends in the middle of a block" 'cut' add 7 -P pw
	head -c 1048577 /dev/zero >large
	run_failed 2 "mkeyfile add: 'standard input' is larger than 1048576 bytes, the most that a server reads" large add 7
	# remove has its guards
	run_failed 4 "mkeyfile remove: no data directory was checked; existing data may still need these keys
hint: use --server-data for the server of this host, or --datadir=DIR for a data directory or a backup; --force overrides this check" \
		plain remove 100
	make_keyfile none 2
	status=0
	filter none add 7 || status=$?
	same "4 0 hint: add key ID 1, which every server requires" "$status $(stat -c %s out) $(tail -n 1 said)"
	run_failed 4 "mkeyfile passwd: the new password of 'standard input' is identical to the old one" sealed passwd -P pw --new-password-fd=3 3<pw
}

@test "a dry run writes no key file" {
	filter plain rotate 100 --new-id=200 --dry-run
	same 0 "$(stat -c %s out)"
	same "would change 'standard input'
  key ID 200 version 1, 256 bits" "$(head -n 2 said)"
	filter sealed passwd -P pw --new-digest=sha256 --target=12.3 -n
	same 0 "$(stat -c %s out)"
	filter plain remove 100 --force -n
	same 0 "$(stat -c %s out)"
	filter plain add 1 --if-missing -n
	same 0 "$(stat -c %s out)"
}

@test "a full or a closed output is an error" {
	run -2 bash -c 'mkeyfile add 7 -q --file=- --output=- <plain >/dev/full'
	same "mkeyfile add: cannot write 'standard output': No space left on device" "$output"
	run -2 bash -c 'mkeyfile add 7 -q --file=- --output=- <plain >&-'
	same "mkeyfile add: cannot write 'standard output': Bad file descriptor" "$output"
	# a reader that has gone
	mkfifo pipe
	exec 8<>pipe 9>pipe
	exec 8<&-
	run -2 bash -c 'mkeyfile add 7 -q --file=- --output=- <plain >&9'
	same "mkeyfile add: cannot write 'standard output': Broken pipe" "$output"
	exec 9>&-
}

@test "standard output is used for the key file and nothing else" {
	run_failed 64 "mkeyfile add: --json requires --output=FILE: standard output is used for the key file" plain add 7 --json
	run_failed 64 "mkeyfile rotate: --flush and --output cannot be used together: the server reads its own file" plain rotate 1 --flush
	# a terminal gets no key
	run -0 "$abs_top_srcdir/tests/terminal" -- sh -c "$MKEYFILE add 7 --file=- --output=- <plain"
	same "mkeyfile add: refusing to write a key file to a terminal
hint: use --output=FILE, or a pipe
exit 4" "${output//$'\r'/}"
	# and a dry run none either
	run -0 "$abs_top_srcdir/tests/terminal" -- sh -c "$MKEYFILE add 7 --file=- --output=- --dry-run <plain"
	same "would change 'standard input'
  key ID 7 version 1, 256 bits
exit 0" "${output//$'\r'/}"
}

@test "options that contradict a filter" {
	for option in --backup --keep=1 --lock-timeout=5 --write-in-place=saved; do
		run_failed 64 "mkeyfile add: --output cannot be used with --backup, --keep, --lock-timeout or --write-in-place: no existing file is changed" \
			plain add 7 $option
	done
	# but not what the option files say for all commands
	printf '[mkeyfile]\nlock-timeout = 9\n' >my.cnf
	env -u MKEYFILE_PRINT_DEFAULTS "$MKEYFILE" add 7 --defaults-file=my.cnf --file=- --output=- <plain >out 2>said
	same "1 2 100 7" "$(ids out)"
	rm out said
	run_refused 64 "mkeyfile add: --output requires --file=-: a named file is changed in place" add 7 --file=plain --output=-
	run_refused 64 "mkeyfile remove: standard input cannot be changed: use --file=FILE or --output=-" remove 7 --file=- --force
	run_refused 64 "mkeyfile add: the key and the key file cannot both come from standard input" add 7 --key-from=- -f - -o -
	run_refused 64 "mkeyfile add: the key file and the password cannot both come from standard input" add 7 -P - -f - -o -
	run_refused 64 "mkeyfile passwd: the key file and the new password cannot both come from standard input" \
		passwd -P pw --new-password-fd=0 -f - -o -
	run_failed 64 "mkeyfile passwd: --output cannot change the password file: use another file with --new-password-file" \
		sealed passwd -P pw --new-password-file=pw
	run_failed 2 "mkeyfile passwd: cannot open 'none': No such file or directory
hint: create the password file first: with --output, mkeyfile does not create it" sealed passwd -P pw --new-password-file=none
	[ ! -e none ]
}

@test "warns of plain keys in a file that others can read" {
	umask 022
	rm -f out
	filter plain add 7
	same "mkeyfile add: warning: standard output is a file with mode 0644: other users can read the plain keys, or its group can change them" \
		"$(head -n 1 said)"
	filter sealed add 7 -P pw
	run -1 grep warning said
}
