#!/usr/bin/env bats
# Rules for the source that a test can check.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	cd "$abs_top_srcdir/src" || return
}

@test "includes point one way: from cli to server and data, and from all of them and plugin to core" {
	run -1 grep -nE '#include "(cli|server|data)/' core/*.[ch]
	run -1 grep -nE '#include "(cli|data)/' server/*.[ch]
	run -1 grep -nP '#include "data/(?!formats/)' data/formats/*.[ch]
	run -1 grep -nE '#include "(cli|server)/' data/*.[ch] data/*/*.[ch]
	run -1 grep -nE '#include "(cli|server|data)/' plugin/*.[ch]
	run -1 grep -nE '#include "plugin/' core/*.[ch] server/*.[ch] data/*.[ch] data/*/*.[ch] cli/*/*.[ch]
}

@test "includes between the directories of cli point one way" {
	declare -A below=(
		[commands]='keyfile|live|managers|proof|options|words' [managers]='keyfile|options|words' [keyfile]='options|words' [live]='proof|options|words'
		[proof]='options|words' [options]='words' [words]='-'
	)
	local room

	same "$(printf '%s\n' "${!below[@]}" | sort)" "$(find cli -mindepth 1 -type d -name '[a-z]*' -printf '%f\n' | sort)"
	for room in "${!below[@]}"; do
		run grep -rhoP "#include \"cli/\K(?!$room/|(${below[$room]})/)[^\"]*" cli/"$room" --include='*.[ch]'
		same '' "$output"
	done
}

@test "only core and data use OpenSSL, and only cli prints" {
	run -1 grep -nE 'openssl/' cli/*/*.[ch] server/*.[ch] plugin/*.[ch]
	run -1 grep -nE '\b(v?f?printf|puts|fputs|putchar|perror|exit)\(' core/*.[ch] server/*.[ch] data/*.[ch] data/*/*.[ch]
}

@test "options that exclude each other exist" {
	local name count=0
	while read -r name; do
		grep -qE "(\{|^)[[:space:]]*\"$name\",|argument = \"$name\"," cli/*/*.[ch] || { echo "$name" && return 1; }
		count=$((count + 1))
	done < <(cat cli/*/*.c | tr -s '\n\t' ' ' | grep -oP '\{ (EXCLUDE|NEED|REQUIRE), "[^"]*", ("[^"]*"|NULL)' |
		grep -o '"[^"]*"' | tr -d '"' | tr ' ' '\n' | sort -u)
	[ $count -gt 20 ]
}

@test "only client uses Connector/C, and client uses only secret and child of core" {
	run -1 grep -nE '<mysql\.h>' cli/*/*.[ch] server/*.[ch] core/*.[ch] data/*.[ch] data/*/*.[ch]
	run -1 grep -nE '#include "(cli|server|data)/' client/*.[ch]
	same "child.h
secret.h" "$(grep -hoP '#include "core/\K[^"]*' client/*.[ch] | sort -u)"
}

@test "only vault uses libcurl, and vault uses only cleanup, child, deadline, format and secret of core" {
	run -1 grep -rnE '<curl/' cli server core data client plugin
	run -1 grep -nE '#include "(cli|server|data|client)/' vault/*.[ch]
	same "child.h
cleanup.h
deadline.h
format.h
secret.h" "$(grep -hoP '#include "core/\K[^"]*' vault/*.[ch] | sort -u)"
}

@test "keyfile uses no file descriptor" {
	run -1 grep -nE '#include <(unistd|fcntl|sys/stat)\.h>|\b(open|read|write|close)\(' core/keyfile.[ch]
}

@test "data opens files only for reading, and locks no file" {
	run -1 grep -nE 'O_(RDWR|WRONLY|CREAT|TRUNC|APPEND)|F_(OFD_)?SETLK|\b(flock|p?write|ftruncate|unlink|rename|mmap)\(' data/*.[ch] data/*/*.[ch]
	same '2' "$(grep -lE '\bopen(at)?\(' data/*.c data/*/*.c | grep -cvE 'live.c')"
}

@test "every file names its license" {
	same "" "$(grep -L 'SPDX-License-Identifier: MIT' ./*/*.[ch] ./*/*/*.[ch])"
}

@test "the plugin exports only the symbols that the server needs" {
	local plugin=$abs_top_builddir/mkeyfile_key_management.so

	[ -e "$plugin" ] || skip 'configured without the server plugin'
	same "_maria_plugin_declarations_
_maria_plugin_interface_version_
_maria_sizeof_struct_st_plugin_
my_crypt_service
thd_alloc_service" "$(nm -D --defined-only "$plugin" | cut -d ' ' -f 3)"
}
