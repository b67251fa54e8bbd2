#!/usr/bin/env bats
# The house rules that a machine can check.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	cd "$abs_top_srcdir/src" || return
}

@test "arrows point one way: cli to server to core" {
	run -1 grep -nE '#include "(cli|server)/' core/*.[ch]
	run -1 grep -nE '#include "cli/' server/*.[ch]
}

@test "only core names OpenSSL, only cli names argp and prints" {
	run -1 grep -nE 'openssl/' cli/*.[ch] server/*.[ch]
	run -1 grep -nE 'argp' core/*.[ch] server/*.[ch]
	run -1 grep -nE '\b(v?f?printf|puts|fputs|putchar|perror|exit)\(' core/*.[ch] server/*.[ch]
}

@test "keyfile touches no descriptor" {
	run -1 grep -nE '#include <(unistd|fcntl|sys/stat)\.h>|\b(open|read|write|close)\(' core/keyfile.[ch]
}

@test "every file names its licence" {
	same "" "$(grep -L 'SPDX-License-Identifier: MIT' ./*/*.[ch])"
}
