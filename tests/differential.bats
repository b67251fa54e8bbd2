#!/usr/bin/env bats
# verify compared with a real server, on thousands of random key files and option files.
# MKEYFILE_TEST_LONG=1 creates ten times as many, and MKEYFILE_TEST_SEED repeats a run.
# bats file_tags=deep,plain
bats_require_minimum_version 1.5.0
load common
load server

differential() {
	"$abs_top_srcdir/tests/differential" --directory "$PWD" "$@"
}

# Runs the comparison with a mkeyfile whose answers this sed script changes.
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

@test "verify prints the exact words of the server" {
	count=300
	[ -z "${MKEYFILE_TEST_LONG-}" ] || count=3000
	agrees differential --count $count
}

# Runs the comparison for option files, with the plugin that was built.
differential_options() {
	[ -e "$abs_top_builddir/mkeyfile_key_management.so" ] || skip 'no plugin was built'
	"$abs_top_srcdir/tests/differential-options" --directory "$PWD" \
		--plugin "$abs_top_builddir/mkeyfile_key_management.so" "$@"
}

@test "for option files, verify agrees with the server about the plugin, the file and the words" {
	# this sample is always the same; the long run uses new ones
	count=50
	: "${MKEYFILE_TEST_SEED:=13}"
	if [ -n "${MKEYFILE_TEST_LONG-}" ]; then
		count=1000
		MKEYFILE_TEST_SEED=$((RANDOM + 1))
	fi
	agrees differential_options --seed "$MKEYFILE_TEST_SEED" --count $count
}

@test "the comparison detects another file, and shows only the relevant lines of option files" {
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

@test "the comparison detects a yes that must be a no" {
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

@test "the comparison detects a wrong column" {
	differential_on_liar 's/column 3\$/column 4/'
	[[ $output = *"
 shrunk to bytes: 2
  key file:      b'1;'
  server:        no: Invalid key at keyfile line 1, column 3
  mkeyfile:      status 1, no: Invalid key at keyfile line 1, column 4
  fixture:       $PWD/suggested/"* ]]
}

@test "the comparison detects a no that must be a yes, and shows no key" {
	differential_on_liar "s/^yes: .*/no: Syntax error/"
	[[ $output = *"
 shrunk to bytes: 34
  key file:      b'1;<K1: 32 digits>'
  server:        yes
  mkeyfile:      status 0, no: Syntax error
  fixture:       $PWD/suggested/"* ]]
	run -1 grep -E '[0-9A-Fa-f]{16}' <<<"$output"
}

@test "the comparison reports that it cannot compare" {
	MARIADBD=/nonexistent run -2 --separate-stderr differential --count 1
	same "differential: a server (\$MARIADBD), mkeyfile (\$MKEYFILE) and openssl are required" "$stderr"
}

@test "a signal stops the comparison, and no file is left" {
	# not a function, because a signal would reach only the shell that runs the function
	"$abs_top_srcdir/tests/differential" --directory "$PWD" --count 3000 >log 3>&- &
	sleep 1
	kill -TERM $!
	status=0
	wait $! || status=$?
	same 143 $status
	same "log" "$(ls)"
	run -1 pgrep -f -- "--datadir=$PWD/"
}
