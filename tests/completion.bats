#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The completion for bash: what is offered at the end of a line.
# shellcheck disable=SC2030,SC2031 # each test has an environment of its own
bats_require_minimum_version 1.5.0
load common
: "${abs_top_srcdir:?}"

helpers=/usr/share/bash-completion/bash_completion

setup_test() {
	# splits a line as readline does, and prints what is offered
	cat >"$BATS_TEST_TMPDIR/complete.bash" <<-'END'
		line=$1
		[[ $3 ]] && . "$3"
		. "$2"
		COMP_LINE=$line COMP_POINT=${#line} COMP_TYPE=9 COMP_KEY=9 COMP_WORDS=()
		word="^([=:]+|[<>]+|(\\\\.|\"[^\"]*\"|'[^']*'|[^[:space:]\"'=:<>\\\\])+)"
		while [[ $line ]]; do
			if [[ $line =~ ^[[:space:]]+ ]]; then
				:
			elif [[ $line =~ $word ]]; then
				COMP_WORDS+=("${BASH_REMATCH[0]}")
			else
				echo "cannot split: $line" && exit 1
			fi
			line=${line:${#BASH_REMATCH[0]}}
		done
		[[ $COMP_LINE == *[[:space:]] ]] && COMP_WORDS+=('')
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_mkeyfile mkeyfile "${COMP_WORDS[-1]}" ''
		((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
		exit 0
	END
	mkfifo "$BATS_TEST_TMPDIR/silence"
}

# Once with the help of bash-completion, and once without. Standard input stays
# open and empty: who reads it hangs until the time is over.
complete_line() { # line
	local by_itself

	[ -e "$helpers" ]
	by_itself=$(run_completion "$1" '')
	same "$by_itself" "$(run_completion "$1" "$helpers")"
	printf '%s' "$by_itself"
}

run_completion() { # line helpers
	timeout 20 bash --norc --noprofile "$BATS_TEST_TMPDIR/complete.bash" "$1" \
		"$abs_top_srcdir/completions/mkeyfile.bash" "$2" 2>&1 <>"$BATS_TEST_TMPDIR/silence" ||
		echo "ended with status $?"
}

# offers LINE [WORD...]: exactly these, in any order.
offers() {
	local line=$1 offered expected=
	shift
	[ $# -eq 0 ] || expected=$(printf '%s\n' "$@" | sort)
	offered=$(complete_line "$line")
	offered=$(sort <<<"$offered")
	same "$line -> $expected" "$line -> $offered"
}

# A mkeyfile that notes how it is called, before the real one on the path.
spy_on_mkeyfile() {
	mkdir "$BATS_TEST_TMPDIR/spy"
	cat >"$BATS_TEST_TMPDIR/spy/mkeyfile" <<-END
		#!/bin/sh
		{ printf '%s ' "\$@"; readlink /proc/self/fd/0; } >>"$BATS_TEST_TMPDIR/calls"
		exec "$MKEYFILE" "\$@"
	END
	chmod +x "$BATS_TEST_TMPDIR/spy/mkeyfile"
	PATH=$BATS_TEST_TMPDIR/spy:$PATH
}

make_sealed() { # file id...
	make_password_file pw
	make_keyfile text "${@:2}"
	openssl_encrypt pw text "$1"
	rm text
}

@test "commands" {
	# shellcheck disable=SC2046 # one word each
	offers "mkeyfile " $(commands) help version
	# shellcheck disable=SC2046 # one word each
	offers "mkeyfile help " $(commands) options
	# shellcheck disable=SC2046 # one word each
	offers "mkeyfile help options " $(commands)
	offers "mkeyfile help rotate "
	offers "mkeyfile ro" rotate
	offers "mkeyfile -q --file=keyfile -P pw verif" verify
	offers "mkeyfile --file keyfile verif" verify
	offers "mkeyfile nonsense "
}

@test "the options of each command are those of its help" {
	local command wanted

	for command in '' $(commands); do
		# shellcheck disable=SC2086 # no argument for mkeyfile itself
		wanted=$( ("$MKEYFILE" $command --help && "$MKEYFILE" help options $command | sed '/^Options of commands/,$d') |
			awk '/^(  -|      --)/ { for (i = 1; i <= NF && $i ~ /^-/; i++) print $i }' |
			sed -E 's/,$//; s/\[=.*//; s/=.*/=/' | sort)
		same "$command $wanted" "$command $(complete_line "mkeyfile $command -" | sort)"
	done
}

@test "an option is completed" {
	offers "mkeyfile rotate --al" --all
	offers "mkeyfile rotate --new" --new-id
	offers "mkeyfile list --pass" --password-file= --password-fd= --password-command= --password-timeout=
	offers "mkeyfile list 1 --ids --no-p" --no-prompt
	offers "mkeyfile list -- --id"
}

@test "values of options" {
	offers "mkeyfile add --size=" 128 192 256
	offers "mkeyfile add --size 1" 128 192
	offers "mkeyfile rotate -s 2" 256
	offers "mkeyfile rotate -qs " 128 192 256
	offers "mkeyfile list --digest=sha2" sha224 sha256
	offers "mkeyfile list --color=a" auto always
	offers "mkeyfile diff --other-digest=sha2" sha224 sha256
	offers "mkeyfile passwd --new-digest=sha5" sha512
	offers "mkeyfile --digest sha5" sha512
	offers "mkeyfile config --plugin=" mkeyfile file hashicorp aws
	offers "mkeyfile verify --target=11.8" 11.8 11.8-enterprise 11.8+plugin
	offers "mkeyfile verify -t 12" 12.3
	offers "mkeyfile verify -t a" auto
	offers "mkeyfile verify --server-user=nobod" nobody
	offers "mkeyfile config --encryption-algorithm=" AES_CTR AES_CBC
	offers "mkeyfile verify -t max" maxscale
	offers "mkeyfile verify --encryption-algorithm=" AES_CTR AES_CBC
	offers "mkeyfile verify --enc" --encryption-algorithm=
	mkdir data_directory
	offers "mkeyfile verify --datadir=data_d" data_directory
}

@test "mkeyfile accepts every offered target and digest" {
	local value

	make_keyfile keyfile 1
	for value in $(complete_line "mkeyfile list --target="); do
		mkeyfile list --file=keyfile --target="$value"
	done
	[[ $value ]]
	for value in $(complete_line "mkeyfile list --digest="); do
		mkeyfile list --file=keyfile --digest="$value"
	done
	[[ $value ]]
}

@test "file names for options that take a file" {
	local option

	mkdir files && cd files && touch keyfile keyfile.key other
	for option in --file= "--file " --password-file= "--password-file " "-f " "-P " "-qf "; do
		offers "mkeyfile list ${option}keyf" keyfile keyfile.key
	done
	offers "mkeyfile encrypt --output=o" other
	offers "mkeyfile decrypt -o ot" other
	offers "mkeyfile generate --new-password-file=oth" other
	offers "mkeyfile add --key-from=oth" other
	offers "mkeyfile diff --other-password-file=oth" other
	offers "mkeyfile diff oth" other
	offers "mkeyfile diff keyfile oth"
	offers "mkeyfile list --file=no"
	mkdir data
	offers "mkeyfile remove --datadir=" data
	offers "mkeyfile remove --datadir d" data
}

@test "nothing for values that mkeyfile cannot know" {
	make_keyfile keyfile 1 2
	touch 1file
	export MKEYFILE_FILE=keyfile
	offers "mkeyfile list --password-fd="
	offers "mkeyfile list --password-fd "
	offers "mkeyfile list --password-command="
	offers "mkeyfile list --pbkdf2="
	offers "mkeyfile rotate --lock-timeout="
	offers "mkeyfile rotate --new-id="
	offers "mkeyfile add --key-version "
	offers "mkeyfile list "
	offers "mkeyfile verify "
	offers "mkeyfile encrypt "
	offers "mkeyfile generate "
	offers "mkeyfile add "
}

@test "key IDs in a plain file" {
	make_keyfile keyfile 1 2 100 101
	offers "mkeyfile rotate --file=keyfile " 1 2 100 101
	offers "mkeyfile rotate --file keyfile " 1 2 100 101
	offers "mkeyfile rotate -f keyfile " 1 2 100 101
	offers "mkeyfile rotate -fkeyfile " 1 2 100 101
	offers "mkeyfile rotate -qfkeyfile 10" 100 101
	offers "mkeyfile -qf keyfile rotate 10" 100 101
	offers "mkeyfile --file=keyfile rotate 2" 2
	offers "mkeyfile rotate --file=keyfile 3"
	offers "mkeyfile rotate "
	offers "mkeyfile rotate --file=nothing "
	offers "mkeyfile rotate --file=- "
	export MKEYFILE_FILE=keyfile
	offers "mkeyfile rotate " 1 2 100 101
	offers "mkeyfile rotate --file=nothing "
	offers "mkeyfile rotate --new-id 10" 100 101
	offers "mkeyfile rotate --new-id=200 --size=128 -t 10.11 10" 100 101
	offers "mkeyfile rotate -t nonsense 10" 100 101
	offers "$(dirname "$MKEYFILE")/mkeyfile rotate 10" 100 101
}

@test "IDs are sorted by number" {
	make_keyfile keyfile 100 9 1 20
	same "$(printf '%s\n' 1 9 20 100)" "$(complete_line "mkeyfile rotate -f keyfile ")"
}

@test "IDs already on the line are not offered again" {
	make_keyfile keyfile 1 2 100 101
	export MKEYFILE_FILE=keyfile
	offers "mkeyfile rotate 2 " 1 100 101
	offers "mkeyfile rotate 100 2 -q 1" 1 101
	offers "mkeyfile rotate 1 2 100 101 "
	offers "mkeyfile rotate --size 128 1" 1 100 101
	offers "mkeyfile rotate -s 100 -- 2 1" 1 100 101
	offers "mkeyfile rotate --all "
	offers "mkeyfile remove 2 " 1 100 101
	offers "mkeyfile remove --key-version 100 1" 1 100 101
}

@test "key IDs in an encrypted file" {
	make_sealed sealed 1 2 300
	offers "mkeyfile rotate --file=sealed --password-file=pw " 1 2 300
	offers "mkeyfile rotate --file sealed --password-file pw " 1 2 300
	offers "mkeyfile rotate -f sealed -P pw 3" 300
	offers "mkeyfile -fsealed -Ppw rotate 3" 300
	offers "mkeyfile rotate -f sealed --password-file=sealed 3"
	MKEYFILE_PASSWORD_FILE=pw offers "mkeyfile rotate -f sealed " 1 2 300
	MKEYFILE_PASSWORD_FILE=none offers "mkeyfile rotate -f sealed -P pw " 1 2 300
	MKEYFILE_PASSWORD_FILE=none offers "mkeyfile rotate -f sealed "
}

@test "key IDs in a file with another digest, or PBKDF2" {
	make_password_file pw
	make_keyfile text 1 400
	openssl_encrypt pw text sealed -md sha512 -pbkdf2 -iter 1000
	offers "mkeyfile rotate -f sealed -P pw --digest=sha512 --pbkdf2=1000 " 1 400
	offers "mkeyfile --digest sha512 --pbkdf2 1000 rotate -f sealed -P pw " 1 400
	offers "mkeyfile rotate -f sealed -P pw "
}

@test "file names with blanks, quotes and colons" {
	make_keyfile "key file" 1 500
	make_keyfile "key:file" 1 600
	make_keyfile "it's" 1 700
	offers "mkeyfile rotate --file=key\\ file 5" 500
	offers "mkeyfile rotate --file='key file' 5" 500
	offers "mkeyfile rotate -f \"key file\" 5" 500
	offers "mkeyfile rotate --file=key:file 6" 600
	offers "mkeyfile rotate -f \"it's\" 7" 700
	mkdir home && mv "key file" home/
	HOME=$PWD/home offers "mkeyfile rotate -f ~/key\\ file 5" 500
	# the shell leaves this tilde alone
	HOME=$PWD/home offers "mkeyfile rotate --file=~/key\\ file 5"
}

@test "nothing on the line is run or expanded" {
	make_keyfile keyfile 1 2
	export MKEYFILE_FILE=keyfile
	# shellcheck disable=SC2016
	offers 'mkeyfile rotate --file="$(touch${IFS}ran)" '
	# shellcheck disable=SC2016
	offers 'mkeyfile rotate --file=`touch ran` '
	# shellcheck disable=SC2016
	offers 'mkeyfile rotate --digest="$(touch ran)" 2'
	# shellcheck disable=SC2016
	offers 'mkeyfile rotate --password-command="$(touch ran)" 2' 2
	offers 'mkeyfile rotate --password-command="touch ran" 2' 2
	offers 'mkeyfile rotate --password-command "touch ran" 2' 2
	[ ! -e ran ]
}

@test "an encrypted file without a password: no IDs, no question, no waiting" {
	make_sealed sealed 1 2 300
	offers "mkeyfile rotate --file=sealed "
	offers "mkeyfile rotate --file=sealed --password-file=- "
	offers "mkeyfile rotate --file=sealed -P - "
	offers "mkeyfile rotate --file=sealed --password-fd=0 "
	offers "mkeyfile rotate --file=sealed --password-fd 0 "
	offers "mkeyfile rotate --file=sealed --password-command='cat pw' "
	export MKEYFILE_PASSWORD_FILE=pw
	offers "mkeyfile rotate --file=sealed --password-fd=0 "
	offers "mkeyfile rotate --file=sealed --password-command='cat pw' "
	offers "mkeyfile rotate --file=sealed --password-file=- "
	MKEYFILE_PASSWORD_FILE=- offers "mkeyfile rotate --file=sealed "
}

@test "IDs of a plain file are offered with any password option" {
	make_keyfile keyfile 1 2
	offers "mkeyfile rotate --file=keyfile --password-fd=3 " 1 2
	offers "mkeyfile rotate --file=keyfile --password-command=false " 1 2
	offers "mkeyfile rotate --file=keyfile --password-file=- " 1 2
	offers "mkeyfile rotate --file=keyfile --password-file=none " 1 2
}

@test "a pipe is neither read nor waited for" {
	make_keyfile keyfile 1 2
	make_sealed sealed 1 2
	mkfifo pipe
	spy_on_mkeyfile
	offers "mkeyfile rotate --file=pipe "
	offers "mkeyfile rotate --file=sealed --password-file=pipe "
	MKEYFILE_PASSWORD_FILE=pipe offers "mkeyfile rotate --file=sealed "
	MKEYFILE_FILE=pipe offers "mkeyfile rotate "
	[ "$(grep -c sealed "$BATS_TEST_TMPDIR/calls")" -eq 4 ]
	run -1 grep pipe "$BATS_TEST_TMPDIR/calls"
}

@test "runs mkeyfile only to list, without a terminal or standard input" {
	local call

	make_sealed sealed 1 2
	spy_on_mkeyfile
	offers "mkeyfile rotate --file=sealed --password-command='cat pw' -n "
	offers "mkeyfile rotate --file=sealed -P pw " 1 2
	complete_line "mkeyfile rotate --file=sealed -P pw --" >/dev/null
	offers "mkeyfile add --file=sealed -P pw "
	offers "mkeyfile list --file=sealed -P pw "
	[ "$(wc -l <"$BATS_TEST_TMPDIR/calls")" -eq 4 ]
	while IFS= read -r call; do
		[[ $call == "list --ids --no-prompt --quiet --file=sealed "*" /dev/null" ||
			$call == "list --ids --no-prompt --quiet --file=sealed /dev/null" ]]
		[[ $call != *command* ]]
	done <"$BATS_TEST_TMPDIR/calls"
}

# Types at a real interactive shell; it calls a function in place of mkeyfile.
type_at_shell() { # keys...
	local setup=". '$abs_top_srcdir/completions/mkeyfile.bash'; mkeyfile() { echo \"ran: <\$*>\"; }; PS1="
	{
		echo "$1 $setup"
		shift
		printf '%b\n' "$@" exit
	} | timeout 30 script -qec 'bash --norc --noprofile -i' /dev/null | tr -d '\r'
}

@test "a real shell, with and without bash-completion" {
	local start

	make_keyfile keyfile 1 2 417
	make_sealed sealed 1 2 417
	make_keyfile mixed 100 9 1 20
	for start in ". $helpers;" ""; do
		type_at_shell "$start" 'mkeyfile ro\t--file=keyfile 4\t' 'mkeyfile rotate -P pw --file=seal\t 4\t' \
			'mkeyfile rotate --file=sealed 4\t' 'mkeyfile add --file=keyfile 4\t' \
			'mkeyfile list --targ\t12\t' 'mkeyfile rotate -f mixed \t\t' >typed 2>&1
		cat typed
		grep -F 'ran: <rotate --file=keyfile 417>' typed
		grep -F 'ran: <rotate -P pw --file=sealed 417>' typed
		grep -F 'ran: <rotate --file=sealed 4>' typed
		grep -F 'ran: <add --file=keyfile 4>' typed
		grep -F 'ran: <list --target=12.3>' typed
		# in the order of their numbers
		grep -E '^1 +9 +20 +100 *$' typed
		run -1 grep -i 'password of' typed
	done
}

@test "the completion is clean for shellcheck" {
	shellcheck "$abs_top_srcdir/completions/mkeyfile.bash"
}
