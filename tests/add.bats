#!/usr/bin/env bats
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile
	make_password_file pw
}

next_step="next: copy the key file to every server of the cluster, then restart each server (or run FLUSH FILE_KEY_MANAGEMENT_KEYS on Enterprise Server 11.8, SET GLOBAL mkeyfile_key_management_reload = ON with mkeyfile's plugin)"

@test "adds random keys after the existing lines" {
	printf '# keys of db1\n\n1;%s   old remark\n2;%s' "$(random_key)" "$(random_key)" >keyfile
	chmod 600 keyfile
	cp -p keyfile before
	run --separate-stderr mkeyfile add 100 7 -s 128
	assert_equal 0 "changed 'keyfile'
  key ID 100 version 1, 128 bits, fingerprint $(fingerprint "$(sed -n 's/^100;//p' keyfile)")
  key ID 7 version 1, 128 bits, fingerprint $(fingerprint "$(sed -n 's/^7;//p' keyfile)")
$next_step" ""
	head -c "$(stat -c %s before)" keyfile | cmp - before
	run -0 tail -n 4 keyfile
	[[ ${lines[0]} =~ ^$(date_line '100;1')$ ]]
	[[ ${lines[1]} =~ ^100\;[0-9a-f]{32}$ ]]
	[[ ${lines[2]} =~ ^$(date_line '7;1')$ ]]
	[[ ${lines[3]} =~ ^7\;[0-9a-f]{32}$ ]]
}

@test "an encrypted file stays encrypted: same password and KDF, fresh salt" {
	make_keyfile plain 1 2
	for kdf in '-md sha1' '-md sha512' '-md sha256 -pbkdf2 -iter 10000'; do
		# shellcheck disable=SC2086
		openssl_encrypt pw plain keyfile $kdf
		read -r _ digest _ _ iterations <<<"$kdf"
		salt=$(head -c 16 keyfile | sha256sum)
		run -0 mkeyfile add 100 -q -P pw --digest="$digest" --pbkdf2="${iterations:-0}"
		[ "$salt" != "$(head -c 16 keyfile | sha256sum)" ]
		# shellcheck disable=SC2086
		openssl_decrypt pw keyfile $kdf >after
		head -n 2 after | cmp - plain
		run -0 grep -cE '^100;[0-9a-f]{64}$' after
	done
}

@test "a versioned file gets versioned lines" {
	make_keyfile keyfile '1;1' '2;1'
	run -0 mkeyfile add 100 -q
	run -0 grep -cE '^100;1;[0-9a-f]{64}$' keyfile
	run_refused 4 "mkeyfile add: 'keyfile' would not load on 10.11: Invalid key at keyfile line 1, column 3" add 7 -t 10.11
}

@test "a file that mixes both forms becomes all versioned" {
	make_keyfile keyfile 1 '2;1'
	run -0 mkeyfile add 7 -q
	run -0 grep -cE '^[127];1;[0-9a-f]{64}$' keyfile
	same 3 "$output"
}

@test "a file without ID 1 accepts only ID 1" {
	make_keyfile keyfile 2
	run_refused 4 "mkeyfile add: 'keyfile' would not load on any server: System key id 1 is missing at keyfile line 3, column 1
hint: add key ID 1, which every server requires" add 100
	run -0 mkeyfile add 1 100 -q
	run -0 mkeyfile list --ids
	same $'1\n2\n100' "$output"
}

@test "imports a key, from a file and from standard input, in any case" {
	make_keyfile keyfile 1
	key=$(random_key)
	echo "  ${key^^}  " >imported
	run --separate-stderr mkeyfile add 100 --key-from=imported
	assert_equal 0 "changed 'keyfile'
  key ID 100 version 1, 256 bits, fingerprint $(fingerprint "$key")
$next_step" ""
	openssl rand -hex 24 >imported
	run -0 mkeyfile add 101 -q --key-from=- <imported
	same "$key" "$(sed -n 's/^100;//p' keyfile)"
	same "$(cat imported)" "$(sed -n 's/^101;//p' keyfile)"
}

@test "imports one version of an ID, for restores" {
	make_keyfile keyfile '1;1' '100;1' '100;3'
	random_key >imported
	run -0 mkeyfile add 100 -q --key-from=imported --key-version=2
	same "100;2;$(cat imported)" "$(tail -n 1 keyfile)"
	random_key >imported
	run_refused 4 "mkeyfile add: key ID 100 version 3 is already in 'keyfile'" \
		add 100 --key-from=imported --key-version=3
	run -0 mkeyfile add 100 -q --key-from=imported --key-version=4294967294
	for version in 0 4294967295 x; do
		run_refused 64 "mkeyfile add: invalid key version '$version': use a number from 1 to 4294967294" \
			add 100 --key-from=imported --key-version=$version
	done
}

@test "a version needs a server that reads versions" {
	make_keyfile keyfile 1 100
	random_key >imported
	run --separate-stderr mkeyfile add 100 --key-from=imported --key-version=2
	[ "$status" = 4 ]
	same "mkeyfile add: 'keyfile' would get key versions, and most servers would refuse to start with it" "${stderr_lines[0]}"
	run -0 mkeyfile add 100 -q --key-from=imported --key-version=2 -t 11.8-enterprise
	same '1;1 100;1 100;2' "$(cut -d ';' -f 1,2 keyfile | xargs)"
}

@test "refuses a change that the target could not load or decrypt" {
	make_keyfile plain 1
	openssl_encrypt pw plain keyfile -md sha256
	run_refused 4 "mkeyfile add: 'keyfile' could not be decrypted by 10.11, which supports only sha1 with 1 iteration, not sha256, 1 iteration" \
		add 7 -P pw --digest=sha256 -t 10.11
}

@test "a dry run changes nothing, --backup keeps the old file" {
	make_keyfile keyfile 1
	before=$(snapshot)
	run --separate-stderr mkeyfile add 7 --dry-run
	assert_equal 0 "would change 'keyfile'
  key ID 7 version 1, 256 bits" ""
	same "$before" "$(snapshot)"
	cp keyfile old
	run -0 mkeyfile add 7 -q --backup
	cmp old keyfile~
}

@test "a second backup replaces the first if it has all of its keys" {
	make_keyfile keyfile 1
	run -0 mkeyfile add 7 -q --backup
	cp -p keyfile old
	before=$(snapshot)
	run --separate-stderr mkeyfile add 8 --backup --dry-run
	assert_equal 0 "would keep the old content in 'keyfile~', replacing an earlier backup whose keys are all in the file
would change 'keyfile'
  key ID 8 version 1, 256 bits" ""
	same "$before" "$(snapshot)"
	run -0 --separate-stderr mkeyfile add 8 --backup --json
	same keyfile~ "$(jq -r .backup <<<"$output")"
	cmp old keyfile~
	same "keyfile keyfile~ old pw" "$(echo *)"
}

# A key that the parser does not see, such as in a comment, is still a key.
@test "a backup with a key that is not in the file is kept, and the next one is numbered" {
	make_keyfile keyfile 1 7
	precious=$(random_key)
	for content in "1;$precious" "$(cat keyfile)
#100;$precious" "$(cat keyfile)
100;$precious" "100;$precious
$(sed 's/^7/100/' keyfile)" precious ''; do
		printf '%s\n' "$content" >keyfile~
		cp keyfile~ kept
		cp keyfile old
		run --separate-stderr mkeyfile add 8 --backup --dry-run
		same "would keep the old content in 'keyfile.~1~'
the backup 'keyfile~' was kept: it may contain keys that are not in the file" "$(head -n 2 <<<"$stderr")"
		run -0 --separate-stderr mkeyfile add 8 --backup
		same "the old content is in 'keyfile.~1~'; if encrypted, it needs the old password
the backup 'keyfile~' was kept: it may contain keys that are not in the file" "$(head -n 2 <<<"$stderr")"
		cmp kept keyfile~
		cmp old keyfile.~1~
		mv old keyfile
		rm keyfile.~1~
	done
	printf '%s\n\0\n100;%s\n' "$(cat keyfile)" "$precious" >keyfile~
	run -0 --separate-stderr mkeyfile add 8 --backup --json
	same keyfile.~1~ "$(jq -r .backup <<<"$output")"
	rm keyfile~
	mkdir keyfile~
	run -0 --separate-stderr mkeyfile add 9 --backup --json
	same keyfile.~2~ "$(jq -r .backup <<<"$output")"
	rmdir keyfile~
	ln -s keyfile.~1~ keyfile~
	touch keyfile.~9~ keyfile.~010~ keyfile.~x~ keyfile.~11
	run -0 --separate-stderr mkeyfile add 10 --backup --json
	same keyfile.~10~ "$(jq -r .backup <<<"$output")"
	[ -L keyfile~ ]
}

@test "the unfinished backup of an interrupted run is used again" {
	make_keyfile keyfile 1
	echo precious >keyfile~
	ln keyfile keyfile.~3~
	cp keyfile old
	run -0 --separate-stderr mkeyfile add 7 --backup --json
	same keyfile.~3~ "$(jq -r .backup <<<"$output")"
	run -1 grep 'names' <<<"$stderr"
	cmp old keyfile.~3~
}

@test "--keep deletes only the oldest backups whose keys are all in the file" {
	make_keyfile keyfile 1 7
	cp keyfile keyfile.~1~
	cp keyfile keyfile.~2~
	{ cat keyfile; echo "100;$(random_key)"; } >keyfile.~3~
	head -n 1 keyfile >keyfile.~12~
	echo precious >keyfile~
	before=$(snapshot)
	run --separate-stderr mkeyfile add 8 --keep=2 --dry-run
	assert_equal 0 "would keep the old content in 'keyfile.~13~'
the backup 'keyfile.~3~' was kept: it may contain keys that are not in the file
would delete the backup 'keyfile.~2~'
would delete the backup 'keyfile.~1~'
the backup 'keyfile~' was kept: it may contain keys that are not in the file
would change 'keyfile'
  key ID 8 version 1, 256 bits" ""
	same "$before" "$(snapshot)"
	run -0 --separate-stderr mkeyfile add 8 --keep=2 --json
	same "deleted the backup 'keyfile.~2~'" "$(sed -n 3p <<<"$stderr")"
	same "keyfile keyfile.~12~ keyfile.~13~ keyfile.~3~ keyfile~ pw" "$(echo *)"
	run_refused 64 "mkeyfile add: --keep and --write-in-place cannot be used together: the latter keeps its own backup" \
		add 9 --keep=1 --write-in-place=saved
}

@test "--if-missing adds missing IDs, and nothing in a second run" {
	make_keyfile keyfile 1 7
	run --separate-stderr mkeyfile add 7 8 --if-missing --backup
	same "key ID 7 is already in 'keyfile'" "${stderr_lines[0]}"
	same '1 7 8' "$(key_lines keyfile | cut -d ';' -f 1 | xargs)"
	rm keyfile~
	before=$(snapshot)
	run --separate-stderr mkeyfile add 7 8 --if-missing --backup --json
	assert_equal 0 "key ID 7 is already in 'keyfile'
key ID 8 is already in 'keyfile'" '{
  "path": "keyfile",
  "changed": false,
  "dry_run": false,
  "encrypted": false,
  "backup": null,
  "steps": [],
  "keys": [],
  "warnings": [],
  "hints": []
}'
	same "$before" "$(snapshot)"
	run_refused 64 "mkeyfile add: --if-missing and --key-from cannot be used together: an ID in the file may have another key" \
		add 7 --if-missing --key-from=keyfile
}

@test "warns of plain keys that others can read" {
	make_keyfile keyfile 1
	chmod 644 keyfile
	run --separate-stderr mkeyfile add 7
	[ "$status" = 0 ]
	same "mkeyfile add: warning: 'keyfile' has mode 0644: other users can read its keys, or its group can change them" \
		"${stderr_lines[0]}"
	openssl_encrypt pw keyfile sealed
	chmod 644 sealed
	run --separate-stderr mkeyfile add 8 -f sealed -P pw
	same "changed 'sealed', encrypted" "${stderr_lines[0]}"
}

@test "the backup is next to the target of a symbolic link" {
	mkdir deep
	make_keyfile deep/real 1
	ln -s deep/real keyfile
	run --separate-stderr mkeyfile add 7 --backup
	same "the old content is in '$PWD/deep/real~'; if encrypted, it needs the old password" "${stderr_lines[0]}"
	[ -f deep/real~ ]
	echo precious >deep/real~
	run -0 --separate-stderr mkeyfile add 8 --backup --json
	same "$PWD/deep/real.~1~" "$(jq -r .backup <<<"$output")"
}

@test "a password for a plain file is a warning, not an encryption" {
	make_keyfile keyfile 1
	run --separate-stderr mkeyfile add 7 -P pw
	[ "$status" = 0 ]
	same "mkeyfile add: warning: 'keyfile' is not encrypted: the password is not used" "${stderr_lines[0]}"
	run -0 grep -c '^7;' keyfile
}

@test "--json" {
	make_keyfile keyfile 1
	run --separate-stderr mkeyfile add 7 8 -q --json
	same '{"path":"keyfile","changed":true,"dry_run":false,"encrypted":false,"ids":[7,8]}' \
		"$(jq -c '{path, changed, dry_run, encrypted, ids: [.keys[].id]}' <<<"$output")"
	same "${next_step#next: }" "$(jq -r '.steps[]' <<<"$output")"
}

@test "a key file with a date after 2038 works, also in 32-bit builds" {
	make_keyfile keyfile 1
	touch -d 2040-01-01 keyfile
	run -0 mkeyfile add 2
	run -0 mkeyfile list --json
	same '[1,2]' "$(jq -c '[.keys[].id]' <<<"$output")"
}
