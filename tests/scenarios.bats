#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# verify and remove on random data directories of real servers. MKEYFILE_TEST_LONG=1 creates a
# hundred times as many, and MKEYFILE_TEST_SEED repeats a run.
bats_require_minimum_version 1.5.0
load common

scenarios() {
	"$abs_top_srcdir/tests/scenarios" --directory "$PWD" "$@"
}

@test "no server needs a key that remove removed or verify called not needed" {
	count=3
	[ -z "${MKEYFILE_TEST_LONG-}" ] || count=300
	agrees scenarios --count $count
}

@test "scenarios detect a yes that must be a no" {
	cat >liar <<-end
		#!/bin/sh
		[ "\$1" = verify ] || exec "$MKEYFILE" "\$@"
	end
	chmod 755 liar
	MKEYFILE=$PWD/liar run --separate-stderr scenarios --release bookworm --seed 5 --count 1
	[[ $stderr != *"no root of bookworm"* ]] || skip 'requires the root that scripts/server-root bookworm builds'
	[ "$status" = 1 ]
	same "" "$stderr"
	[[ $output = *"disagreement (server): without 1;1 "*": the server does not start"* ]]
	[[ $output = *"disagreement (incomplete): verify says 0 without "* ]]
}

@test "scenarios report that they cannot compare" {
	MKEYFILE=/nonexistent run -2 --separate-stderr scenarios --count 1
	same "scenarios: mkeyfile (\$MKEYFILE) is required" "$stderr"
}

@test "a signal stops the scenarios, and no file is left" {
	# not a function, because a signal would reach only the shell that runs the function
	"$abs_top_srcdir/tests/scenarios" --directory "$PWD" --count 30 >log 3>&- &
	for ((i = 0; i < 600; i++)); do
		compgen -G 'scenario-*/w/s' >/dev/null && break
		sleep 0.1
	done
	kill -TERM $!
	status=0
	wait $! || status=$?
	same 143 $status
	same "log" "$(ls)"
	run -1 pgrep -f -- "--datadir=$PWD/"
}
