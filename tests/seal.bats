#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The seal of an encrypted key file: who makes it, who checks it, and what a broken one stops.
bats_require_minimum_version 1.5.0
load common
load server
: "${abs_top_srcdir:?}"

LIST_HINT="hint: compare the fingerprints of its keys with those of another copy, and run 'mkeyfile seal --file=keyfile --password-file=pw' to accept them"

setup_test() {
	make_password_file pw
	make_keyfile plain 1 2 100
	"$MKEYFILE" encrypt -q -f plain -P pw -o keyfile
}

# The seal of a file: "sealed", "broken" or "missing", in the words of verify.
seal_of() { # file [option...]
	local file=$1
	shift
	mkeyfile verify -q -f "$file" -P pw --json "$@" | jq -r .seal
}

# Changes the decrypted text with sed and encrypts it again, with openssl alone.
edit_by_hand() { # file [sed argument...]
	local file=$1
	shift
	openssl_text pw "$file" | sed "$@" >edited
	openssl_encrypt pw edited "$file"
	rm edited
}

require_seal() {
	printf '[mkeyfile]\nrequire-seal = %s\n' "$1" >required.cnf
	set -- "${@:2}"
	MKEYFILE_PRINT_DEFAULTS='' mkeyfile --defaults-file="$PWD/required.cnf" --server-user="$(id -un)" "$@"
}

@test "every command that writes an encrypted file seals it" {
	local file command iterations

	openssl_encrypt pw plain by-openssl
	same missing "$(seal_of by-openssl)"
	mkeyfile generate -q -f generated -P pw
	mkeyfile ensure -q -f ensured --new-password-file=pw
	mkeyfile import -q -f imported --new-password-file=other.pw plain
	mkeyfile export -q -f keyfile -P pw exported
	for file in generated ensured exported keyfile; do
		same "$file sealed" "$file $(seal_of $file)"
	done
	same sealed "$(mkeyfile verify -q -f imported -P other.pw --json | jq -r .seal)"
	make_keyfile other 8
	for command in "add 7" "rotate 100 --new-id" "remove 100 --force" "ensure 7" "import other" \
		"passwd --new-digest=sha1 --new-pbkdf2=1000 -t 12.3" seal; do
		cp -p by-openssl changed
		# shellcheck disable=SC2086
		mkeyfile $command -q -f changed -P pw >log
		iterations=0
		[[ $command != passwd* ]] || iterations=1000
		same "$command: sealed" "$command: $(seal_of changed --pbkdf2=$iterations)"
	done
}

@test "the seal is the last line of the text, and openssl computes the same" {
	openssl_text pw keyfile >text
	same "# mkeyfile seal v1" "$(tail -n 1 text | cut -d ' ' -f 1-4)"
	same "$(openssl_seal pw keyfile plain)" "$(tail -n 1 text)"
	head -n -1 text | cmp - plain
	# a comment after it in the next change: the new seal is the last line again
	mkeyfile add -q -f keyfile -P pw 7
	openssl_text pw keyfile >text
	same 1 "$(grep -c '^# mkeyfile seal' text)"
	[[ $(tail -n 1 text) == "# mkeyfile seal v1 "* ]]
}

@test "an edit with openssl gets one clear sentence, and mkeyfile seal accepts it" {
	local before

	edit_by_hand keyfile -e '/^2;/d'
	before=$(snapshot)
	run_refused 4 "mkeyfile add: 'keyfile' was changed without mkeyfile: its seal is broken
$LIST_HINT" add 7 -f keyfile -P pw
	run -0 --separate-stderr mkeyfile seal -f keyfile -P pw --dry-run
	same "$before" "$(snapshot)"
	run -0 --separate-stderr mkeyfile seal -f keyfile -P pw
	assert_equal 0 "mkeyfile seal: warning: 'keyfile' was changed without mkeyfile: its seal is broken
sealed 'keyfile' with these keys:
$(mkeyfile list -q -f keyfile -P pw --json | jq -r '.keys[] | "  key ID \(.id) version \(.version), \(.bits) bits, fingerprint \(.fingerprint)"')" ""
	same "600 sealed" "$(stat -c %a keyfile) $(seal_of keyfile)"
	openssl_decrypt pw keyfile | cmp - <(sed '/^2;/d' plain)
	before=$(snapshot)
	run -0 --separate-stderr mkeyfile seal -f keyfile -P pw
	same "'keyfile' is already sealed, with these keys:" "${stderr%%$'\n'*}"
	same "$before" "$(snapshot)"
}

@test "a broken seal stops every change and every copy" {
	local command

	mkeyfile generate -q -f other
	edit_by_hand keyfile -e '$a # a line after the seal'
	same broken "$(seal_of keyfile)"
	for command in "add 7" "rotate 100 --new-id" "remove 100 --if-present" "ensure 1" "import other" "export new" \
		"passwd --new-password-file=new" "decrypt --in-place"; do
		# shellcheck disable=SC2086
		run_refused 4 "mkeyfile ${command%% *}: 'keyfile' was changed without mkeyfile: its seal is broken
$LIST_HINT" $command -f keyfile -P pw
	done
	# as the source, and as the target of another file
	run_refused 4 "mkeyfile import: 'keyfile' was changed without mkeyfile: its seal is broken
${LIST_HINT/ --password-file=pw/}" import keyfile -f other --other-password-file=pw
	run_refused 4 "mkeyfile export: 'keyfile' was changed without mkeyfile: its seal is broken
${LIST_HINT/ --password-file=pw/}" export keyfile -f other --other-password-file=pw
	run --separate-stderr mkeyfile add 7 -f - -P pw -o - <keyfile
	same "4 0" "$status ${#output}"
	[[ $stderr == *"'mkeyfile seal --file=- --password-file=pw --output=-'"* ]]
}

@test "--force overrides the check, with a warning" {
	local command

	random_key >hex
	edit_by_hand keyfile -e '/^2;/d'
	for command in "add 7 --key-from=hex" "remove 100" "import other 2" "export new" "decrypt --in-place"; do
		cp -p keyfile copy
		make_keyfile other 2
		# shellcheck disable=SC2086
		run -0 --separate-stderr mkeyfile $command --force -f copy -P pw
		[[ $stderr == *"mkeyfile ${command%% *}: warning: 'copy' was changed without mkeyfile: its seal is broken"* ]]
	done
}

@test "commands that only read warn of a broken seal" {
	local command

	edit_by_hand keyfile -e '$d' -e '1i # first'
	edit_by_hand keyfile -e "\$a # mkeyfile seal v1 $(printf '%064d' 0)"
	for command in list "diff plain" config; do
		# shellcheck disable=SC2086
		run --separate-stderr mkeyfile $command -f "$PWD/keyfile" -P "$PWD/pw"
		[[ $status -le 1 && $stderr == *"mkeyfile ${command%% *}: warning: '$PWD/keyfile' was changed without mkeyfile: its seal is broken"* ]]
	done
	run -0 --separate-stderr mkeyfile diff -f plain keyfile --other-password-file=pw
	same "mkeyfile diff: warning: 'keyfile' was changed without mkeyfile: its seal is broken
${LIST_HINT/ --password-file=pw/}" "$stderr"
	run -0 --separate-stderr mkeyfile decrypt -f keyfile -P pw
	same "mkeyfile decrypt: warning: 'keyfile' was changed without mkeyfile: its seal is broken
$LIST_HINT" "$stderr"
	# the whole text, as openssl decrypts it
	openssl_text pw keyfile | cmp - <(echo "$output")
}

@test "decrypt --force warns of the broken seal of a text that is not a key file" {
	edit_by_hand keyfile -e '1i 1;short'
	run -2 --separate-stderr mkeyfile decrypt -f keyfile -P pw
	run -0 --separate-stderr mkeyfile decrypt -f keyfile -P pw --force
	same "mkeyfile decrypt: warning: 'keyfile' was changed without mkeyfile: its seal is broken" "$stderr"
	openssl_text pw keyfile | cmp - <(echo "$output")
	run -0 --separate-stderr mkeyfile decrypt -f keyfile -P pw --force --in-place
	same "mkeyfile decrypt: warning: 'keyfile' was changed without mkeyfile: its seal is broken" "${stderr_lines[0]}"
}

@test "verify says sealed, not sealed or seal broken" {
	run mkeyfile verify -f keyfile -P pw -t 10.11
	same "yes: 'keyfile' loads on 10.11
  3 keys, unversioned, sha1, 1 iteration, sealed" "$(head -n 2 <<<"$output")"
	openssl_encrypt pw plain not-sealed
	run mkeyfile verify -f not-sealed -P pw -t 10.11
	same "0 yes: 'not-sealed' loads on 10.11
  3 keys, unversioned, sha1, 1 iteration, not sealed" "$status $(head -n 2 <<<"$output")"
	edit_by_hand keyfile -e 's/^# mkeyfile seal v1 ./&&/'
	run mkeyfile verify -f keyfile -P pw -t 10.11
	same "1 no: 'keyfile' loads on 10.11, but its seal is broken
  3 keys, unversioned, sha1, 1 iteration, seal broken" "$status $(head -n 2 <<<"$output")"
	[[ $output == *"warning: the file was changed without mkeyfile [seal-broken]
${LIST_HINT%%" --"*} --"* ]]
	run -1 --separate-stderr mkeyfile verify -f keyfile -P pw -q --json
	same '{"loads":true,"accepted":false,"seal":"broken","warnings":["seal-broken"]}' \
		"$(jq -c '{loads, accepted, seal, warnings: [.warnings[].name]}' <<<"$output")"
	same null "$(seal_of plain --no-probe 2>/dev/null)"
}

@test "require-seal: a missing seal is as bad as a broken one" {
	openssl_encrypt pw plain cut
	run -1 require_seal on verify -f cut -P pw -t 10.11
	same "no: 'cut' loads on 10.11, but it has no seal
  3 keys, unversioned, sha1, 1 iteration, not sealed" "$(head -n 2 <<<"$output")"
	[[ $output == *"warning: the file was never sealed, or its seal was removed [seal-missing]"* ]]
	run -4 --separate-stderr require_seal 1 add 7 -f cut -P pw
	[[ $stderr == "mkeyfile add: 'cut' has no seal, and the option files set require-seal
hint: compare the fingerprints of its keys"* ]]
	run -0 --separate-stderr require_seal on list -f cut -P pw --ids
	[[ $stderr == "mkeyfile list: warning: 'cut' has no seal, and the option files set require-seal"* ]]
	require_seal off add 7 -q -f cut -P pw
	same sealed "$(seal_of cut)"
	# sealed files and plain files are not affected
	require_seal on add 8 -q -f cut -P pw
	require_seal on add 8 -q -f plain
	require_seal on verify -q -f plain -t 10.11
	# a required seal can be made
	openssl_encrypt pw plain cut
	require_seal on seal -q -f cut -P pw
	require_seal on add 9 -q -f cut -P pw
	run -64 require_seal maybe list -f plain
	[[ $output == *"the group [mkeyfile] of the option files has an unknown option or an invalid value: 'require-seal"* ]]
}

@test "decrypt removes an intact seal, encrypt replaces an old one, and plain files lose it" {
	mkeyfile decrypt -f keyfile -P pw | cmp - plain
	mkeyfile decrypt -q -f keyfile -P pw -o decrypted
	cmp decrypted plain
	openssl_text pw keyfile >stale
	chmod 600 stale
	mkeyfile encrypt -q -f stale -P pw -o again
	same sealed "$(seal_of again)"
	openssl_decrypt pw again | cmp - plain
	mkeyfile add -q -f stale 7
	same 0 "$(grep -c 'mkeyfile seal' stale)"
	head -n 3 stale | cmp - plain
	mkeyfile import -q -f copied keyfile --other-password-file=pw
	same 0 "$(grep -c 'mkeyfile seal' copied)"
	mkeyfile diff -f copied keyfile --other-password-file=pw
}

@test "a comment and the last key, in the place of a seal, are no seal" {
	printf '1;%s\n# m\303\274llers Keys!\n3;%s\n' "$(random_key)" "$(random_key)" >similar
	chmod 600 similar
	mkeyfile encrypt -q -f similar -P pw -o sealed
	openssl_decrypt pw sealed | cmp - similar
	openssl_encrypt pw similar by-openssl
	same missing "$(seal_of by-openssl)"
	mkeyfile remove -q -f by-openssl -P pw 3 --force
	same '1' "$(mkeyfile list -f by-openssl -P pw --ids)"
	openssl_decrypt pw by-openssl | cmp - <(head -n 2 similar)
}

@test "line ends: CR LF, and a last line without an end" {
	sed 's/$/\r/' plain >crlf
	mkeyfile encrypt -q -f crlf -P pw -o sealed
	mkeyfile add -q -f sealed -P pw 7
	same sealed "$(seal_of sealed)"
	openssl_text pw sealed >text
	same "$(wc -l <text)" "$(grep -c $'\r$' text)"
	head -c -1 plain >open
	mkeyfile encrypt -q -f open -P pw -o sealed --force
	same sealed "$(seal_of sealed)"
	openssl_decrypt pw sealed | cmp - plain
	head -c -1 crlf >open
	mkeyfile encrypt -q -f open -P pw -o sealed --force
	same sealed "$(seal_of sealed)"
	openssl_decrypt pw sealed | cmp - crlf
}

@test "only a key file with a password can be sealed" {
	run_refused 2 "mkeyfile seal: 'plain' is not encrypted
hint: run 'mkeyfile encrypt --in-place --file=plain' to encrypt it" seal -f plain
	mkeyfile seal -q -f - -P pw -o - <keyfile | cmp - keyfile
	openssl_encrypt pw plain not-sealed
	mkeyfile seal -q -f - -P pw -o new <not-sealed
	same sealed "$(seal_of new)"
}

@test "--json says what seal did" {
	run -0 --separate-stderr mkeyfile seal -q -f keyfile -P pw --json
	same '{"changed":false,"seal_before":"sealed","ids":[1,2,100]}' \
		"$(jq -c '{changed, seal_before, ids: [.keys[].id]}' <<<"$output")"
	edit_by_hand keyfile -e '$d'
	run -0 --separate-stderr mkeyfile seal -q -f keyfile -P pw --json --backup
	same '{"changed":true,"seal_before":"missing","backup":"keyfile~"}' \
		"$(jq -c '{changed, seal_before, backup}' <<<"$output")"
}

@test "a superseded backup is replaced, although its seal is not in the new file" {
	mkeyfile add -q -f keyfile -P pw 7 --backup
	mkeyfile add -q -f keyfile -P pw 8 --backup
	same "keyfile keyfile~" "$(echo keyfile*)"
}

@test "the seal counts for the size of the file" {
	# the header, at least one byte of padding, and the seal
	local most=$((1048576 - 16 - 1 - 84))

	{ cat plain; head -c $((most - $(stat -c %s plain) - 1)) /dev/zero | tr '\0' '#'; echo; } >full
	mkeyfile encrypt -q -f full -P pw -o sealed
	same "1048576 sealed" "$(stat -c %s sealed) $(seal_of sealed)"
	sed -i '$s/^/#/' full
	run_refused 4 "mkeyfile encrypt: 'full' would be larger than 1048576 bytes, the most that a server reads" \
		encrypt -f full -P pw -o more
}

# bats test_tags=deep
@test "every bit of an encrypted file flipped in turn: none is accepted" {
	run -0 python3 "$abs_top_srcdir/tests/flip-seal" pw keyfile
	[[ $output =~ ^[0-9]+" bits: "[0-9]+" not decrypted, "[0-9]+" not a key file, "[0-9]+" with a broken seal, 0 accepted"$ ]]
	echo "# $output" >&3
}

# bats test_tags=server
@test "servers load a sealed file, also one with dates and with CR LF" {
	local release

	mkeyfile rotate -q -f keyfile -P pw 100 --new-id >/dev/null
	same 1 "$(mkeyfile decrypt -f keyfile -P pw | grep -c '^# mkeyfile created')"
	mkeyfile decrypt -f keyfile -P pw | sed 's/$/\r/' | mkeyfile encrypt -q -f - -P pw -o crlf
	for release in bullseye bookworm trixie; do
		(
			server_release $release
			server_loads "$PWD/keyfile" "$PWD/pw" && server_loads "$PWD/crlf" "$PWD/pw" && echo $release >>loaded
		) || [ $release != bookworm ]
	done
	echo "# $(paste -sd ' ' loaded)" >&3
}
