#!/usr/bin/env bats
# Bad input gives a clear message and the right status, and changes no file.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	make_keyfile keyfile 1 2 100
	make_password_file pw
	openssl_encrypt pw keyfile sealed
	key=$(random_key)
	export MKEYFILE_FILE=keyfile
}

no_password_hint='hint: use --password-file, --password-fd, --password-command or MKEYFILE_PASSWORD_FILE'
# the hint of a command with these options
verify_hint() {
	echo "hint: run 'mkeyfile verify $*' to try other digests and iteration counts"
}

# ---- the key file ----

@test "no key file given" {
	unset MKEYFILE_FILE
	for command in 'generate' 'add 3' 'rotate 100' 'list' 'encrypt' 'decrypt' 'verify'; do
		# shellcheck disable=SC2086
		run_refused 64 "mkeyfile ${command%% *}: no key file given
hint: use --file=FILE or set the environment variable MKEYFILE_FILE" $command
	done
}

@test "a missing file" {
	for command in 'add 3' 'rotate 100' 'list' 'encrypt' 'decrypt' 'verify'; do
		# shellcheck disable=SC2086
		run_refused 2 "mkeyfile ${command%% *}: cannot open 'nowhere/keyfile': No such file or directory" \
			$command --file=nowhere/keyfile -P pw
	done
	run_refused 2 "mkeyfile generate: cannot open 'nowhere/keyfile': No such file or directory" \
		generate --file=nowhere/keyfile
}

@test "a directory" {
	mkdir dir
	for command in 'add 3' 'rotate 100' 'list' 'encrypt' 'decrypt' 'verify'; do
		# shellcheck disable=SC2086
		run_refused 2 "mkeyfile ${command%% *}: 'dir' is not a regular file" $command --file=dir -P pw
	done
	run_refused 4 "mkeyfile generate: 'dir' already exists" generate --file=dir
}

@test "a device" {
	run_refused 2 "mkeyfile list: '/dev/zero' is not a regular file" list --file=/dev/zero
	run_refused 2 "mkeyfile add: '/dev/null' is not a regular file" add 3 --file=/dev/null
}

@test "a pipe of the shell instead of a file to change" {
	run_refused 2 "mkeyfile add: '/dev/fd/7' is not a regular file" add 3 --file=/dev/fd/7 7< <(cat keyfile)
	run -0 mkeyfile list --ids --file=/dev/fd/7 7< <(cat keyfile)
}

@test "an empty file" {
	: >keyfile
	run_refused 2 "mkeyfile list: 'keyfile' contains no key" list
	run_refused 2 "mkeyfile add: 'keyfile' contains no key" add 3
	run_refused 2 "mkeyfile rotate: 'keyfile' contains no key" rotate 100
	run_refused 2 "mkeyfile decrypt: 'keyfile' is not encrypted" decrypt -P pw
	run_refused 4 "mkeyfile encrypt: 'keyfile' would not load on any server: System key id 1 is missing at keyfile line 0, column 1
hint: add key ID 1, which every server requires" encrypt -P pw
}

@test "1 MiB is read, one byte more is not" {
	head -c $((1048576 - $(stat -c %s keyfile))) /dev/zero | tr '\0' '#' >filler
	cat filler >>keyfile
	run -0 mkeyfile list --ids
	same $'1\n2\n100' "$output"
	echo -n '#' >>keyfile
	for command in 'add 3' 'rotate 100' 'list' 'encrypt' 'decrypt'; do
		# shellcheck disable=SC2086
		run_refused 2 "mkeyfile ${command%% *}: 'keyfile' is larger than 1048576 bytes, the most that a server reads" \
			$command
	done
}

@test "a change that would exceed 1 MiB" {
	head -c $((1048576 - $(stat -c %s keyfile))) /dev/zero | tr '\0' '#' >>keyfile
	run_refused 4 "mkeyfile add: 'keyfile' would be larger than 1048576 bytes, the most that a server reads" add 3
}

@test "text that is not a key file: the message has line and column" {
	check() { # words line column text
		printf '%b' "$4" >keyfile
		run_refused 2 "mkeyfile list: 'keyfile' is not a key file: $1 at line $2, column $3" list
		run_refused 2 "mkeyfile add: 'keyfile' is not a key file: $1 at line $2, column $3" add 3
		run_refused 2 "mkeyfile rotate: 'keyfile' is not a key file: $1 at line $2, column $3" rotate 1
	}
	check 'syntax error' 1 1 "\xef\xbb\xbf1;$key\n"
	check 'syntax error' 1 1 "+1;$key\n"
	check 'syntax error' 1 2 "1x;$key\n"
	check 'syntax error' 2 1 "1;$key\n;$key\n"
	check 'invalid key ID' 1 2 "0;$key\n"
	check 'invalid key ID' 1 10 "4294967296;$key\n"
	check 'invalid key' 2 3 "1;$key\n2; $key\n"
	check 'invalid key' 1 65 "1;${key:1}\n"
	check 'invalid key' 1 67 "1;1;${key:1}\n"
	check 'invalid key version' 1 4 "1;0;$key\n"
	check 'invalid key version' 1 12 "1;4294967295;$key\n"
	check 'syntax error' 2 4 "1;$key\n   "
}

@test "CRLF, comments, blanks and text after a key are kept byte for byte" {
	printf '# for A\r\n  1;%s\r\n\r\n2;%s note\r\n' "$key" "$(random_key)" >keyfile
	cp keyfile before
	run -0 mkeyfile add 7 -q
	head -c "$(stat -c %s before)" keyfile | cmp - before
	run -0 grep -c $'^7;[0-9a-f]\{64\}\r$' keyfile
	run -0 mkeyfile list --ids
	same $'1\n2\n7' "$output"
}

@test "a NUL: servers ignore everything after it" {
	printf '1;%s\n2;%s\0\n3;%s\n' "$key" "$(random_key)" "$(random_key)" >keyfile
	run_refused 4 "mkeyfile add: 'keyfile' has a NUL byte on line 2: servers ignore everything after it
hint: remove the NUL byte" add 7
	run -0 mkeyfile list --ids
	same $'1\n2' "$output"
}

@test "a duplicate ID" {
	echo "100;$key" >>keyfile
	hint='hint: check which of the two keys your data uses, and move the other one to a new ID'
	run_refused 4 "mkeyfile add: 'keyfile' has key ID 100 version 1 twice, on lines 3 and 4: the server silently uses the last one
$hint" add 7
	run_refused 4 "mkeyfile rotate: 'keyfile' has key ID 100 version 1 twice, on lines 3 and 4: the server silently uses the last one
$hint" rotate 1 --target=11.8-enterprise
}

# ---- IDs, sizes and versions on the command line ----

@test "invalid key IDs" {
	for id in 0 4294967296 999999999999 +1 1x x '' ' 1' 0x1 1.0; do
		for command in add rotate generate; do
			run_refused 64 "mkeyfile $command: invalid key ID '$id': use a number from 1 to 4294967295" $command --file=other "$id"
		done
	done
	run_refused 64 "mkeyfile add: invalid option -- '1'
hint: run 'mkeyfile add --help' to list the options" add -1
}

@test "a key among the arguments is never printed" {
	never="a key or password is not accepted as an argument: any user of this host can see arguments
hint: use --key-from, --password-file, --password-fd or --password-command
hint: put ./ before a file name that consists of hex digits only"
	for command in add rotate generate; do
		for id in "7;$key" "$key"; do
			run_refused 64 "mkeyfile $command: $never" $command --file=other "$id"
		done
		run_refused 64 "mkeyfile $command: invalid key ID '...': use a number from 1 to 4294967295" $command --file=other "7:${key:0:20}"
	done
	run_refused 64 "mkeyfile generate: $never" generate --file=other --size="$key"
	run_refused 64 "mkeyfile add: $never" add 7 --key-version="$key"
	run_refused 64 "mkeyfile add: $never" add 7 --key-from="$key"
}

@test "a repeated ID, and no ID" {
	run_refused 64 "mkeyfile add: key ID 7 is given twice" add 7 8 7
	run_refused 64 "mkeyfile add: no key ID given" add
	run_refused 64 "mkeyfile rotate: no key ID given" rotate
	run_refused 64 "mkeyfile rotate: --all and key IDs cannot be used together" rotate --all 100
}

@test "an existing ID for add, and an unknown ID for rotate" {
	run_refused 4 "mkeyfile add: key ID 100 is already in 'keyfile'
hint: run 'mkeyfile rotate 100 --new-id' to add a successor" add 7 100
	run_refused 2 "mkeyfile rotate: key ID 7 is not in 'keyfile'
hint: run 'mkeyfile add 7 --target=11.8-enterprise' to add it" rotate 100 7 --target=11.8-enterprise
	run_refused 2 "mkeyfile rotate: key ID 7 is not in 'keyfile'
hint: run 'mkeyfile add 7' to add it" rotate 7 --new-id
}

@test "key sizes other than 128, 192, 256" {
	for size in 0 1 64 127 129 160 255 257 512 -128 '' 128x 4294967424; do
		for command in 'generate' 'add 3' 'rotate 100'; do
			# shellcheck disable=SC2086
			run_refused 64 "mkeyfile ${command%% *}: invalid key size '$size': use 128, 192 or 256 bits" $command --file=other "--size=$size"
		done
	done
}

@test "invalid keys to import" {
	check() { # content
		printf '%b' "$1" >imported
		run_refused 2 "mkeyfile add: 'imported' is not a key: expected only 32, 48 or 64 hex digits" \
			add 7 --key-from=imported
	}
	check ''
	check '\n'
	check "${key:1}"
	check "${key}00"
	check "$key;x"
	check "$key $key"
	check "7;$key"
	check "${key:1}x"
	check "${key:0:32}\0${key:0:31}"
	run_refused 2 "mkeyfile add: cannot open 'nowhere': No such file or directory" add 7 --key-from=nowhere
	head -c 1048577 /dev/zero >imported
	run_refused 2 "mkeyfile add: 'imported' is larger than 1048576 bytes, the most that a server reads" \
		add 7 --key-from=imported
}

@test "unsafe keys are imported only with --force" {
	force='hint: use --force to import it anyway if data was encrypted with it'
	printf '%064d' 0 >imported
	run_refused 4 "mkeyfile add: refusing the key in 'imported': all of its bytes are equal
$force" add 7 --key-from=imported
	# MariaDB's manual, File Key Management, key 2
	echo 49c16acc2dffe616710c9ba9a10b94944a737de1beccb52dc1560abfdd67388b >imported
	run_refused 4 "mkeyfile add: refusing the key in 'imported': it is published in MariaDB's documentation
$force" add 7 --key-from=imported
	sed -n 's/^100;//p' keyfile | tr a-f A-F >imported
	run_refused 4 "mkeyfile add: the key in 'imported' is already in the file as key ID 100
$force" add 7 --key-from=imported
	run -0 mkeyfile add 7 --key-from=imported --force -q
	same "$(sed -n 's/^100;//p' keyfile)" "$(sed -n 's/^7;//p' keyfile)"
}

# ---- the encrypted form ----

# bats test_tags=deep
@test "a truncated encrypted file at every length from 0 to 64" {
	# a fixed salt and password, so that the last block always decrypts to the same bytes
	printf '1;%064d\n' 7 >plain
	echo 'a fixed password' >pw
	{
		printf 'Salted__saltsalt'
		openssl enc -aes-256-cbc -md sha1 -pass file:pw -S 73616c7473616c74 -in plain 2>/dev/null
	} >whole
	for length in $(seq 0 64); do
		head -c "$length" whole >keyfile
		if [ "$length" = 0 ]; then
			words="'keyfile' contains no key"
			status_of_list=2
		elif [ "$length" -le 8 ]; then
			words="'keyfile' is not a key file: syntax error at line 1, column 1"
			status_of_list=2
		elif [ "$length" -le 16 ] || [ $((length % 16)) != 0 ]; then
			words="'keyfile' is damaged: the encrypted data ends in the middle of a block"
			status_of_list=2
		else
			words="cannot decrypt 'keyfile': wrong password, wrong digest or iteration count, or damaged file
$(verify_hint --password-file=pw)"
			status_of_list=3
		fi
		warning=
		[ "$length" -gt 8 ] ||
			warning="mkeyfile list: warning: 'keyfile' is not encrypted: the password is not used
"
		run_refused $status_of_list "${warning}mkeyfile list: $words" list -P pw
		run_refused $status_of_list "${warning//list/add}mkeyfile add: $words" add 7 -P pw
		if [ "$length" -le 8 ]; then
			run_refused 2 "mkeyfile decrypt: 'keyfile' is not encrypted" decrypt -P pw
		elif [ $status_of_list = 2 ]; then
			run_refused 2 "mkeyfile decrypt: $words" decrypt -P pw
		else
			run_refused 3 "mkeyfile decrypt: ${words%%$'\n'*}" decrypt -P pw
		fi
	done
}

@test "base64 and unsalted openssl output are recognized" {
	openssl_encrypt pw keyfile base64 -md sha1 -a
	openssl_encrypt pw keyfile unsalted -md sha1 -nosalt
	(umask 077 && base64 keyfile >text)
	for command in 'decrypt' 'list' 'add 7' 'passwd --new-password-file=new'; do
		# shellcheck disable=SC2086
		while read -r file words; do
			run_refused 2 "mkeyfile ${command%% *}: '$file' is $words" $command -q -P pw -f "$file"
		done <<-'EOF'
			base64 an encrypted key file in base64, which no server reads
			unsalted encrypted without a salt, which no server reads, or is not a key file
			text base64 text, not a key file
		EOF
	done
	run_refused 4 "mkeyfile encrypt: 'base64' is an encrypted key file in base64, which no server reads
hint: run '(umask 077; base64 -d base64 >NEW)' to decode it" encrypt -P pw -f base64
}

@test "keys in base64 and in binary are recognized" {
	(umask 077 && echo -n 'not random, and of 32 bytes only' | base64 >base64 && openssl rand 32 | tr '\0-\177' '\200-\377' >binary)
	hint='| od -An -v -tx1 | tr -d " \n" | mkeyfile add 7 --key-from=-'"' to import it"
	run_refused 2 "mkeyfile add: 'base64' is not a key: it is base64, not 32, 48 or 64 hex digits
hint: run 'base64 -d base64 $hint" add 7 --key-from=base64
	run_refused 2 "mkeyfile add: 'binary' is not a key: it is binary, not 32, 48 or 64 hex digits
hint: run 'cat binary $hint" add 7 --key-from=binary
	{
		cat keyfile
		echo "7;$(cat base64)"
	} >mixed
	run_refused 2 "mkeyfile list: 'mixed' is not a key file: invalid key at line 4, column 3
hint: convert the key on line 4 from base64 to hex digits" list -f mixed
}

@test "a wrong password" {
	echo 'another password' >other
	words="cannot decrypt 'sealed': wrong password, wrong digest or iteration count, or damaged file"
	for command in 'list' 'add 7' 'rotate 100 --new-id'; do
		# shellcheck disable=SC2086
		run_refused 3 "mkeyfile ${command%% *}: $words
$(verify_hint --file=sealed --password-file=other)" $command -f sealed -P other
	done
	run_refused 3 "mkeyfile decrypt: $words" decrypt -f sealed -P other
	run_refused 3 "mkeyfile decrypt: $words" decrypt -f sealed -P other --no-probe
}

@test "a wrong digest or iteration count: decrypt prints the right one" {
	words="wrong password, wrong digest or iteration count, or damaged file"
	run_refused 3 "mkeyfile decrypt: cannot decrypt 'sealed': $words
hint: the file opens with --digest=sha1, which every server reads" decrypt -f sealed -P pw --digest=sha512
	openssl_encrypt pw keyfile sha256 -md sha256
	run_refused 3 "mkeyfile decrypt: cannot decrypt 'sha256': $words
hint: the file opens with --digest=sha256, which servers before 12.0.1 cannot read" decrypt -f sha256 -P pw
	openssl_encrypt pw keyfile pbkdf2 -md sha512 -pbkdf2 -iter 10000
	run_refused 3 "mkeyfile decrypt: cannot decrypt 'pbkdf2': $words
hint: the file opens with --digest=sha512 --pbkdf2=10000, which servers before 12.0.1 cannot read" decrypt -f pbkdf2 -P pw
	run_refused 3 "mkeyfile decrypt: cannot decrypt 'pbkdf2': $words" decrypt -f pbkdf2 -P pw --no-probe
}

@test "an encrypted file whose plain text is not a key file" {
	printf 'shopping list:\n- milk\n' >plain
	openssl_encrypt pw plain keyfile
	run_refused 2 "mkeyfile decrypt: 'keyfile' is not a key file: syntax error at line 1, column 1
hint: use --force to write the plain text anyway: the password is right" decrypt -P pw
	run_refused 2 "mkeyfile list: 'keyfile' is not a key file: syntax error at line 1, column 1" list -P pw
	run -0 mkeyfile decrypt -P pw --force
	same "$(cat plain)" "$output"
	printf '# nothing yet\n' >plain
	openssl_encrypt pw plain keyfile
	run_refused 2 "mkeyfile decrypt: 'keyfile' contains no key
hint: use --force to write the plain text anyway: the password is right" decrypt -P pw
}

@test "encrypting an encrypted file, and decrypting a plain one" {
	run_refused 4 "mkeyfile encrypt: 'sealed' is already encrypted" encrypt -f sealed -P pw
	run_refused 2 "mkeyfile decrypt: 'keyfile' is not encrypted" decrypt -P pw
}

# ---- the password ----

@test "password files: missing, empty, only newlines" {
	run_refused 2 "mkeyfile list: cannot open 'nowhere': No such file or directory" list -f sealed -P nowhere
	: >empty
	run_refused 2 "mkeyfile list: 'empty' contains no password" list -f sealed -P empty
	printf '\r\n\n\n' >newlines
	run_refused 2 "mkeyfile list: 'newlines' contains no password" list -f sealed -P newlines
	run_refused 2 "mkeyfile encrypt: 'newlines' contains no password" encrypt -P newlines
	run_refused 2 "mkeyfile list: cannot read 'file descriptor 4': Bad file descriptor" list -f sealed --password-fd=4 4<&-
	printf '\0secret' >nul
	run_refused 2 "mkeyfile list: 'nul' contains no password" list -f sealed -P nul
	mkdir dir
	run_refused 2 "mkeyfile list: cannot read 'dir': Is a directory" list -f sealed -P dir
}

@test "password files: 256 bytes are accepted, 257 are not" {
	printf '%0256d\n' 1 >long
	run -0 mkeyfile encrypt -P long -o out
	run -0 mkeyfile list --ids -f out -P long
	printf '%0257d\n' 1 >long
	words="the password in 'long' is longer than 256 bytes, the most that a server reads"
	run_refused 2 "mkeyfile list: $words" list -f sealed -P long
	run_refused 2 "mkeyfile encrypt: $words" encrypt -P long
}

@test "password files: two lines and a NUL byte can open a file, but not create one" {
	printf 'one line\nand another\n' >lines
	run_refused 4 "mkeyfile encrypt: the password in 'lines' has more than one line; openssl would read only the first" encrypt -P lines
	run_refused 4 "mkeyfile generate: the password in 'lines' has more than one line; openssl would read only the first" \
		generate -f new -P lines
	openssl enc -aes-256-cbc -md sha1 -k $'one line\nand another' -in keyfile -out sealed 2>/dev/null
	run -0 mkeyfile list --ids -f sealed -P lines
	printf 'up to here\0and no further' >nul
	run_refused 4 "mkeyfile encrypt: the password in 'nul' contains a NUL byte; the server would ignore everything after it" encrypt -P nul
	openssl enc -aes-256-cbc -md sha1 -k 'up to here' -in keyfile -out sealed 2>/dev/null
	run -0 mkeyfile list --ids -f sealed -P nul
}

@test "no password at all" {
	for command in 'list' 'add 7' 'rotate 100' 'decrypt' 'verify'; do
		# shellcheck disable=SC2086
		run_refused 2 "mkeyfile ${command%% *}: cannot ask for the password of 'sealed': no terminal is available
$no_password_hint" $command -f sealed
		# shellcheck disable=SC2086
		run_refused 2 "mkeyfile ${command%% *}: cannot ask for the password of 'sealed': --no-prompt is set
$no_password_hint" $command -f sealed --no-prompt
	done
	run_refused 2 "mkeyfile encrypt: cannot ask for the password of 'keyfile': no terminal is available
$no_password_hint" encrypt
}

@test "files that another user cannot read" {
	[ "$(id -u)" = 0 ]
	prepare_nobody
	before=$(snapshot)
	run --separate-stderr as_nobody list
	assert_equal 2 "mkeyfile list: cannot open 'keyfile': Permission denied" ""
	chmod 644 sealed
	run --separate-stderr as_nobody list -f sealed -P pw
	assert_equal 2 "mkeyfile list: cannot open 'pw': Permission denied" ""
	chmod 600 sealed
	same "$before" "$(snapshot)"
}

# ---- options that contradict each other ----

@test "conflicting options" {
	sources='--password-file, --new-password-file, --password-fd and --password-command cannot be used together'
	run_refused 64 "mkeyfile list: $sources" list -P pw --password-fd=3
	run_refused 64 "mkeyfile list: $sources" list --password-command='cat pw' --password-fd=3
	run_refused 64 "mkeyfile generate: $sources" generate -f new -P pw --new-password-file=new.key
	run_refused 64 "mkeyfile encrypt: --force requires --output" encrypt --force -P pw
	run_refused 64 "mkeyfile encrypt: --force requires --output" encrypt --force --in-place -P pw
	run_refused 64 "mkeyfile generate: the key file and the password file must be different files" \
		generate -f new --new-password-file=new
	run_refused 64 "mkeyfile generate: a file name is empty" generate -f new --new-password-file=
	run_refused 64 "mkeyfile list: a file name is empty" list --file=
	run_refused 64 "mkeyfile encrypt: --in-place and --output cannot be used together" encrypt --in-place -o out -P pw
	run_refused 64 "mkeyfile encrypt: --backup requires --in-place: with --output, the file is new or --force keeps a backup" \
		encrypt --backup -o out -P pw
	run_refused 64 "mkeyfile rotate: --new-id=ID requires exactly one key ID" rotate 1 100 --new-id=7
	run_refused 64 "mkeyfile rotate: --new-id=ID requires exactly one key ID" rotate --all --new-id=7
	run_refused 64 "mkeyfile add: --key-from requires exactly one key ID" add 7 8 --key-from=pw
	run_refused 64 "mkeyfile add: --size and --key-from cannot be used together: an imported key has its own size" \
		add 7 --key-from=pw -s 128
	run_refused 64 "mkeyfile add: --key-version requires --key-from: 'mkeyfile rotate' makes new versions" \
		add 7 --key-version=2
	run_refused 64 "mkeyfile add: --force requires --key-from" add 7 --force
}

@test "with --json, an error is an object on standard output as well" {
	run --separate-stderr mkeyfile list --ids --json
	assert_equal 64 "mkeyfile list: --ids, --fingerprint and --json cannot be used together" "$output"
	same '{"error":{"status":64,"message":"--ids, --fingerprint and --json cannot be used together"},"changed":false,"warnings":[],"hints":[]}' "$(jq -c . <<<"$output")"
	run --separate-stderr mkeyfile encrypt --json -P pw
	[ "$status" = 64 ]
	same "--json requires --output or --in-place: standard output is used for the key file" "$(jq -r .error.message <<<"$output")"
	run --separate-stderr mkeyfile add 100 --json
	[ "$status" = 4 ]
	same "[\"run 'mkeyfile rotate 100 --new-id' to add a successor\"]" "$(jq -c .hints <<<"$output")"
}

@test "two inputs from standard input" {
	run_refused 64 "mkeyfile list: the key file and the password cannot both come from standard input" list -f - -P -
	run_refused 64 "mkeyfile list: the key file and the password cannot both come from standard input" \
		list -f - --password-fd=0
	run_refused 64 "mkeyfile add: the key and the password cannot both come from standard input" \
		add 7 -f sealed --key-from=- -P -
}

@test "standard input instead of a file to change" {
	run_refused 64 "mkeyfile add: standard input cannot be changed: use --file=FILE or --output=-" add 7 -f -
	run_refused 64 "mkeyfile rotate: standard input cannot be changed: use --file=FILE or --output=-" rotate 100 -f -
	run_refused 64 "mkeyfile encrypt: standard input cannot be changed in place: use --file=FILE" encrypt --in-place -f - -P pw
	run_refused 64 "mkeyfile generate: cannot create a key file on standard output: use --file=FILE" generate -f -
}

@test "output to the input file, and to an existing file" {
	ln keyfile hardlink
	ln -s keyfile symlink
	for place in keyfile ./keyfile hardlink symlink; do
		run_refused 4 "mkeyfile encrypt: '$place' is both the input and the output
hint: use --in-place to replace the key file itself" encrypt -P pw -o $place
		run_refused 4 "mkeyfile encrypt: '$place' is both the input and the output
hint: use --in-place to replace the key file itself" encrypt -P pw -o $place --force
	done
	run_refused 4 "mkeyfile encrypt: 'sealed' already exists
hint: use --force to replace the file and keep the old one as a backup" encrypt -P pw -o sealed
	run_refused 4 "mkeyfile generate: 'keyfile' already exists
hint: use --force to replace the file and keep the old one as a backup" generate
	run_refused 4 "mkeyfile generate: 'pw' already exists" generate -f new --new-password-file=pw
}

@test "unknown commands, options, targets, digests, counts" {
	run_refused 64 "mkeyfile: no command given
hint: run 'mkeyfile --help' to list the commands" --no-prompt
	run_refused 64 "mkeyfile list: unrecognized option '--frobnicate'
hint: run 'mkeyfile list --help' to list the options" list --frobnicate
	for word in --password=secret --password --pass=secret --passwd=secret --Password=secret --pw=secret \
		--passphrase=secret --new-password=secret; do
		run_refused 64 "mkeyfile encrypt: a password is not accepted as an argument: any user of this host can see arguments
hint: use --password-file, --password-fd or --password-command" encrypt $word
	done
	for target in 5.5.60 10.0.38 10.1.3 8.0.36 10 x '' 10.5+plugin 10.11x maxscalex 10.+5 ' 10.11' 10.-1 10.11.-5 100.1; do
		run_refused 64 "mkeyfile list: unknown target '$target'
hint: use a version as SELECT VERSION() prints it, such as 10.11, 11.8.9-MariaDB or 11.8-enterprise" list "--target=$target"
	done
	run_refused 64 "mkeyfile list: unknown digest 'md5': use sha1, sha224, sha256, sha384 or sha512" list --digest=md5
	for count in -1 x 2147483648 1e3 ''; do
		run_refused 64 "mkeyfile list: invalid value '$count' for --pbkdf2: use a number from 0 to 2147483647" list "--pbkdf2=$count"
	done
}

# ---- limits of the machine ----

@test "a lack of descriptors is not reported as a lack of memory or randomness" {
	local command limit

	export MKEYFILE_PRINT_DEFAULTS=/bin/true
	mkdir data
	: >data/ibdata1
	while read -r command; do
		for ((limit = 6; limit < 16; limit++)); do
			# shellcheck disable=SC2086
			run prlimit --nofile="$limit" "$MKEYFILE" $command </dev/null
			run ! grep -E 'out of memory|random generator|not available' <<<"$output"
			rm -f new
		done
	done <<-'END'
		list
		generate -f new 1
		add 9 -n
		verify -t 10.11 --datadir=data
		status --server=/nowhere -t 10.11
		list --password-command=true
	END
}
