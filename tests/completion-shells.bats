#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The completions for zsh and fish, tested in the real shells, together with that for bash.
# shellcheck disable=SC2030,SC2031 # each test has an environment of its own
bats_require_minimum_version 1.5.0
load common
: "${abs_top_srcdir:?}"

completions=$abs_top_srcdir/completions

setup_test() {
	export HOME=$BATS_TEST_TMPDIR XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config XDG_DATA_HOME=$BATS_TEST_TMPDIR/data
	mkfifo "$BATS_TEST_TMPDIR/silence"
	cat >"$BATS_TEST_TMPDIR/complete.fish" <<-'END'
		set --prepend fish_complete_path $argv[1]
		for line in $argv[2..-1]
		    set -l offered (complete --do-complete=$line)
		    # fish 4 also lists words that only contain the letters, after those that begin with them
		    set -l begin (string match -- (string match --regex '\S*$' -- $line)'*' $offered)
		    test -z "$begin"; or set offered $begin
		    printf '%s\n' $offered --
		end
	END
	cat >"$BATS_TEST_TMPDIR/complete.bash" <<-'END'
		. "$1/mkeyfile.bash"
		for COMP_LINE in "${@:2}"; do
			read -ra COMP_WORDS <<<"$COMP_LINE"
			[[ $COMP_LINE == *[[:space:]] ]] && COMP_WORDS+=('')
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			_mkeyfile
			((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
			echo --
		done
	END
}

# Prints what a shell offers at the end of each line, followed by a line "--".
# Standard input stays open and empty: who reads it hangs until the time is over.
complete_lines() { # shell line...
	local shell=$1 command
	shift
	case $shell in
	zsh) command=("$abs_top_srcdir/tests/complete.zsh") ;;
	fish) command=(fish --no-config "$BATS_TEST_TMPDIR/complete.fish") ;;
	bash) command=(bash --norc --noprofile "$BATS_TEST_TMPDIR/complete.bash") ;;
	esac
	# fish describes, and repeats what is typed of an option before its value
	timeout 300 "${command[@]}" "$completions" "$@" 2>&1 <>"$BATS_TEST_TMPDIR/silence" |
		sed -E 's/\t.*//; s/^--[a-z0-9-]+=(.)/\1/'
}

# offer SHELL LINE "WORD..." [LINE "WORD..."]...: exactly these after each line,
# in any order.
offer() {
	local shell=$1 line i offered expected
	local -a lines=() wanted=()
	shift
	while [ $# -gt 0 ]; do
		lines+=("$1")
		wanted+=("$2")
		shift 2
	done
	complete_lines "$shell" "${lines[@]}" | sed "${unequal-}" >"$BATS_TEST_TMPDIR/offered"
	i=0 offered=
	while IFS= read -r line; do
		if [ "$line" != -- ]; then
			offered+=$line$'\n'
			continue
		fi
		# shellcheck disable=SC2086 # words
		expected=$(printf '%s\n' ${wanted[i]} | sort)
		same "$shell: ${lines[i]} -> $expected" "$shell: ${lines[i]} -> $(printf %s "$offered" | sort)"
		i=$((i + 1)) offered=
	done <"$BATS_TEST_TMPDIR/offered"
	same ${#lines[@]} $i
}

# The names of the options that --help and 'help options' define.
help_options() { # [command]
	("$MKEYFILE" "$@" --help && "$MKEYFILE" help options "$@" | sed '/^Options of commands/,$d') |
		awk '/^(  -|      --)/ { for (i = 1; i <= NF && $i ~ /^-/; i++) print $i }' | sed 's/,$//; s/\[*=.*//' | sort
}

# The names of the options that have an item in a page.
page_options() { # page
	sed -n 's/^\.It Fl /Fl /p' "$abs_top_srcdir/man/$1" |
		sed 's/\\&//g; s/ Ns .*//; s/ , /\n/g; s/Fl /-/g' | sort
}

make_sealed() { # file id...
	make_password_file pw
	make_keyfile text "${@:2}"
	openssl_encrypt pw text "$1"
	rm text
}

@test "help, manual page and the completions of all shells have the same commands and options" {
	local command shell wanted
	local -a lines=()

	for command in $(commands); do
		wanted=$(help_options "$command")
		same "$wanted" "$( (page_options mkeyfile.1 | sed '/^--backup$/d; /^--keep$/d; /^--lock-timeout$/d; /^--no-dates$/d; /^--write-in-place$/d; /^--output$/d; /^-o$/d' &&
			page_options "mkeyfile-$command.1") | sort)"
		lines+=("mkeyfile $command -" "$(echo "$wanted" | paste -sd ' ')")
	done
	[ ${#lines[@]} -ge 24 ]
	lines+=("mkeyfile -" "$(help_options | paste -sd ' ')" "mkeyfile " "$(commands | paste -sd ' ') help version")
	lines+=("mkeyfile help " "$(commands | paste -sd ' ') options" "mkeyfile help options " "$(commands | paste -sd ' ')")
	for shell in bash zsh fish; do
		options_are "$shell" "${lines[@]}"
	done
}

# As offer, for names of options: bash puts "=" after those that take a value.
options_are() { # shell line "option..."...
	local unequal='s/=$//'
	offer "$@"
}

@test "all shells offer the same values of every option" {
	local command option shell
	local -a lines=()

	touch file && mkdir directory
	for command in $(commands); do
		for option in $( ("$MKEYFILE" "$command" --help && "$MKEYFILE" help options "$command") | grep -oE '^ {2,6}(-., )?--[a-z0-9-]+=' | grep -oE -e '--.*'); do
			[[ $option == --server-user= || $option == --trust-owner= || $option == --owner= ]] || lines+=("mkeyfile $command $option")
		done
	done
	[ ${#lines[@]} -ge 100 ]
	for shell in bash zsh fish; do
		complete_lines "$shell" "${lines[@]}" | sed 's|/$||' | awk '/^--$/ { n++ } { print n + 0, $0 }' | sort -u >"$BATS_TEST_TMPDIR/$shell"
		[ "$(grep -c ' --$' "$BATS_TEST_TMPDIR/$shell")" -eq ${#lines[@]} ]
		[ "$(grep -c -x '[0-9]* sha512' "$BATS_TEST_TMPDIR/$shell")" -ge 12 ]
		[ "$(grep -c -x '[0-9]* 11.8+plugin' "$BATS_TEST_TMPDIR/$shell")" -ge 12 ]
		[ "$(grep -c -x '[0-9]* directory' "$BATS_TEST_TMPDIR/$shell")" -gt "$(grep -c -x '[0-9]* file' "$BATS_TEST_TMPDIR/$shell")" ]
		diff "$BATS_TEST_TMPDIR/bash" "$BATS_TEST_TMPDIR/$shell"
	done
}

@test "commands, options and their values" {
	local shell

	touch keyfile other
	for shell in zsh fish; do
		offer $shell "mkeyfile ro" rotate \
			"mkeyfile -q --file=keyfile -P pw verif" verify \
			"mkeyfile --file keyfile verif" verify \
			"mkeyfile nonsense " "" \
			"mkeyfile rotate --al" --all \
			"mkeyfile list --ids --no-p" --no-prompt \
			"mkeyfile add 100 --key-fr" --key-from \
			"mkeyfile list -- --id" "" \
			"mkeyfile add --size 1" "128 192" \
			"mkeyfile rotate -s 2" 256 \
			"mkeyfile --digest sha5" sha512 \
			"mkeyfile verify -t 12" 12.3 \
			"mkeyfile verify --server-user=nobod" nobody \
			"mkeyfile list -f keyf" keyfile \
			"mkeyfile diff oth" other \
			"mkeyfile list --password-fd=" "" \
			"mkeyfile list --password-command " "" \
			"mkeyfile rotate --new-id=" "" \
			"mkeyfile generate " ""
	done
	# zsh has options to offer where nothing else is left
	offer fish "mkeyfile list " ""
}

@test "key IDs in a plain file" {
	local shell

	make_keyfile keyfile 1 2 100 101
	for shell in zsh fish; do
		offer $shell "mkeyfile rotate --file=keyfile " "1 2 100 101" \
			"mkeyfile rotate -f keyfile " "1 2 100 101" \
			"mkeyfile rotate -fkeyfile 10" "100 101" \
			"mkeyfile -qf keyfile rotate 10" "100 101" \
			"mkeyfile --file keyfile remove 100 10" 101 \
			"mkeyfile status -f keyfile -- 2 1" "1 100 101" \
			"mkeyfile rotate -f keyfile --all " "" \
			"mkeyfile rotate -f keyfile --new-id 10" "100 101" \
			"mkeyfile add -f keyfile " "" \
			"mkeyfile rotate " "" \
			"mkeyfile rotate --file=nothing " "" \
			"mkeyfile rotate --file=- " ""
		MKEYFILE_FILE=keyfile offer $shell "mkeyfile rotate " "1 2 100 101" \
			"mkeyfile rotate --file=nothing " "" \
			"$MKEYFILE rotate 10" "100 101" \
			"mkeyfile rotate -t nonsense 10" "100 101"
	done
}

@test "IDs are sorted by number" {
	local shell

	make_keyfile keyfile 100 9 1 20
	for shell in zsh fish; do
		same "$(printf '%s\n' 1 9 20 100 --)" "$(complete_lines $shell "mkeyfile rotate -f keyfile ")"
	done
}

@test "key IDs in an encrypted file" {
	local shell

	make_sealed sealed 1 2 300
	make_keyfile text 1 400
	openssl_encrypt pw text pbkdf2 -md sha512 -pbkdf2 -iter 1000
	for shell in zsh fish; do
		offer $shell "mkeyfile rotate --file=sealed --password-file=pw " "1 2 300" \
			"mkeyfile -fsealed -Ppw rotate 3" 300 \
			"mkeyfile rotate -f sealed --password-file=sealed 3" "" \
			"mkeyfile rotate -f pbkdf2 -P pw --digest=sha512 --pbkdf2=1000 4" 400 \
			"mkeyfile --digest sha512 --pbkdf2 1000 rotate -f pbkdf2 -P pw 4" 400 \
			"mkeyfile rotate -f pbkdf2 -P pw " ""
		MKEYFILE_PASSWORD_FILE=pw offer $shell "mkeyfile rotate -f sealed " "1 2 300"
	done
}

@test "file names with blanks, quotes and colons" {
	local shell

	make_keyfile "key file" 1 500
	make_keyfile "key:file" 1 600
	make_keyfile "it's" 1 700
	cp "key file" "$HOME/"
	for shell in zsh fish; do
		offer $shell 'mkeyfile rotate --file=key\ file 5' 500 \
			"mkeyfile rotate --file='key file' 5" 500 \
			'mkeyfile rotate -f "key file" 5' 500 \
			'mkeyfile rotate --file=key:file 6' 600 \
			'mkeyfile -f key:file rotate 6' 600 \
			"mkeyfile rotate -f \"it's\" 7" 700 \
			'mkeyfile rotate -f ~/key\ file 5' 500
	done
}

@test "nothing on the line is run or expanded" {
	local shell

	make_keyfile keyfile 1 2
	for shell in zsh fish; do
		# shellcheck disable=SC2016
		MKEYFILE_FILE=keyfile offer $shell 'mkeyfile rotate --file="$(touch ran)" ' "" \
			'mkeyfile rotate --digest="$(touch ran)" 2' "" \
			'mkeyfile rotate --password-command="$(touch ran)" 2' 2 \
			'mkeyfile rotate --password-command "touch ran" 2' 2
		[ ! -e ran ]
	done
}

@test "an encrypted file without a password: no IDs, no question, no waiting" {
	local shell

	make_sealed sealed 1 2 300
	mkfifo pipe
	for shell in zsh fish; do
		offer $shell "mkeyfile rotate --file=sealed " "" \
			"mkeyfile rotate --file=sealed --password-file=- " "" \
			"mkeyfile rotate --file=sealed --password-fd=0 " "" \
			"mkeyfile rotate --file=sealed --password-command='cat pw' " "" \
			"mkeyfile rotate --file=pipe " "" \
			"mkeyfile rotate --file=sealed --password-file=pipe " ""
		MKEYFILE_PASSWORD_FILE=pw offer $shell "mkeyfile rotate --file=sealed --password-fd 0 " ""
		MKEYFILE_FILE=pipe MKEYFILE_PASSWORD_FILE=pipe offer $shell "mkeyfile rotate " "" "mkeyfile rotate --file=sealed " ""
	done
}

@test "the completions have no syntax errors" {
	zsh -fn "$completions/_mkeyfile"
	fish --no-config --no-execute "$completions/mkeyfile.fish"
	fish_indent --check "$completions/mkeyfile.fish"
}
