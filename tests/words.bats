#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The words of messages, pages, comments and tests.
bats_require_minimum_version 1.5.0
load common

@test "no text uses a word that a plainer one replaces" {
	run -0 "$abs_top_srcdir/tests/plain-words" words "$abs_top_srcdir"
	same "" "$output"
}

@test "every message is written in one place" {
	run -0 "$abs_top_srcdir/tests/plain-words" messages "$abs_top_srcdir"
	same "" "$output"
}

@test "plain-words finds a word, also across lines and quotes, and a repeated message" {
	mkdir -p src/cli man
	printf '/* one in\n * silence */\n' >src/cli/a.h
	printf 'f("keys at "\n  "work");\ng("the same five words again");\n' >src/cli/b.c
	printf 'h("the same five "\n  "words again");\n' >src/cli/c.c
	printf 'The file is no\n.Sy key\nfile, and there is no other.\n' >man/a.1
	run -1 "$abs_top_srcdir/tests/plain-words" words .
	same "man/a.1:1 src/cli/a.h:1 src/cli/b.c:1" "$(sed -n "s/: '.*//p" <<<"$output" | sort | xargs)"
	run -1 "$abs_top_srcdir/tests/plain-words" messages .
	same "src/cli/b.c:3 src/cli/c.c:1: the same five words again" "$output"
}
