#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=here
	make_password_file pw
	make_password_file other-pw
	make_keyfile here 1 2 100
	cp here there
	tac there >turned
	mv turned there
}

print_of() { # file ID;VERSION
	fingerprint "$(sed -n "s/^$2;//p" "$1")"
}

same_words() { # name of the other
	echo "same: 'here' and '$1' contain the same 3 keys, fingerprint $(whole_fingerprint plain-here)"
}

@test "the same keys, each file plain or encrypted" {
	cp here plain-here
	run --separate-stderr mkeyfile diff there
	assert_equal 0 "" "$(same_words there)"
	run --separate-stderr mkeyfile diff - <there
	assert_equal 0 "" "$(same_words 'standard input')"
	openssl_encrypt other-pw there sealed
	run --separate-stderr mkeyfile diff sealed --other-password-file=other-pw
	assert_equal 0 "" "$(same_words sealed)"
	openssl_encrypt pw plain-here here
	run --separate-stderr mkeyfile diff -P pw there
	assert_equal 0 "" "$(same_words there)"
	run --separate-stderr mkeyfile diff -P pw sealed --other-password-file=other-pw
	assert_equal 0 "" "$(same_words sealed)"
	run --separate-stderr mkeyfile diff -P pw sealed --other-password-file=- <other-pw
	assert_equal 0 "" "$(same_words sealed)"
}

@test "the other file is tried with the first file's password and any usual digest" {
	cp here plain-here
	openssl_encrypt pw plain-here here -md sha256
	for digest in "-md sha1" "-md sha256" "-md sha512 -pbkdf2 -iter 10000"; do
		# shellcheck disable=SC2086
		openssl_encrypt pw there sealed $digest
		run --separate-stderr mkeyfile diff -P pw --digest=sha256 sealed
		assert_equal 0 "" "$(same_words sealed)"
	done
	# what is named is not looked for
	openssl_encrypt other-pw there sealed -md sha384 -pbkdf2 -iter 77
	run_refused 3 "mkeyfile diff: cannot decrypt 'sealed': wrong password, wrong digest or iteration count, or damaged file
hint: use --other-password-file, --other-digest and --other-pbkdf2 for this file" \
		diff -P pw --digest=sha256 sealed --other-digest=sha384
	run --separate-stderr mkeyfile diff -P pw --digest=sha256 sealed --other-password-file=other-pw \
		--other-digest=sha384 --other-pbkdf2=77
	assert_equal 0 "" "$(same_words sealed)"
}

@test "an encrypted file compared with a plain one needs its own password" {
	openssl_encrypt pw there sealed
	run_refused 2 "mkeyfile diff: cannot ask for the password of 'sealed': no terminal is available
hint: use --other-password-file=FILE to name its password file" diff sealed
	run --separate-stderr mkeyfile diff there --other-password-file=pw
	[ "$status" = 0 ]
	same "mkeyfile diff: warning: 'there' is not encrypted: the password is not used" "$stderr"
}

# Everything that can differ, at once.
make_differences() {
	{
		sed -n '/^1;/p' here
		echo "2;$(random_key)"
		echo "100;2;$(openssl rand -hex 16)"
		echo "7;$(random_key)"
	} >there
}

@test "missing, extra and different, by ID and version" {
	make_differences
	run --separate-stderr mkeyfile diff there
	assert_equal 1 "" "different: 'here' compared with 'there': 2 missing, 1 extra, 1 with another key
  different  key ID 2 version 1, fingerprint $(print_of here 2) here, $(print_of there 2) there
  missing    key ID 7 version 1, 256 bits, fingerprint $(print_of there 7)
  extra      key ID 100 version 1, 256 bits, fingerprint $(print_of here 100)
  missing    key ID 100 version 2, 128 bits, fingerprint $(print_of there '100;2')"
}

@test "--json" {
	make_differences
	run --separate-stderr mkeyfile diff there --json
	same 1 "$status"
	same "$(jq -S . <<END
{ "path": "here", "other_path": "there", "same": false,
  "fingerprint": "$(whole_fingerprint here)", "other_fingerprint": "$(whole_fingerprint there)",
  "missing": [ { "id": 7, "version": 1, "role": null, "bits": 256, "fingerprint": "$(print_of there 7)", "created": null },
    { "id": 100, "version": 2, "role": null, "bits": 128, "fingerprint": "$(print_of there '100;2')", "created": null } ],
  "extra": [ { "id": 100, "version": 1, "role": null, "bits": 256, "fingerprint": "$(print_of here 100)", "created": null } ],
  "different": [ {
    "here": { "id": 2, "version": 1, "role": "temporary", "bits": 256, "fingerprint": "$(print_of here 2)", "created": null },
    "there": { "id": 2, "version": 1, "role": "temporary", "bits": 256, "fingerprint": "$(print_of there 2)", "created": null } } ],
  "shared": null, "warnings": [], "hints": [] }
END
	)" "$(jq -S . <<<"$output")"
	run -0 mkeyfile diff here --json
	same '[true,[],[],[]]' "$(jq -c '[.same, .missing, .extra, .different]' <<<"$output")"
}

@test "a manifest instead of a file" {
	cp here plain-here
	mkeyfile list -f there --json >manifest
	run --separate-stderr mkeyfile diff manifest
	assert_equal 0 "" "$(same_words manifest)"
	run --separate-stderr mkeyfile diff - < <(mkeyfile list -f there --json)
	assert_equal 0 "" "$(same_words 'standard input')"
	# what another program made of the same JSON
	jq -c 'del(.path) | .keys |= reverse' manifest | sed 's/^/  /' >compact
	run --separate-stderr mkeyfile diff compact
	assert_equal 0 "" "$(same_words compact)"
	make_differences
	run mkeyfile diff there
	words=$output
	mkeyfile list -f there --json 2>/dev/null >there.json
	run --separate-stderr mkeyfile diff there.json
	assert_equal 1 "" "${words/\'there\'/\'there.json\'}"
}

@test "the manifest of the largest file" {
	for id in $(seq 1 20000); do echo "$id;"; done | paste -d '' - <(openssl rand -hex 320000 | fold -w 32) >here
	mkeyfile list --json >manifest
	[ "$(stat -c %s manifest)" -gt 1048576 ]
	run -0 mkeyfile diff manifest
	run -0 bash -c 'mkeyfile diff - <manifest'
	run -0 bash -c 'cat manifest | mkeyfile diff -'
}

@test "a manifest that is invalid or incomplete" {
	mkeyfile list --json >manifest
	local other="is JSON, but not the output of 'mkeyfile list --json'" damage
	for damage in '{}' '{keys: []}' '.keys = 1' '.keys[0].id = 0' '.keys[0].id = "1"' '.keys[0].id = 4294967296' \
		'del(.keys[0].version)' '.keys[0].version = 4294967295' '.keys[0].bits = 129' \
		'.keys[0].fingerprint = "x"' 'del(.keys[0].fingerprint)' 'del(.fingerprint)' \
		'.keys[0].fingerprint |= ascii_upcase + "0"' '.keys += [.keys[0]]'; do
		jq "$damage" manifest >bad
		run_refused 2 "mkeyfile diff: 'bad' $other" diff bad
	done
	jq 'del(.keys[2])' manifest >bad
	sed '/^100;/d' here >less
	run_refused 2 "mkeyfile diff: 'bad' is damaged: the fingerprint of all its keys is $(whole_fingerprint less), not $(whole_fingerprint here)" diff bad
	head -c 200 manifest >bad
	run --separate-stderr mkeyfile diff bad
	same 2 "$status"
	[[ $stderr == "mkeyfile diff: 'bad' is neither a key file nor the JSON of 'mkeyfile list': "*" at line "*", column "* ]]
	echo 'nonsense' >bad
	run_refused 2 "mkeyfile diff: 'bad' is not a key file: syntax error at line 1, column 1" diff bad
	true >bad
	run_refused 2 "mkeyfile diff: 'bad' contains no key" diff bad
}

@test "the error of another host is repeated" {
	mkeyfile list -f none --json >manifest 2>/dev/null || :
	run_refused 2 "mkeyfile diff: 'manifest' contains the error message of another mkeyfile: cannot open 'none': No such file or directory" diff manifest
}

@test "files that cannot be read" {
	run_refused 2 "mkeyfile diff: cannot open 'none': No such file or directory" diff none
	run_refused 2 "mkeyfile diff: cannot read '.': Is a directory" diff .
	run_refused 64 "mkeyfile diff: only one file or password can come from standard input" diff - -f -
	run_refused 64 "mkeyfile diff: only one file or password can come from standard input" \
		diff - --other-password-file=-
	head -c 1048577 /dev/zero | tr '\0' '\n' >large
	run_refused 2 "mkeyfile diff: 'large' is larger than 1048576 bytes, the most that a server reads" diff large
}

@test "a file is compared with itself, and no key is shown" {
	run -0 mkeyfile diff here
	make_differences
	run mkeyfile diff there
	words=$output
	run mkeyfile diff there --json
	while IFS= read -r key; do
		[[ $words$output != *$key* ]]
	done < <(sed 's/.*;//' here there)
}

@test "--disjoint finds a key of the other file under any ID and version" {
	make_keyfile there 1 2 3
	run --separate-stderr mkeyfile diff --disjoint there
	assert_equal 0 "" "disjoint: 'here' and 'there' share no key"
	{
		echo "# mkeyfile created 7;3 2024-05-31T16:00:01Z"
		echo "7;3;$(sed -n 's/^100;//p' here | tr a-f A-F)"
		echo "1;$(sed -n 's/^2;//p' here)"
		echo "8;$(sed -n 's/^2;//p' here)"
	} >>there
	run --separate-stderr mkeyfile diff --disjoint there
	assert_equal 1 "" "shared: 'here' and 'there' share 3 keys
  key ID 2 version 1 here, key ID 1 version 1 there, fingerprint $(print_of here 2)
  key ID 2 version 1 here, key ID 8 version 1 there, fingerprint $(print_of here 2)
  key ID 100 version 1 here, key ID 7 version 3 there, fingerprint $(print_of here 100)"
	run --separate-stderr mkeyfile diff --disjoint there --json
	same '[1,[[2,1],[2,8],[100,7]],"2024-05-31T16:00:01Z"]' \
		"$(jq -c --argjson status "$status" '[$status, [.shared[] | [.here.id, .there.id]], .shared[2].there.created]' <<<"$output")"
	# a file has its own keys
	run -1 mkeyfile diff --disjoint here
	same "shared: 'here' and 'here' share 3 keys" "${lines[0]}"
	# the list of another host
	mkeyfile list --json -q -f there >manifest
	run -1 mkeyfile diff --disjoint manifest
	same "shared: 'here' and 'manifest' share 3 keys" "${lines[0]}"
}
