#!/usr/bin/env bats
# verify answers in the server's own words: these tests ask a real server.
bats_require_minimum_version 1.5.0
load common
load server

setup_test() {
	key=$(random_key)
	file=$PWD/keyfile
	target=$("$MARIADBD" --version | sed 's/.*Ver \([^ ]*\).*/\1/')
	make_password_file pw
}

teardown() {
	[ -z "${public-}" ] || rm -rf "$public"
}

# verify and the server give the same verdict on $file, with the same words, line and column.
agrees() { # [password-file]
	local verdict words
	if words=$(server_loads "$file" ${1:+"$PWD/$1"}); then
		verdict="yes: '$file' loads on $target"
	else
		verdict="no: $words"
	fi
	run --separate-stderr mkeyfile verify --no-probe -f "$file" -t "$target" ${1:+-P "$PWD/$1"}
	same "$verdict" "${lines[0]}"
	case $verdict in
	yes*) [ "$status" = 0 ] ;;
	*) [ "$status" = "${2:-1}" ] ;;
	esac
}

# The same for files with these texts.
agrees_on() {
	for text; do
		printf '%b' "$text" >"$file"
		chmod 600 "$file"
		agrees
	done
}

# bats test_tags=server
@test "agrees: lines that load" {
	agrees_on "1;$key\n" "1;$key" "1;$key\r\n2;$key\r\n" "  \t1;$key\n" "# c\n\n1;$key\n" "01;$key\n" \
		"1;${key^^}\n" "1;$key\n# last" "\f\n\v\n1;$key\n" "1;$key garbage\n" "1;$key#x\n" "1;$key;x\n" \
		"1;$key\n1;${key:0:32}\n" "1;$key\n4294967295;$key\n" "1;${key:0:32}\n2;${key:0:48}\n" \
		"1;$key\n\r\n \t\v\f\r\n# \xc3\xa9\n"
}

# bats test_tags=server
@test "agrees: a NUL byte ends the file" {
	agrees_on "1;$key\0 2;x\n" "1;$key\n\0nonsense\n" "1;$key\n  \0" "\0001;$key\n" "1\0;$key\n" \
		"1;$key\n2;${key:1}\0\n" "1;$key\n# c\0\nnonsense\n"
}

# bats test_tags=server
@test "agrees: key IDs" {
	agrees_on "4294967296;$key\n" "99999999999999999999;$key\n" "0;$key\n" "00;$key\n" "1;$key\n0;$key\n" \
		"42949672950;$key\n" "1 ;$key\n" "3:$key\n" "3" "1;$key\n3" ";$key\n" "+1;$key\n" "-1;$key\n" "x;$key\n" \
		"\xef\xbb\xbf1;$key\n" "\xc2\xa01;$key\n" "1;$key\n   " "1;$key\n\t" "1.0;$key\n" "0x1;$key\n"
}

# bats test_tags=server
@test "agrees: keys" {
	agrees_on "1;1;$key\n" "100;2;$key\n" "1;10;$key\n" "1;$key\n2;${key:0:30}\n" "1;${key:1}\n" "1;${key:0:34}\n" \
		"1;${key}a\n" "1;${key}ab\n" "1;\n" "1; $key\n" "1;$key\n2;${key:0:31}g\n" "1;g$key\n" "1;${key:0:47}\n" \
		"1;${key:0:33}\n" "1;${key:0:32} ${key:32}\n" "1;" "1;a"
}

# bats test_tags=server
@test "agrees: ID 1 is missing" {
	agrees_on "" "\n" "2;$key\n" "2;$key\n3;$key\n\n# c\n" "# c" "11;$key\n"
}

# bats test_tags=server
@test "agrees: 1 MiB and one byte more" {
	printf '1;%s\n' "$key" >"$file"
	chmod 600 "$file"
	head -c $((1048576 - 67)) /dev/zero | tr '\0' '#' >>"$file"
	agrees
	echo -n '#' >>"$file"
	agrees
}

# bats test_tags=server
@test "agrees: encrypted files" {
	make_keyfile plain 1 2
	openssl_encrypt pw plain "$file"
	agrees pw
	echo 'another password' >wrong
	agrees wrong 3
	openssl_encrypt pw plain "$file" -md sha256
	agrees pw 3
	openssl_encrypt pw plain "$file" -md sha1 -a
	agrees pw
	openssl_encrypt pw plain "$file" -md sha1 -nosalt
	agrees pw
	printf '1;%s\n2;x\n' "$key" >plain
	openssl_encrypt pw plain "$file"
	agrees pw
	printf '2;%s\n' "$key" >plain
	openssl_encrypt pw plain "$file"
	agrees pw
	make_keyfile plain 1
	cp plain "$file"
	agrees pw
	openssl_encrypt pw plain whole
	for length in 1 7 8 9 15 16 17 20 31 33 48; do
		head -c $length whole >"$file"
		chmod 600 "$file"
		if [ $length = 48 ]; then
			agrees pw 3
		else
			agrees pw
		fi
	done
}

# bats test_tags=server
@test "agrees: password files" {
	make_keyfile plain 1
	seal_with() {
		openssl enc -aes-256-cbc -md sha1 -k "$1" -in plain -out "$file" 2>/dev/null
		chmod 600 "$file" pw
	}
	for ending in '' '\n' '\r\n' '\n\n\r\n'; do
		seal_with 'a password of sixteen and more'
		printf "a password of sixteen and more$ending" >pw
		agrees pw
	done
	seal_with 'a password of sixteen and more'
	printf 'a password of sixteen and more \n' >pw
	agrees pw 3
	printf 'a password of sixteen and more\0etc' >pw
	agrees pw
	seal_with $'two lines\nof a password'
	printf 'two lines\nof a password\n' >pw
	agrees pw
	seal_with "$(printf %0256d 1)"
	printf '%0256d\r\n' 1 >pw
	agrees pw
	printf '%0257d\n' 1 >pw
	agrees pw
	cp plain "$file"
	agrees pw
}

# bats test_tags=server
@test "agrees: a password file with only line breaks" {
	make_keyfile plain 1
	cp plain "$file"
	for blank in '\n' '\r\n\n' '\0rest'; do
		printf "$blank" >pw
		agrees pw
	done
	openssl enc -aes-256-cbc -md sha1 -k '' -in plain -out "$file" 2>/dev/null
	agrees pw
	run -0 mkeyfile verify -f "$file" -P pw --json
	same 'blank-password' "$(jq -r '.warnings[0].name' <<<"$output")"
	openssl enc -aes-256-cbc -md sha1 -k 'not empty' -in plain -out "$file" 2>/dev/null
	agrees pw 3
}

# bats test_tags=server
@test "agrees: encrypted text with bytes that are not ASCII and a malformed line" {
	printf '# Schl\xfcssel\n1;%s\n2:bad\n' "$key" >plain
	openssl_encrypt pw plain "$file"
	agrees pw
	printf '1;%s\n\x01\n' "$key" >plain
	openssl_encrypt pw plain "$file"
	agrees pw
}

# bats test_tags=server
@test "agrees: an empty password file" {
	make_keyfile plain 1
	openssl_encrypt pw plain "$file"
	(umask 077 && : >empty)
	words=$(server_loads "$file" "$PWD/empty") || :
	# after this the server prints the errno of an earlier call
	[[ $words = "Error reading file '$PWD/empty'"* ]]
	run --separate-stderr mkeyfile verify -f "$file" -P empty -t "$target"
	assert_equal 1 "" "no: Error reading file 'empty'
hint: write the password to the password file
note: the password file 'empty' is in the same directory as the key file and readable by the same users [password-file-beside]
hint: keep the password on another device or in a secret manager, so that one leak does not expose both"
}

@test "no target: verify lists the servers that load the file" {
	make_keyfile keyfile 1 2
	run --separate-stderr mkeyfile verify -f keyfile
	assert_equal 0 "" "yes: 'keyfile' loads on every server
  2 keys, unversioned, not encrypted"
	make_keyfile keyfile '1;1' '2;2'
	run --separate-stderr mkeyfile verify -f keyfile
	assert_equal 0 "" "yes: 'keyfile' loads on some servers
  2 keys, versioned, not encrypted
  Community Server 10.1.4 to 11.7    no: Invalid key at keyfile line 1, column 3
  Community Server 11.8              no: Invalid key at keyfile line 1, column 3
  Community Server 12.0.1 and later  no: Invalid key at keyfile line 1, column 3
  Enterprise Server before 11.8      no: Invalid key at keyfile line 1, column 3
  Enterprise Server 11.8 and later   yes
  mkeyfile's plugin, 10.6 and later  yes
  MaxScale (key_manager=file)        no: Invalid key at keyfile line 1, column 3"
	run --separate-stderr mkeyfile verify -f keyfile -t 11.8-enterprise
	assert_equal 0 "" "yes: 'keyfile' loads on 11.8-enterprise
  2 keys, versioned, not encrypted"
	make_keyfile plain 1
	openssl_encrypt pw plain keyfile -md sha256 -pbkdf2 -iter 10000
	run --separate-stderr mkeyfile verify -f keyfile -P pw --digest=sha256 --pbkdf2=10000
	assert_equal 0 "" "yes: 'keyfile' loads on some servers
  1 key, unversioned, sha256, PBKDF2 with 10000 iterations, not sealed
  Community Server 10.1.4 to 11.7    no: Cannot decrypt keyfile. Wrong key?
  Community Server 11.8              no: Cannot decrypt keyfile. Wrong key?
  Community Server 12.0.1 and later  yes
  Enterprise Server before 11.8      no: Cannot decrypt keyfile. Wrong key?
  Enterprise Server 11.8 and later   no: Cannot decrypt keyfile. Wrong key?
  mkeyfile's plugin, 10.6 and later  yes
  MaxScale (key_manager=file)        no: Cannot decrypt keyfile. Wrong key?
note: the password file 'pw' is in the same directory as the key file and readable by the same users [password-file-beside]
hint: keep the password on another device or in a secret manager, so that one leak does not expose both
note: key ID 2 is missing; the server encrypts temporary files with key ID 1 [no-temporary-key]
hint: run 'mkeyfile add 2 --file=keyfile --password-file=pw --digest=sha256 --pbkdf2=10000' to give temporary files a separate key"
}

@test "a wrong password or KDF: status 3, the server's words, and the options that open the file" {
	make_keyfile plain 1
	openssl_encrypt pw plain keyfile -md sha512
	run --separate-stderr mkeyfile verify -f keyfile -P pw
	assert_equal 3 "mkeyfile verify: cannot decrypt 'keyfile': wrong password, wrong digest or iteration count, or damaged file
hint: the file opens with --digest=sha512, which servers before 12.0.1 cannot read" "no: Cannot decrypt keyfile. Wrong key?"
}

warnings() { # expected names
	run mkeyfile verify -f keyfile --json "${@:2}"
	same "$1" "$(jq -r '[.warnings[].name] | join(" ")' <<<"$output")"
}

@test "warnings: what the server silently accepts" {
	make_keyfile keyfile 1 2
	warnings ''
	printf '1;%s\n2;%s\n1;%s\n' "$key" "$(random_key)" "$(random_key)" >keyfile
	warnings 'duplicate-id'
	printf '1;%s\n2;%s\0\n3;%s\n' "$key" "$(random_key)" "$(random_key)" >keyfile
	warnings 'text-after-nul'
	printf '1;%s # mine\n' "$key" >keyfile
	warnings 'ignored-text'
	printf '1;%s  \r\n' "$key" >keyfile
	warnings ''
	printf '1;%s\n2;%064d\n' "$key" 0 >keyfile
	warnings 'uniform-key'
	printf '1;%s\n2;%s\n' "$key" "${key^^}" >keyfile
	warnings 'repeated-key'
	printf '1;%s\n1;%s\n' "$key" "$key" >keyfile
	warnings 'duplicate-id'
	# MariaDB's manual, File Key Management, key 100
	printf '1;%s\n2;8db1ee74580e7e93ab8cf157f02656d356c2f437d548d5bf16bf2a56932954a3\n' "$key" >keyfile
	warnings 'published-key'
	printf '1;%s\n2;1;%s\n' "$key" "$(random_key)" >keyfile
	warnings 'mixed-versions'
}

@test "warnings: exposed files" {
	make_keyfile plain 1
	openssl_encrypt pw plain keyfile
	warnings '' -P pw
	for mode in 644 604 601 602 620; do
		chmod $mode keyfile
		warnings 'key-file-exposed' -P pw
	done
	chmod 640 keyfile
	warnings '' -P pw
	chmod 644 pw
	warnings 'password-file-exposed' -P pw
}

@test "warnings: passwords" {
	make_keyfile plain 1
	check() { # warnings password
		printf '%b' "$2" >pw
		openssl enc -aes-256-cbc -md sha1 -k "$(printf '%b' "${3:-$2}")" -in plain -out keyfile 2>/dev/null
		chmod 600 keyfile pw
		warnings "$1" -P pw
	}
	check '' 'sixteen letters.\n'
	check 'short-password' 'fifteen letters\n'
	check 'password-line-break' 'sixteen letters\nand more\n'
	check 'password-carriage-return' 'sixteen letters.\r\n' 'sixteen letters.'
	check 'password-nul' 'sixteen letters.\0and more' 'sixteen letters.'
}

@test "a warning has the line number and a hint" {
	printf '1;%s\n1;%s\n' "$key" "$(random_key)" >keyfile
	chmod 600 keyfile
	run --separate-stderr mkeyfile verify -f keyfile
	assert_equal 0 "" "yes: 'keyfile' loads on every server
  2 keys, unversioned, not encrypted
warning: line 1: key ID 1 version 1 is repeated on line 2; the server uses the last one [duplicate-id]
hint: check which of the two keys your data uses, and move the other one to a new ID
note: key ID 2 is missing; the server encrypts temporary files with key ID 1 [no-temporary-key]
hint: run 'mkeyfile add 2 --file=keyfile' to give temporary files a separate key"
}

@test "--strict treats warnings as errors, but not notes" {
	make_keyfile keyfile 1
	run --separate-stderr mkeyfile verify -f keyfile --strict
	same "0 yes: 'keyfile' loads on every server" "$status ${lines[0]}"
	printf '1;%s x\n2;%s y\n' "$key" "$(random_key)" >keyfile
	run --separate-stderr mkeyfile verify -f keyfile --strict -t 10.11
	same "1 no: 'keyfile' loads on 10.11, but with 2 warnings" "$status ${lines[0]}"
	run --separate-stderr mkeyfile verify -f keyfile --strict --json
	same '1 {"loads":true,"accepted":false,"reason":null}' "$status $(jq -c '{loads, accepted, reason}' <<<"$output")"
	run --separate-stderr mkeyfile verify -f keyfile --json
	same '0 {"loads":true,"accepted":true,"reason":null}' "$status $(jq -c '{loads, accepted, reason}' <<<"$output")"
}

notes() { # expected names, option...
	run mkeyfile verify -f keyfile --json "${@:2}"
	same "$1" "$(jq -r '[.notes[].name] | join(" ")' <<<"$output")"
}

@test "notes" {
	make_keyfile plain 1 2
	openssl_encrypt pw plain keyfile
	notes 'password-file-beside' -P pw
	ln -s pw link
	notes 'password-file-beside' -P link
	chmod 400 pw
	notes '' -P pw
	mkdir elsewhere
	mv pw elsewhere
	chmod 600 elsewhere/pw
	notes '' -P elsewhere/pw
	make_keyfile keyfile 1 3
	notes 'no-temporary-key'
}

@test "a file with older key versions gets a note until they are removed" {
	make_keyfile keyfile '1;1' '2;1' '100;1' '100;2' '200;3' '200;4'
	notes 'old-versions'
	run -0 mkeyfile verify -f keyfile --strict -t 11.8-enterprise
	[[ $output = *"note: older versions of 2 key IDs are still in the file, for example of ID 100 [old-versions]
hint: run 'mkeyfile remove --all --old-versions --server-data --file=keyfile --target=11.8-enterprise' to remove the versions that no data uses"* ]]
	run -0 mkeyfile remove -f keyfile --old-versions 100 200 --force -q
	notes ''
	warnings ''
}

@test "warnings: version gaps" {
	make_keyfile keyfile '1;1' '2;1' '2;2' '100;1' '100;2'
	warnings ''
	make_keyfile keyfile '1;1' '2;1' '2;4' '100;2'
	warnings 'version-gap'
	run mkeyfile verify -f keyfile
	[[ $output = *"warning: line 3: key ID 2 has version 4 but not version 3 [version-gap]"* ]]
}

# bats test_tags=server
@test "warnings: owners, directories, and what the server's user account can read" {
	make_keyfile keyfile 1 2
	as_mysql() { warnings "$1" --server-user=mysql "${@:2}"; }
	# other users cannot enter the directory of the test
	as_mysql unreadable
	run -1 --separate-stderr mkeyfile verify -f keyfile --server-user=mysql
	[[ $output = "no: File 'keyfile' not found (Errcode: 13 \"Permission denied\")
hint: give the server's user account read access to the file and search access to every directory in its path
"*"warning: the server's user account 'mysql' cannot read 'keyfile': Permission denied [unreadable]"* ]]
	public=$(mktemp -d /tmp/mkeyfile-test-XXXXXX)
	chmod 755 "$public"
	cp keyfile "$public"
	check() { # expected names
		run mkeyfile verify -f "$public/keyfile" --json --server-user=mysql
		same "$1" "$(jq -r '[.warnings[].name] | join(" ")' <<<"$output")"
	}
	check 'unreadable'
	chown mysql "$public/keyfile"
	check ''
	chown root:mysql "$public/keyfile"
	chmod 640 "$public/keyfile"
	check ''
	setfacl -b -m u:mysql:r "$public/keyfile"
	chown root:root "$public/keyfile"
	check ''
	setfacl -b "$public/keyfile"
	chmod 600 "$public/keyfile"
	chown nobody "$public/keyfile"
	check 'foreign-owner unreadable'
	chown mysql "$public/keyfile"
	chmod 757 "$public"
	check 'open-directory'
	chmod 1757 "$public"
	check ''
	run mkeyfile verify -f "$public/keyfile" --server-user="$(id -u mysql)" --strict
	[ "$status" = 0 ]
	run_refused 64 "mkeyfile verify: user '...' does not exist" verify -f keyfile --server-user=nobody-at-all
	# 4294967296 is not 0
	for number in 4294967296 4294967295 -1 -0 +0 ' 0' 0x0 0.0 '0,' 18446744073709551616 99999999999999999999; do
		shown=$number
		[ ${#number} -le 12 ] || shown=...
		run_refused 64 "mkeyfile verify: user '$shown' does not exist" verify -f keyfile "--server-user=$number"
	done
}

# Starts the server as mysql, and prints its error about these files in $public.
says_as_mysql() { # key-file [password-file]
	rm -rf "$public/data"
	mkdir "$public/data"
	chown mysql "$public/data"
	"$MARIADBD" --no-defaults --user=mysql --bootstrap --skip-grant-tables --innodb=OFF \
		--default-storage-engine=Aria --datadir="$public/data" --tmpdir="$public/data" --plugin-load-add=file_key_management \
		--file-key-management=FORCE --file-key-management-filename="$1" \
		${2:+--file-key-management-filekey=FILE:"$2"} </dev/null 2>&1 |
		sed -n 's/^.*\[ERROR\] [^:]*: //p' | head -n 1
}

# bats test_tags=server
@test "agrees: what the server's user account cannot read" {
	public=$(mktemp -d /tmp/mkeyfile-test-XXXXXX)
	chmod 755 "$public"
	cd "$public"
	make_keyfile plain 1 2
	make_password_file pw
	openssl_encrypt pw plain keyfile
	chmod 644 keyfile plain
	mkdir -m 700 closed
	mkdir -m 755 closed/open
	cp plain pw closed/open
	chmod 644 closed/open/*
	ln -s closed/open/plain link
	cp plain acl
	setfacl -m u:mysql:- acl
	cp plain group
	chown root:mysql group
	chmod 604 group
	agree_as_mysql() { # key-file [password-file]
		local words
		words=$(says_as_mysql "$public/$1" ${2:+"$public/$2"})
		run --separate-stderr mkeyfile verify -f "$public/$1" ${2:+-P "$public/$2"} --server-user=mysql -t "$target"
		if [ "$words" ]; then
			same "1 no: $words" "$status ${lines[0]}"
		else
			same "0 yes: '$public/$1' loads on $target" "$status ${lines[0]}"
		fi
	}
	agree_as_mysql plain
	agree_as_mysql keyfile pw
	agree_as_mysql closed/open/plain
	agree_as_mysql link
	agree_as_mysql acl
	agree_as_mysql group
	agree_as_mysql keyfile closed/open/pw
	chmod 644 pw
	chmod 600 keyfile
	agree_as_mysql keyfile pw
	setfacl -m u:mysql:r keyfile
	agree_as_mysql keyfile pw
	# the same with a wrong password: the server fails before it decrypts
	setfacl -b keyfile
	agree_as_mysql keyfile closed/open/plain
	agree_as_mysql keyfile plain
	# a relative name in a directory that the user could read, but cannot reach
	cd closed/open
	run -1 --separate-stderr mkeyfile verify -f plain --server-user=mysql
	same "no: File 'plain' not found (Errcode: 13 \"Permission denied\")" "${lines[0]}"
	run -1 --separate-stderr mkeyfile verify -f plain --server-user=mysql -t 10.11+plugin --json
	same '["key-file-exposed","unreadable"]' "$(jq -c '[.warnings[] | .name]' <<<"$output")"
	# the same, run by that user
	chmod 711 "$public/closed"
	chmod 600 plain
	run --separate-stderr as_nobody verify --no-defaults -f "$PWD/plain" --server-user=nobody
	same "1 no: File '$PWD/plain' not found (Errcode: 13 \"Permission denied\")" "$status ${lines[0]}"
}

@test "a key file in a home directory, which systemd hides from the server" {
	grep -q '^ProtectHome=true' /lib/systemd/system/mariadb.service || skip 'no such unit'
	[ -w /root ] || skip 'requires root'
	public=$(mktemp -d /root/mkeyfile-test-XXXXXX)
	make_keyfile "$public/keyfile" 1 2
	printf '[mariadb]\nplugin_load_add = file_key_management\nloose_file_key_management_filename = %s\n' \
		"$public/keyfile" >my.cnf
	run -0 --separate-stderr env -u MKEYFILE_PRINT_DEFAULTS "$MKEYFILE" verify --defaults-file=my.cnf --server-user=root
	[[ $output = *"warning: systemd hides '$public/keyfile' from the server: mariadb.service sets ProtectHome [protected-home]
hint: move the file out of the home directories, for example to /etc/mysql"* ]]
	run -0 --separate-stderr mkeyfile verify --no-defaults -f "$public/keyfile" --server-user=root
	[[ $output != *protected-home* ]]
}

# bats test_tags=server
@test "without root, verify says that it cannot check what the server's user account can read" {
	public=$(mktemp -d /tmp/mkeyfile-test-XXXXXX)
	make_keyfile "$public/keyfile" 1 2
	chown -R nobody "$public"
	run as_nobody verify --no-defaults -f "$public/keyfile" --json \
		--server-user=mysql
	same 'access-not-tried' "$(jq -r '.notes[].name' <<<"$output")"
	run as_nobody verify --no-defaults -f "$public/keyfile" --json \
		--server-user=nobody
	same '' "$(jq -r '.notes[].name' <<<"$output")"
}

@test "releases that truncate a long password, or crash on a blank one" {
	make_keyfile plain 1 2
	long=$(printf '%0300d' 1)
	openssl enc -aes-256-cbc -md sha1 -k "${long:0:256}" -in plain -out keyfile 2>/dev/null
	(umask 077 && echo "$long" >long)
	chmod 600 keyfile
	run mkeyfile verify -f keyfile -P long -t 10.6.10
	same "0 yes: 'keyfile' loads on 10.6.10" "$status ${lines[0]}"
	[[ $output = *"[long-password]"* ]]
	run mkeyfile verify -f keyfile -P long -t 10.6.11
	same "1 no: Cannot read long, the filekey is too long, max secret size is 256B" "$status ${lines[0]}"
	run mkeyfile verify -f keyfile -P long -t 11.8.9
	same "1 no: Cannot read long, the filekey is too long, max secret size is 256 bytes" "$status ${lines[0]}"
	(umask 077 && echo >blank && printf '\0x\n' >nul)
	run mkeyfile verify -f plain -P blank -t 10.11.18
	same "1 no: the server crashes on a password that consists of line ends, in blank" "$status ${lines[0]}"
	run mkeyfile verify -f plain -P blank -t 10.11.19
	same "0 yes: 'plain' loads on 10.11.19" "$status ${lines[0]}"
	run mkeyfile verify -f plain -P blank -t 10.5.23
	same "0 yes: 'plain' loads on 10.5.23" "$status ${lines[0]}"
	run mkeyfile verify -f plain -P nul -t 10.11.18
	same "0 yes: 'plain' loads on 10.11.18" "$status ${lines[0]}"
}

# verify and decrypt give these hints on what opens keyfile.
opens_with() { # hint...
	local words="cannot decrypt 'keyfile': wrong password, wrong digest or iteration count, or damaged file"
	local hints
	hints=$(printf '\nhint: %s' "$@")
	run --separate-stderr mkeyfile verify -f keyfile -P given
	same "3 mkeyfile verify: $words$hints" "$status $(grep -v -e 'warning: ' -e '^hint: remove the carriage return: ' -e '^hint: use a password of one line: ' <<<"$stderr")"
	run --separate-stderr mkeyfile decrypt -f keyfile -P given
	same "3 mkeyfile decrypt: $words$hints" "$status $(grep -v -e 'warning: ' -e '^hint: remove the carriage return: ' -e '^hint: use a password of one line: ' <<<"$stderr")"
	run --separate-stderr mkeyfile verify -f keyfile -P given --no-probe
	same "3 mkeyfile verify: $words" "$status $(grep -v -e 'warning: ' -e '^hint: remove the carriage return: ' -e '^hint: use a password of one line: ' <<<"$stderr")"
}

@test "what opens the file instead" {
	make_keyfile plain 1
	umask 077
	printf 'a password with CR LF\r\n' >given
	openssl_encrypt given plain keyfile
	cr='the file opens with a carriage return after the password: openssl enc keeps the CR of a line that ends in CR LF, and servers remove it'
	way() { # digest
		echo "run 'openssl enc -d -aes-256-cbc -md $1 -pass file:given -in keyfile | mkeyfile encrypt --file=- --new-password-file=NEW.key --output=NEW' to encrypt the file with a new password"
	}
	# the command in the second hint works
	obeys() {
		run --separate-stderr mkeyfile verify -f keyfile -P given
		bash -c "$(sed -n "s/^hint: run '\(.*\)' to .*/\1/p" <<<"$stderr")" 2>/dev/null
		mkeyfile decrypt -f NEW -P NEW.key | cmp - plain
		rm NEW NEW.key
	}
	opens_with "$cr" "$(way sha1)"
	obeys
	openssl_encrypt given plain keyfile -md sha256
	opens_with "$cr" "$(way sha256)"
	obeys
	printf 'the first line\nthe second line\n' >given
	openssl_encrypt given plain keyfile
	first='keep only the first line of the password file: the key file opens with that line alone, which is all that openssl enc uses'
	opens_with "$first"
	openssl_encrypt given plain keyfile -md sha512
	opens_with "$first" 'the file opens with --digest=sha512, which servers before 12.0.1 cannot read'
	printf 'the first line\r\nthe second line\r\n' >given
	openssl_encrypt given plain keyfile -md sha1 -pbkdf2 -iter 1000
	opens_with 'the file opens with the first line of the password and its carriage return, which openssl enc uses and no server does' \
		"$(way 'sha1 -pbkdf2 -iter 1000')"
	obeys
	printf 'file:%s\n' "$PWD/pw" >given
	openssl_encrypt pw plain keyfile
	opens_with "the file opens with the content of the file named after 'file:', but the server requires FILE: in upper case"
	printf '/some/where' >text
	openssl_encrypt text plain keyfile
	printf 'File:/some/where' >given
	opens_with "the file opens with the text after 'file:' as its password"
	cp pw given
	openssl_encrypt given plain keyfile -md sha384 -pbkdf2 -iter 10000
	opens_with 'the file opens with --digest=sha384 --pbkdf2=10000, which servers before 12.0.1 cannot read'
	openssl_encrypt given plain keyfile -md sha224 -pbkdf2 -iter 12345
	run --separate-stderr mkeyfile verify -f keyfile -P given --pbkdf2=12345
	[[ $stderr = *"hint: the file opens with --digest=sha224 --pbkdf2=12345, which servers before 12.0.1 cannot read" ]]
}

@test "--json" {
	printf '1;%s\n2;x\n' "$key" >keyfile
	chmod 600 keyfile
	run --separate-stderr mkeyfile verify -f keyfile --json -t 10.11
	[ "$status" = 1 ]
	same '{"path":"keyfile","from_option_files":false,"target":"10.11","loads":false,"accepted":false,"reason":{"message":"Invalid key at keyfile line 2, column 3","line":2,"column":3,"hints":["write 32, 48 or 64 hex digits after the ID and a semicolon: this server does not read key versions"]},"encrypted":false,"seal":null,"notes":[],"data":null,"warnings":[],"hints":[]}' \
		"$(jq -c 'del(.servers, .keys, .versioned)' <<<"$output")"
	same 'Community Server 10.1.4 to 11.7 10.11 false Invalid key at keyfile line 2, column 3' \
		"$(jq -r '.servers[0] | "\(.name) \(.target) \(.loads) \(.reason.message)"' <<<"$output")"
	make_keyfile keyfile 1
	run --separate-stderr mkeyfile verify -f keyfile --json
	[ "$status" = 0 ]
	same '{"loads":true,"reason":null,"ids":[1],"versioned":false}' \
		"$(jq -c '{loads, reason, ids: [.keys[].id], versioned}' <<<"$output")"
	same '["10.11","11.8","12.3","10.6-enterprise","11.8-enterprise","10.11+plugin","maxscale"]' \
		"$(jq -c '[.servers[] | select(.loads) | .target]' <<<"$output")"
}

@test "standard input" {
	make_keyfile keyfile 1
	run --separate-stderr mkeyfile verify -f - <keyfile
	same "yes: 'standard input' loads on every server" "${lines[0]}"
}
