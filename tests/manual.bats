#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The manual pages: well-formed, complete against the program, and with
# examples that run.
bats_require_minimum_version 1.5.0
load common
: "${abs_top_srcdir:?}"

pages() {
	printf '%s\n' "$abs_top_srcdir"/man/*.[1-9]
}

# The options that --help and 'help options' define, each as "-s" or "--size=BITS".
help_options() { # [command]
	("$MKEYFILE" "$@" --help && "$MKEYFILE" help options "$@") | listed_options
}

listed_options() {
	awk '/^(  -|      --)/ { for (i = 1; i <= NF && $i ~ /^-/; i++) print $i }' | sed 's/,$//' | sort
}

# The options that have an item of their own in a page, in the same form.
page_options() { # page
	sed -n 's/^\.It Fl /Fl /p' "$abs_top_srcdir/man/$1" |
		sed 's/\\&//g; s/ Ns Op = Ns Ar \([A-Z]*\)/[=\1]/; s/ Ns = Ns Ar /=/; s/ , /\n/g; s/Fl /-/g' | sort
}

# The text between a heading and the next one, as a reader sees it.
section() { # page heading
	mandoc -T ascii "$1" | col -bx | awk -v heading="$2" '/^[A-Z]/ { on = $0 == heading } on'
}

# The shell commands of a page.
examples() { # page
	mandoc -T ascii "$1" | col -bx | sed -n 's/^ *\$ //p'
}

@test "mandoc, groff and man report nothing on all pages" {
	local page words

	for page in $(pages); do
		# our own pages need not be installed, and examples come first
		words=$(mandoc -T lint "$page" 2>/dev/null | grep -v -e 'STYLE: referenced manual not found' \
			-e 'sections out of conventional order: Sh \(EXIT STATUS\|FILES\|ENVIRONMENT\)') || :
		same "" "$words"
		words=$(groff -mdoc -Tutf8 -ww "$page" 2>&1 >/dev/null)
		same "" "$words"
		words=$(MANWIDTH=80 man --warnings --local-file "$page" 2>&1 >/dev/null)
		same "" "$words"
	done
}

@test "there is a page for each command, and a command for each page" {
	local named

	named=$(pages | sed -n 's|.*/mkeyfile-\([a-z]*\)\.1$|\1|p')
	[ "$(commands | wc -l)" -ge 9 ]
	same "$(commands | sort)" "$named"
	[ -e "$abs_top_srcdir/man/mkeyfile.1" ]
	[ -e "$abs_top_srcdir/man/mkeyfile.5" ]
	[ -e "$abs_top_srcdir/man/mkeyfile-rotation.7" ]
	[ -e "$abs_top_srcdir/man/mkeyfile-troubleshooting.7" ]
}

@test "mkeyfile(1) has the options of all commands, and no others" {
	same "$(help_options)" "$(page_options mkeyfile.1)"
}

@test "the page of each command has its own options, and no others" {
	local command own

	for command in $(commands); do
		own=$(comm -23 <(help_options "$command") <("$MKEYFILE" help options | sed '/^Options of commands/,$d' | listed_options))
		[ "$own" ]
		same "$command
$own" "$command
$(page_options "mkeyfile-$command.1")"
	done
}

@test "every option of a command is in its synopsis" {
	local command option

	for command in $(commands); do
		for option in $(page_options "mkeyfile-$command.1" | grep -oE '^--[a-z-]+'); do
			# -s and -o stand for their long forms
			case $option in
			--size) option=-s ;;
			--output) option=-o ;;
			esac
			section "$abs_top_srcdir/man/mkeyfile-$command.1" SYNOPSIS | grep -F -e "$option" ||
				{ echo "$command: no $option in the synopsis" && false; }
		done
	done
}

@test "mkeyfile(1) has every exit status, and no others" {
	local defined

	defined=$(sed -n 's/^\tSTATUS_[A-Z_]* = \([0-9]*\),.*/\1/p' "$abs_top_srcdir/src/cli/words/exit_status.h")
	[ "$(echo "$defined" | wc -l)" -eq "$(grep -c '^	STATUS_' "$abs_top_srcdir/src/cli/words/exit_status.h")" ]
	same "$defined" "$(section "$abs_top_srcdir/man/mkeyfile.1" 'EXIT STATUS' |
		sed -nE 's/^ {5}([0-9]+) .*/\1/p')"
}

@test "mkeyfile(1) has every environment variable, and no others" {
	local heeded passed documented sources=$abs_top_srcdir/src

	heeded=$(grep -rohE '(from_environment|getenv)\("[A-Z_]+"\)' "$sources" --include='*.c' | grep -oE '[A-Z_]{2,}' | sort -u)
	[[ $heeded == *MKEYFILE_FILE* ]]
	# those of the server's own programs, which read them
	passed=$(grep -oE '"(MYSQL|MARIADB)_[A-Z_]+"' "$sources"/cli/live/link.c | tr -d '"')
	[[ $passed == *MYSQL_HOME* ]]
	documented=$(sed -n 's/^\.It Ev //p' "$abs_top_srcdir/man/mkeyfile.1" | sed 's/ , /\n/g' | sort)
	same "" "$(comm -23 <(echo "$heeded") <(echo "$documented"))"
	same "" "$(comm -13 <(printf '%s\n' "$heeded" "$passed" | sort) <(echo "$documented"))"
}

@test "mkeyfile-verify(1) has every warning, and no others" {
	local names

	names=$(sed -n 's/^\t\[FINDING_[A-Z_]*\] = "\([a-z-]*\)",$/\1/p' "$abs_top_srcdir/src/server/inspect.c")
	[ "$(echo "$names" | wc -l)" -eq "$(grep -c '^	\[FINDING_' "$abs_top_srcdir/src/server/inspect.c")" ]
	same "$names" "$(sed -n '/^\.Ss Warnings/,/^\.Sh/s/^\.It Sy //p' "$abs_top_srcdir/man/mkeyfile-verify.1")"
}

# The members of a JSON object that the page lists. Those that all objects have are in mkeyfile(1).
page_members() { # page
	sed -n '/^\.Sh JSON OUTPUT/,/^\.Sh EXIT/s/^\.It Sy //p' "$abs_top_srcdir/man/$1" | sort
}

@test "the page of each command lists the members of its JSON object" {
	local command

	"$MKEYFILE" generate -q -f keyfile --new-password-file=key 1 2 100 -j >generate.json
	"$MKEYFILE" add -q -f keyfile -P key 200 -j >add.json
	"$MKEYFILE" ensure -q -f keyfile -P key 200 -j >ensure.json
	"$MKEYFILE" rotate -q -f keyfile -P key --new-id 200 -j >rotate.json
	"$MKEYFILE" list -q -f keyfile -P key -j >list.json
	"$MKEYFILE" verify -q -f keyfile -P key -j >verify.json
	"$MKEYFILE" config -q -f keyfile -P key -j >config.json
	"$MKEYFILE" decrypt -q -f keyfile -P key -o plain -j >decrypt.json
	"$MKEYFILE" passwd -q -f keyfile -P key --new-password-file=key -j >passwd.json
	rm keyfile~
	"$MKEYFILE" diff -q -f keyfile -P key plain -j >diff.json
	"$MKEYFILE" remove -q -f keyfile -P key --force 200 -j >remove.json
	"$MKEYFILE" encrypt -q -f plain -P key -o again -j >encrypt.json
	"$MKEYFILE" seal -q -f again -P key -j >seal.json
	"$MKEYFILE" import -q -f more plain -j >import.json
	"$MKEYFILE" export -q -f more plain -j >export.json
	# tests/status.bats asks a server
	echo '{"path":0,"server":0,"plugin":0,"server_path":0,"reload":0,"rotate_key_age":0,"threads":0,"state":0,"ids":0}' >status.json
	for command in $(commands); do
		same "$command
$(jq -r 'del(.warnings, .hints) | keys[]' "$command.json" | sort)" "$command
$(page_members "mkeyfile-$command.1")"
	done
}

@test "every page has its examples after a short description" {
	local page first

	for page in $(pages); do
		first=$(grep '^\.Sh ' "$page" | sed 's/^\.Sh //' | paste -sd ' ')
		[[ $first == "NAME "*"DESCRIPTION EXAMPLES "* ]]
		same "NAME DESCRIPTION EXAMPLES" "$(cut -d ' ' -f 1-4 <<<"$first" | sed 's/ SYNOPSIS//; s/\(EXAMPLES\) .*/\1/')"
		# on the first two screens
		[ "$(MANWIDTH=80 man --local-file "$page" | col -bx | grep -n '^EXAMPLES' | cut -d : -f 1)" -le 36 ]
	done
}

@test "every page has examples" {
	local page

	for page in $(pages); do
		examples "$page" >commands
		[ "$(grep -c mkeyfile commands)" -ge 1 ]
	done
}

@test "the examples of every page run" {
	local page

	unset MKEYFILE_PRINT_DEFAULTS
	for page in $(pages); do
		mkdir examples
		examples "$page" >commands
		if ! (cd examples && unset BASH_ENV ENV && setsid --wait sh -ex ../commands) >words 2>&1 </dev/null; then
			echo "$page:" && cat words
			return 1
		fi
		rm -r examples
	done
}

# The lines of a page that ask other hosts, as a reader would copy them.
host_examples() { # page
	mandoc -T ascii "$abs_top_srcdir/man/$1" | col -bx |
		sed -n -e '/^ *for .* in db1/,/^ *done/p' -e '/^ *ssh db2/p'
}

@test "the examples that ask other hosts run, where ssh leads to this one" {
	local page

	mkdir bin
	# ssh gives the words to a shell of the host
	printf '%s\n' '#!/bin/sh' 'host=$1; shift' 'cd "$HOSTS/$host" && exec sh -c "$*"' >bin/ssh
	chmod +x bin/ssh
	PATH=$PWD/bin:$PATH
	export HOSTS=$PWD MKEYFILE_FILE=keyfile
	mkdir db1 db2 db3
	make_keyfile db1/keyfile 1 2
	cp db1/keyfile db2/
	cp db1/keyfile db3/
	cp db1/keyfile .
	for page in mkeyfile-list.1 mkeyfile-rotation.7; do
		host_examples "$page" >commands
		same 1 "$(sh -e commands | wc -l)"
		same 3 "$(sh -e commands | awk '{ print $1 }')"
	done
	host_examples mkeyfile-diff.1 >commands
	[[ $(sh -e commands) == same:* ]]
	"$MKEYFILE" add -q --file=db2/keyfile 100
	run -1 sh -e commands
	[[ $output == different:* ]]
	host_examples mkeyfile-list.1 >commands
	same 2 "$(sh -e commands | wc -l)"
}

@test "the pages of commands have names as typed on the command line" {
	# a bare .Nm would print the name of the page
	run -1 grep -nx '\.Nm' "$abs_top_srcdir"/man/mkeyfile-*.1
}

@test "the table that mkeyfile-list(1) shows has the form that list prints" {
	local page=$abs_top_srcdir/man/mkeyfile-list.1
	local form='s/  [0-9a-f]{16}/  FP/; s/  20[0-9]{2}(-[0-9]{2}){2}/  DAY/'

	"$MKEYFILE" generate -q --file=keyfile 1 2 100
	mkeyfile list --file=keyfile | sed -E "$form" >printed
	sed -n '/^ID  /,/^\.Ed/{/^\.Ed/!p}' "$page" | sed -E "$form" >shown
	diff printed shown
}

@test "what mkeyfile-verify(1) shows is what verify prints" {
	local page=$abs_top_srcdir/man/mkeyfile-verify.1 line

	examples "$page" >commands
	setsid --wait sh -e commands >printed 2>&1 </dev/null
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh DETAILS/p' "$page" | grep -E "^(yes|no|hint|note|  )" >shown
	[ "$(wc -l <shown)" -ge 5 ]
	while IFS= read -r line; do
		grep -xF -e "$line" printed || { echo "not printed: $line" && false; }
	done <shown
}

# The script in mkeyfile(1), as a reader would copy it.
deployment_script() {
	mandoc -T ascii "$abs_top_srcdir/man/mkeyfile.1" | col -bx | sed -n '/^ *#!\/bin\/sh$/,/^ *mv /p' | sed 's/^ \{11\}//'
}

@test "the deployment script of mkeyfile(1) rejects bad files" {
	deployment_script >deploy
	shellcheck deploy
	"$MKEYFILE" generate -q -f present --new-password-file=key 1 2 100
	cp -p present new
	"$MKEYFILE" add -q -f new -P key 200
	sh deploy new present key
	cmp new present
	# a key is missing
	"$MKEYFILE" generate -q -f less -P key 1 2 100
	run -1 --separate-stderr sh deploy less present key
	same "refused: keys would be lost" "$stderr"
	# the server does not load it
	"$MKEYFILE" rotate -q -f new -P key -t 11.8-enterprise --all
	run -1 --separate-stderr sh deploy new present key
	[[ $stderr = "refused: no: Invalid key at new line 2, column 3" ]]
	# it is worth a warning
	cp present exposed
	chmod 644 exposed
	run -1 --separate-stderr sh deploy exposed present key
	[[ $stderr = "refused: no: 'exposed' loads on "*", but with 1 warning" ]]
	openssl rand -hex 128 >other
	chmod 600 other
	run -1 --separate-stderr sh deploy present present other
	same "mkeyfile verify: cannot decrypt 'present': wrong password, wrong digest or iteration count, or damaged file
refused: another password" "$stderr"
	run -2 --separate-stderr sh deploy nowhere present key
}

@test "the error object of mkeyfile(1) has the members that errors have" {
	run -2 --separate-stderr mkeyfile list --file=none --json
	same "$(jq -c '[paths]' <<<"$output")" "$(sed -n '/^\.Sh JSON/,/^\.Sh/p' "$abs_top_srcdir/man/mkeyfile.1" |
		sed -n '/^{$/,/^}$/p' | jq -c '[paths]')"
}

@test "all pages have the same date, and each names itself" {
	local page name

	for page in $(pages); do
		name=$(basename "$page")
		same "$(grep '^\.Dd' "$abs_top_srcdir/man/mkeyfile.1")" "$(grep '^\.Dd' "$page")"
		grep -x ".Dt $(echo "${name%.*}" | tr '[:lower:]' '[:upper:]') ${name##*.}" "$page"
		grep -x ".Nm ${name%.*}" "$page"
	done
}

@test "every reference to a page of mkeyfile leads to one" {
	local reference

	grep -ohE '^\.Xr mkeyfile[a-z-]* [0-9]' "$abs_top_srcdir"/man/*.[1-9] | sort -u >references
	[ -s references ]
	while read -r _ reference section; do
		[ -e "$abs_top_srcdir/man/$reference.$section" ] || { echo "no $reference($section)" && false; }
	done <references
}

# The n-th block of lines of the test vectors in mkeyfile(5).
vectors() { # n
	sed -n '/^\.Ss Test vectors/,/^\.Sh/p' "$abs_top_srcdir/man/mkeyfile.5" |
		awk -v wanted="$1" '/^\.Bd/ { n++; on = n == wanted; next } /^\.Ed/ { on = 0 } on'
}

@test "openssl derives the keys of the test vectors in mkeyfile(5)" {
	local digest iterations key iv count=0
	local -a pbkdf2

	vectors 1 >derivations
	while read -r digest iterations && read -r _ key && read -r _ iv; do
		pbkdf2=()
		[ "$iterations" = 0 ] || pbkdf2=(-pbkdf2 -iter "$iterations")
		same "$digest $iterations ${key^^} ${iv^^}" "$digest $iterations $(openssl enc -aes-256-cbc -md "$digest" "${pbkdf2[@]}" \
			-pass pass:mkeyfile -S 0001020304050607 -P 2>/dev/null | sed -n 's/^key=//p; s/^iv *=//p' | paste -sd ' ')"
		count=$((count + 1))
	done <derivations
	[ $count -ge 7 ]
}

@test "openssl and mkeyfile read the key file of the test vectors in mkeyfile(5)" {
	local id key file

	umask 077
	vectors 2 >plain
	vectors 3 | base64 -d >sealed
	vectors 6 >fingerprints
	printf mkeyfile >key
	openssl_decrypt key sealed >opened
	cmp plain opened
	{
		printf 'Salted__\0\1\2\3\4\5\6\7'
		openssl enc -aes-256-cbc -md sha1 -pass pass:mkeyfile -S 0001020304050607 -in plain 2>/dev/null
	} >again
	cmp sealed again
	# by hand, from the digits alone
	sed -n 's/^ *0*\([0-9]*\);\([0-9A-Fa-f]*\).*/\1;\2/p' plain >keys
	{
		while IFS=';' read -r id key; do
			echo "$id $(fingerprint "$key")"
		done <keys
		echo "all $(whole_fingerprint keys)"
	} >computed
	diff computed <(tr -s ' ' <fingerprints)
	[ "$(wc -l <computed)" -eq 4 ]
	for file in plain sealed; do
		diff computed <(mkeyfile list -q --file=$file --password-file=key --json |
			jq -r '(.keys[] | "\(.id) \(.fingerprint)"), "all \(.fingerprint)"')
	done
}

@test "openssl computes the seals of the test vectors in mkeyfile(5)" {
	local block digest iterations derived key line

	vectors 1 >derivations
	vectors 2 >plain
	for block in 4:sha1:0 5:sha512:600000; do
		IFS=: read -r block digest iterations <<<"$block"
		derived=$(grep -A 2 "^$digest $iterations$" derivations | sed -n 's/^\(key\|iv \) //p' | tr -d '\n')
		{ read -r key && read -r line; } < <(vectors "$block")
		same "$key" "$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt "hexkey:$derived" \
			-kdfopt 'info:mkeyfile seal v1' HKDF | tr -d ':' | tr '[:upper:]' '[:lower:]')"
		same "$line" "# mkeyfile seal v1 $(openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -r plain | cut -d ' ' -f 1)"
	done
	# the program agrees about the first one
	printf mkeyfile >key
	{
		printf 'Salted__\0\1\2\3\4\5\6\7'
		{ cat plain && vectors 4 | tail -n 1; } |
			openssl enc -aes-256-cbc -md sha1 -pass pass:mkeyfile -S 0001020304050607 2>/dev/null
	} >sealed
	same sealed "$(mkeyfile verify -q -f sealed -P key --json | jq -r .seal)"
}
