#!/usr/bin/env bats
# verify and the real server on thousands of key files, and of option files, that
# nobody thought of.
# MKEYFILE_TEST_LONG=1 takes ten times as many, MKEYFILE_TEST_SEED repeats a run.
# bats file_tags=deep,plain
bats_require_minimum_version 1.5.0
load common

differential() {
	"$abs_top_srcdir/tests/differential" --directory "$PWD" "$@"
}

# Compares with a mkeyfile whose answers this script falsifies.
differential_on_liar() { # sed-script
	cat >liar <<-end
		#!/bin/sh
		answer=\$("$MKEYFILE" "\$@" 2>/dev/null)
		status=\$?
		echo "\$answer" | sed "$1"
		exit \$status
	end
	chmod 755 liar
	MKEYFILE=$PWD/liar run --separate-stderr differential --seed 7 --count 40
	[ "$status" = 1 ]
	same "" "$stderr"
}

@test "verify and the server agree, word by word" {
	count=300
	[ -z "${MKEYFILE_TEST_LONG-}" ] || count=3000
	agrees differential --count $count
}

# The same of option files, with the plugin that was built.
differential_options() {
	[ -e "$abs_top_builddir/mkeyfile_key_management.so" ] || skip 'no plugin was built'
	"$abs_top_srcdir/tests/differential-options" --directory "$PWD" \
		--plugin "$abs_top_builddir/mkeyfile_key_management.so" "$@"
}

@test "verify and the server agree on option files: which plugin serves, which file, which words" {
	# the sample is the same each time; the long run looks for what is new
	count=50
	: "${MKEYFILE_TEST_SEED:=13}"
	if [ -n "${MKEYFILE_TEST_LONG-}" ]; then
		count=1000
		MKEYFILE_TEST_SEED=$((RANDOM + 1))
	fi
	agrees differential_options --seed "$MKEYFILE_TEST_SEED" --count $count
}

@test "it notices another file, and shows the option files without what does not matter" {
	cat >liar <<-end
		#!/bin/sh
		answer=\$("$MKEYFILE" "\$@")
		status=\$?
		echo "\$answer" | sed 's|\("path": *"[^"]*/\)[^"/]*"|\1elsewhere"|'
		exit \$status
	end
	chmod 755 liar
	MKEYFILE=$PWD/liar run --separate-stderr differential_options --seed 1 --count 4
	[ "$status" = 1 ]
	same "" "$stderr"
	[[ $output = *"  server:    ("*"
  mkeyfile:  ("*"'@/elsewhere'"* ]]
}

@test "it notices a yes that should be a no" {
	cat >liar <<-'end'
		#!/bin/sh
		echo "yes: '$5' loads on $7"
	end
	chmod 755 liar
	MKEYFILE=$PWD/liar run --separate-stderr differential --seed 7 --count 40
	[ "$status" = 1 ]
	same "" "$stderr"
	[[ $output = *"server:        no: Invalid key at keyfile line 1, column 3
  mkeyfile:      status 0, yes: 'keyfile' loads on"* ]]
	same "1;" "$(cat suggested/key-*.keyfile)"
}

@test "it notices a column that is one off" {
	differential_on_liar 's/column 3\$/column 4/'
	[[ $output = *"
 shrunk to bytes: 2
  key file:      b'1;'
  server:        no: Invalid key at keyfile line 1, column 3
  mkeyfile:      status 1, no: Invalid key at keyfile line 1, column 4
  fixture:       $PWD/suggested/"* ]]
}

@test "it notices a no that should be a yes, and shows no key" {
	differential_on_liar "s/^yes: .*/no: Syntax error/"
	[[ $output = *"
 shrunk to bytes: 34
  key file:      b'1;<K1: 32 digits>'
  server:        yes
  mkeyfile:      status 0, no: Syntax error
  fixture:       $PWD/suggested/"* ]]
	run -1 grep -E '[0-9A-Fa-f]{16}' <<<"$output"
}

@test "it says when it cannot compare" {
	MARIADBD=/nonexistent run -2 --separate-stderr differential --count 1
	same "differential: needs a server (\$MARIADBD), mkeyfile (\$MKEYFILE) and openssl" "$stderr"
}

@test "a signal ends it and leaves nothing behind" {
	# no function: a signal to the shell that runs it would not reach it
	"$abs_top_srcdir/tests/differential" --directory "$PWD" --count 3000 >log 3>&- &
	sleep 1
	kill -TERM $!
	status=0
	wait $! || status=$?
	same 143 $status
	same "log" "$(ls)"
	run -1 pgrep -f -- "--datadir=$PWD/"
}
