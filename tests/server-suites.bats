#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tests/server-suites must notice wrong answers. scripts/check --all runs all of its tests.
# bats file_tags=deep,plain
bats_require_minimum_version 1.5.0
load common

@test "server-suites detect a yes that must be a no" {
	[ -e /usr/share/mysql/mysql-test ] || skip 'requires the package mariadb-test'
	[ -e "$abs_top_builddir/mkeyfile_key_management.so" ] || skip 'requires the plugin'
	cat >liar <<-'end'
		#!/bin/sh
		echo '{"keys": [{"id": 1}, {"id": 2}], "data": {"answers": {}, "missing_part_count": 0,
			"files": [], "needs": [{"id": 1, "needed": true}, {"id": 2, "needed": false}]}}'
	end
	chmod 755 liar
	MKEYFILE=$PWD/liar run -1 "$abs_top_srcdir/tests/server-suites" encryption.filekeys_encfile_file encryption.filekeys_encfile_bad
	same "disagreement: encryption.filekeys_encfile_file: mysqld.1, end: verify says yes with another key under the needed ID 1" \
		"$(grep '^disagreement' <<<"$output")"
	[[ $output = $'encryption: 2 pass\n'* ]]
	[[ $output = *$'\ndata of a server, without keys: verify not run: 1\n'* ]]
}
