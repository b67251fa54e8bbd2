#!/usr/bin/env bats
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile
	make_password_file pw
}

@test "the table" {
	{
		echo "# comment"
		echo "100;2;$(random_key)"
		echo "1;1;$(openssl rand -hex 16)"
		echo "100;1;$(random_key)"
		echo "100;5;$(openssl rand -hex 24)"
		echo "# mkeyfile created 100;5 2024-05-31T23:59:59Z"
		echo "# mkeyfile created 2;1 2025-01-01T00:00:00Z"
		echo "2;1;$(random_key)"
		echo "4294967295;4294967294;$(random_key)"
	} >keyfile
	print_of() {
		fingerprint "$(sed -n "s/^$1;//p" keyfile)"
	}
	run --separate-stderr mkeyfile list
	assert_equal 0 "note: older versions of key ID 100 are still in the file;
      run 'mkeyfile remove --old-versions --datadir=DIR ID' to remove the versions that no data uses" \
		"ID          VERSIONS    BITS  FINGERPRINT       CREATED     ROLE
1           1            128  $(print_of '1;1')  unknown     system
2           1            256  $(print_of '2;1')  2025-01-01  temporary
100         1-2,5        192  $(print_of '100;5')  2024-05-31
4294967295  4294967294   256  $(print_of '4294967295;4294967294')  unknown
all                           $(whole_fingerprint keyfile)"
	run -0 mkeyfile list --ids
	same $'1\n2\n100\n4294967295' "$output"
}

@test "an encrypted file, from a file and from standard input" {
	make_keyfile plain 1 2
	openssl_encrypt pw plain keyfile
	run -0 mkeyfile list -f plain
	table=$output
	run -0 mkeyfile list -P pw
	same "$table" "$output"
	run -0 mkeyfile list -f - -P pw <keyfile
	same "$table" "$output"
	run -0 mkeyfile list -f - <plain
	same "$table" "$output"
	run -0 bash -c 'mkeyfile list -f <(cat plain)'
	same "$table" "$output"
}

@test "--json" {
	{
		echo "1;$(random_key)"
		echo "100;$(openssl rand -hex 16)"
		echo "# mkeyfile created 100;1 2024-05-31T16:00:01Z"
	} >keyfile
	run --separate-stderr mkeyfile list --json
	same "$(jq -S . <<END
{ "path": "keyfile", "encrypted": false, "versioned": false, "fingerprint": "$(whole_fingerprint keyfile)", "keys": [
  { "id": 1, "version": 1, "role": "system", "bits": 256, "created": null,
    "fingerprint": "$(fingerprint "$(sed -n 's/^1;//p' keyfile)")" },
  { "id": 100, "version": 1, "role": null, "bits": 128, "created": "2024-05-31T16:00:01Z",
    "fingerprint": "$(fingerprint "$(sed -n 's/^100;//p' keyfile)")" } ],
  "old_versions": [], "older": null, "warnings": [], "hints": [] }
END
	)" "$(jq -S . <<<"$output")"
}

@test "file names that JSON must escape" {
	make_keyfile $'a "quoted" \xff name' 1
	run --separate-stderr mkeyfile list --json -f $'a "quoted" \xff name'
	same $'a "quoted" \xef\xbf\xbd name' "$(jq -r .path <<<"$output")"
}

@test "--fingerprint: order, comments, encryption and the form of version 1 do not matter" {
	make_keyfile keyfile 1 2 100
	whole=$(whole_fingerprint keyfile)
	run --separate-stderr mkeyfile list --fingerprint
	assert_equal 0 "" "$whole"
	{
		echo "# the same"
		tac keyfile | sed 's/;/;1;/; s/$/ # key/; s/^100/0100/' | tr abcdef ABCDEF
	} >other
	run -0 mkeyfile list --fingerprint -f other
	same "$whole" "$output"
	openssl_encrypt pw other sealed -md sha512
	run -0 mkeyfile list --fingerprint -f sealed -P pw --digest=sha512
	same "$whole" "$output"
	# what no server uses does not count
	{ echo "2;$(random_key)"; cat keyfile; printf '\0'; echo "3;$(random_key)"; } >other
	run -0 mkeyfile list --fingerprint -f other
	same "$whole" "$output"
	for change in '/^2;/d' 's/^2;/3;/' 's/^2;/2;2;/' '/^2;/s/.$/!/; y/0123456789abcdef!/123456789abcdef0f/'; do
		sed "$change" keyfile >other
		run -0 mkeyfile list --fingerprint -f other
		same "$(whole_fingerprint other)" "$output"
		[ "$output" != "$whole" ]
	done
}

@test "only one form of output at a time" {
	make_keyfile keyfile 1
	for options in "--ids --json" "--fingerprint --json" "--ids --fingerprint"; do
		# shellcheck disable=SC2086
		run -64 --separate-stderr mkeyfile list $options
		same "mkeyfile list: --ids, --fingerprint and --json cannot be used together" "$stderr"
	done
}

@test "a note lists IDs with older versions, even many, but not with --quiet" {
	for id in $(seq 1 10); do printf '%s\n' "$id;1;$(random_key)" "$id;2;$(random_key)"; done >keyfile
	run -0 --separate-stderr mkeyfile list --json
	same "note: older versions of key IDs 1, 2, 3, 4, 5, 6, 7, 8, ... are still in the file;" \
		"${stderr_lines[0]}"
	same "$(jq -c '[.keys[] | select(.version == 1)]' <<<"$output")" "$(jq -c .old_versions <<<"$output")"
	same 10 "$(jq '.old_versions | length' <<<"$output")"
	run --separate-stderr mkeyfile list -q --ids
	same "" "$stderr"
	run --separate-stderr mkeyfile list -q
	same "" "$stderr"
}

@test "many versions fit into the table" {
	for version in $(seq 1 2 99); do echo "1;$version;$(random_key)"; done >keyfile
	run -0 mkeyfile list -q
	[[ ${lines[1]} =~ ^1\ +1,3,5,.*\.\.\.\ +256\ +[0-9a-f]{16}\ +unknown\ +system$ ]]
}

@test "warns if the target would not load the file" {
	make_keyfile keyfile '1;1'
	run --separate-stderr mkeyfile list --ids -t 10.11
	assert_equal 0 "mkeyfile list: warning: 10.11 would not load 'keyfile': Invalid key at keyfile line 1, column 3" 1
	run --separate-stderr mkeyfile list --ids -t 11.8-enterprise
	assert_equal 0 "" 1
}

@test "warns if the target could not decrypt the file" {
	make_keyfile plain 1
	openssl_encrypt pw plain keyfile -md sha256
	run --separate-stderr mkeyfile list --ids -t 10.11 -P pw --digest=sha256
	assert_equal 0 "mkeyfile list: warning: 10.11 would not load 'keyfile': Cannot decrypt keyfile. Wrong key?" 1
	run --separate-stderr mkeyfile list --ids -t 12.3 -P pw --digest=sha256
	assert_equal 0 "" 1
}

@test "options work before and after the command" {
	make_keyfile keyfile 1
	unset MKEYFILE_FILE
	run -0 mkeyfile -f keyfile list --ids
	same 1 "$output"
	run -0 mkeyfile --file=nowhere list --file=keyfile --ids
	same 1 "$output"
}
