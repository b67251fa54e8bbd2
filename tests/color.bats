#!/usr/bin/env bats
# Colors, which no file name can produce.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile TERM=xterm
	unset NO_COLOR
	make_keyfile keyfile 1 2
	escape=$'\033'
	green="${escape}[1;32m" red="${escape}[1;31m" yellow="${escape}[1;33m" none="${escape}[0m"
	user=--server-user=$(id -un)
}

# Runs a command on a terminal; the output is what the terminal showed.
on_terminal() {
	run "$abs_top_srcdir/tests/terminal" -- "$@"
}

@test "yes, no, warning and error have a color on a terminal" {
	on_terminal "$MKEYFILE" verify "$user"
	same "${green}yes:${none} 'keyfile' loads on every server
  2 keys, unversioned, not encrypted
exit 0" "$output"
	echo x >>keyfile
	on_terminal "$MKEYFILE" verify "$user" -t 10.11
	same "${red}no:${none} Syntax error at keyfile line 3, column 1" "${lines[0]}"
	on_terminal "$MKEYFILE" list
	same "${red}mkeyfile list:${none} 'keyfile' is not a key file: syntax error at line 3, column 1
exit 2" "$output"
	make_keyfile keyfile 1
	echo "1;$(random_key)" >>keyfile
	chmod 644 keyfile
	on_terminal "$MKEYFILE" verify "$user"
	[[ $output == *"${yellow}warning:${none} "*"note: "* ]]
	on_terminal "$MKEYFILE" add 7 -q
	[[ $output != *"$yellow"* ]]
	make_keyfile keyfile 1 2
	chmod 644 keyfile
	on_terminal "$MKEYFILE" add 7 --dry-run
	same "${yellow}mkeyfile add: warning:${none} 'keyfile' has mode 0644: other users can read its keys, or its group can change them" \
		"${lines[0]}"
	on_terminal "$MKEYFILE" diff keyfile
	[[ ${lines[0]} == "${green}same:${none} 'keyfile'"* ]]
	on_terminal "$MKEYFILE" diff <(echo "1;$(random_key)")
	[[ $output == *"${red}different:${none} 'keyfile'"* ]]
}

@test "no color in pipes and files; each stream is checked separately" {
	chmod 644 keyfile
	run mkeyfile verify "$user"
	[[ $output != *"$escape"* ]]
	on_terminal sh -c '"$MKEYFILE" verify "$1" >out; "$MKEYFILE" add 7 -n; "$MKEYFILE" list --file=none' sh "$user"
	[[ $(cat out) == "yes: "* && $(cat out) != *"$escape"* ]]
	[[ $output == *"${yellow}mkeyfile add: warning:${none} "*"${red}mkeyfile list:${none} cannot"* ]]
	on_terminal sh -c '"$MKEYFILE" verify "$1"; "$MKEYFILE" add 7 -n 2>err; "$MKEYFILE" list --file=none 2>>err' sh "$user"
	[[ $output == "${green}yes:${none} "* ]]
	[[ $(cat err) == "mkeyfile add: warning: "*"mkeyfile list: cannot"* && $(cat err) != *"$escape"* ]]
}

@test "NO_COLOR, TERM and --color" {
	colored="${red}mkeyfile list:${none} cannot open 'none': No such file or directory
exit 2"
	plain="mkeyfile list: cannot open 'none': No such file or directory
exit 2"
	shown() { # expected, then words for env
		local expected=$1
		shift
		on_terminal env "$@" -f none
		same "$expected" "$output"
	}
	shown "$colored" "$MKEYFILE" list
	shown "$plain" NO_COLOR=1 "$MKEYFILE" list
	shown "$colored" NO_COLOR= "$MKEYFILE" list
	shown "$plain" TERM=dumb "$MKEYFILE" list
	shown "$plain" -u TERM "$MKEYFILE" list
	shown "$plain" "$MKEYFILE" list --color=never
	shown "$plain" "$MKEYFILE" --color=never list
	shown "$colored" "$MKEYFILE" list --color=auto
	shown "$colored" NO_COLOR=1 TERM=dumb "$MKEYFILE" list --color=always
	printf '[mkeyfile]\ncolor = never\n' >my.cnf
	chmod 600 my.cnf
	shown "$plain" -u MKEYFILE_PRINT_DEFAULTS "$MKEYFILE" list --defaults-file="$PWD/my.cnf"
	shown "$colored" -u MKEYFILE_PRINT_DEFAULTS "$MKEYFILE" list --defaults-file="$PWD/my.cnf" --color=always
	# in a pipe as well
	run --separate-stderr mkeyfile list --color=always -f none
	same "${red}mkeyfile list:${none} cannot open 'none': No such file or directory" "$stderr"
	run -0 mkeyfile verify --color=always "$user"
	same "${green}yes:${none} 'keyfile' loads on every server" "${lines[0]}"
	run_refused 64 "mkeyfile list: invalid value '...' for --color: use auto, always or never" list --color=sometimes
}

@test "usage errors obey --color and --quiet anywhere on the command line" {
	run --separate-stderr mkeyfile lst --color=always
	same "${red}mkeyfile:${none} unknown command 'lst'
hint: did you mean 'mkeyfile list'?" "$stderr"
	run --separate-stderr mkeyfile list --idss --color=always
	same "${red}mkeyfile list:${none} unrecognized option '--idss'" "${stderr_lines[0]}"
	for line in 'lst -q' '-q lst' 'list --idss --quiet' 'list -q --idss' 'rotate -q 100 --new-id x' 'help lst -q'; do
		# shellcheck disable=SC2086
		run --separate-stderr mkeyfile $line
		same 64 "$status"
		same 1 "${#stderr_lines[@]}"
	done
}

@test "JSON is never colored" {
	run -0 mkeyfile verify --json --color=always "$user"
	[[ $output != *"$escape"* ]]
	run -2 --separate-stderr mkeyfile list --json --color=always -f none
	[[ $output != *"$escape"* ]]
}

@test "no file name produces a color or a line" {
	name=$'a\033[32m\nyes: forged'
	shown='a\033[32m\012yes: forged'
	cp keyfile "$name"
	run -0 mkeyfile verify -f "$name" "$user"
	same "yes: '$shown' loads on every server" "${lines[0]}"
	run -1 mkeyfile verify -f "$name" "$user" -P keyfile -t 10.11
	same "no: Cannot decrypt $shown. Not encrypted" "${lines[0]}"
	chmod 666 "$name"
	run -0 mkeyfile verify -f "$name" "$user"
	[[ $output != *"$escape"* ]]
	run -1 grep -q '^yes: forged' <<<"$output"
	chmod 600 "$name"
	run -0 mkeyfile diff -f keyfile "$name"
	[[ $output == "same: 'keyfile' and '$shown' contain the same"* ]]
	echo "3;$(random_key)" >>"$name"
	run -1 mkeyfile diff -f keyfile "$name"
	[[ ${lines[0]} == "different: 'keyfile' compared with '$shown': "* ]]
	openssl_encrypt keyfile "$name" sealed
	mv sealed "$name"
	echo another >password
	chmod 600 password
	run -3 --separate-stderr mkeyfile verify -f "$name" "$user" -P password -t 10.11
	[[ $output == "no: "*"$shown"* && $output$stderr != *"$escape"* ]]
	run "$abs_top_srcdir/tests/terminal" "expect:Password of '$shown': " echo:off type:wrong "expect:Password of" echo:off \
		type:wrong "expect:Password of" echo:off type:wrong -- "$MKEYFILE" list --color=never -f "$name"
	[[ $output != *"$escape"* && $output == *"exit 3" ]]
	run -2 --separate-stderr mkeyfile list -f "$name/none"
	same "mkeyfile list: cannot open '$shown/none': Not a directory" "$stderr"
}

@test "quickstart shows progress on a terminal, and clears the line" {
	quickstart=$abs_top_srcdir/scripts/quickstart
	{
		echo 'log=log ticking='
		sed -n '/^tick() {/,/^\[ -x configure/p' "$quickstart" | sed '$d'
		echo '"$@"'
	} >functions
	busy=(sh functions quietly 'building it' head -n 1)
	run "$abs_top_srcdir/tests/terminal" 'expect:building it ... 1 s' type:go -- "${busy[@]}"
	same "building it ... done" "${lines[-2]##*K}"
	same "exit 0" "${lines[-1]}"
	run "$abs_top_srcdir/tests/terminal" 'expect:building it ... 0 s' type:go -- sh -c '"$@" >out' sh "${busy[@]}"
	same "building it ... done" "$(cat out)"
	# no progress without a capable terminal
	run -0 "${busy[@]}" <<<go
	same "building it ... done" "$output"
	run "$abs_top_srcdir/tests/terminal" -- env TERM=dumb "${busy[@]::4}" true
	same "building it ... done
exit 0" "$output"
	run -1 --separate-stderr sh functions quietly 'building it' sh -c 'echo what went wrong; false'
	same "building it ... failed" "$output"
	same "what went wrong" "$stderr"
}
