#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The server plugin in a real server that encrypts everything. MKEYFILE_TEST_LONG=1 adds data,
# reloads and kills.
bats_require_minimum_version 1.5.0
load common
load server
load plugin

setup_file() {
	(cd "$BATS_FILE_TMPDIR" && server_install "$BATS_FILE_TMPDIR/data")
}

setup_test() {
	export MKEYFILE_FILE=$PWD/keyfile
	plugin_requires
	plugin_setup
	copy_data data
	mkeyfile generate -q 1 2 100
}

teardown() {
	[ -z "${load_pids-}" ] || load_stop
	server_stop
	server_pid=${primary_pid-}
	server_stop
	# a server that should not have started
	[ ! -e server.pid ] || ! grep -qzF "$PWD" "/proc/$(<server.pid)/cmdline" || kill "$(<server.pid)"
}

# Rotates for a target that reads versions, whether or not the file has versions yet.
rotate() {
	mkeyfile rotate -q -t 11.8-enterprise "$@"
}

@test "a server starts with the output of config --plugin, and mkeyfile finds the key file through it" {
	make_password_file keyfile.key
	openssl_encrypt keyfile.key keyfile sealed -md sha256
	run -0 --separate-stderr mkeyfile config --plugin -q -f sealed -P keyfile.key --digest=sha256
	echo "$output" >section.cnf
	server_start_on "$PWD/data" "$PWD/section.cnf"
	sql -e 'CREATE DATABASE db; CREATE TABLE db.t (a INT) ENGINE=InnoDB ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		INSERT INTO db.t VALUES (7)'
	unset MKEYFILE_FILE
	export MKEYFILE_PRINT_DEFAULTS=my_print_defaults
	run -0 --separate-stderr mkeyfile verify --defaults-file=section.cnf --server-user=root --strict
	[[ $output = "yes: '$PWD/sealed' loads on "*"+plugin"* ]]
	run -0 --separate-stderr mkeyfile rotate --defaults-file=section.cnf 100
	reload
	same 2 "$(sql -e "SHOW STATUS LIKE 'mkeyfile_key_management_newest_version_100'" | cut -f 2)"
	same 7 "$(sql -e 'SELECT a FROM db.t')"
}

# ---- there and back ----

binlog_digest() { # file...
	local file

	for file; do
		sql -e "SHOW BINLOG EVENTS IN '$file'" | grep -vE 'Format_desc|\sStop\s' || return
	done | sha256sum
}

# Creates tables with file_key_management, reads and writes them with the plugin, and goes back.
# Each server except the last is killed, so that the redo log and Aria's log are read.
there_and_back() { # [option...]
	local rows temporary events

	start file_key_management "$@"
	make_tables
	sql -e 'SET GLOBAL innodb_max_dirty_pages_pct = 90; INSERT INTO db.hundred VALUES (5000, "in the redo log")'
	rows=$(all_rows)
	temporary=$(use_temporary_files)
	events=$(binlog_digest binlog.000001)
	sql -e 'FLUSH LOCAL TABLES'
	kill_server

	start mkeyfile_key_management "$@"
	same "$rows" "$(all_rows)"
	same "$temporary" "$(use_temporary_files)"
	same "$events" "$(binlog_digest binlog.000001)"
	sql -e 'INSERT INTO db.hundred VALUES (5001, "by the plugin"); INSERT INTO db.aria VALUES (5001, "by the plugin");
		UPDATE db.one SET t = REVERSE(t) WHERE i < 500; FLUSH LOCAL TABLES'
	rows=$(all_rows)
	temporary=$(use_temporary_files)
	events=$(binlog_digest binlog.000001 binlog.000002)
	kill_server

	start file_key_management "$@"
	same "$rows" "$(all_rows)"
	same "$temporary" "$(use_temporary_files)"
	same "$events" "$(binlog_digest binlog.000001 binlog.000002)"
	same "" "$(grep -E '\[ERROR\]|corrupt' data.log)"
	server_stop
	run -1 grep -rlaF --exclude='aria_log.*' "$(printf 1 | md5sum | cut -c 1-32)" data
}

@test "aes_cbc: a data directory moves to the plugin and back with every row and event" {
	there_and_back
}

@test "aes_ctr: a data directory moves to the plugin and back with every row and event" {
	key_option=encryption-algorithm=aes_ctr
	there_and_back --loose-file-key-management-$key_option --loose-mkeyfile-key-management-$key_option
}

@test "a data directory moves to the plugin with an encrypted key file and a password file" {
	mkeyfile encrypt -q --in-place --new-password-file=keyfile.key
	there_and_back
}

# ---- rotation ----

@test "rotate 100 while the server runs: every page is re-encrypted without a restart or ALTER TABLE" {
	local rows before

	start file_key_management
	make_tables
	rows=$(all_rows)
	server_stop
	start mkeyfile_key_management
	same $'1\t1' "$(lowest_version 100)"
	rotate 100
	rotate 100
	same $'1\t1' "$(lowest_version 100)"
	reload
	wait_for_version 3 100
	same "$rows" "$(all_rows)"
	same 3 "$(status_of newest_version_100)"
	same 1 "$(status_of newest_version_1)"
	# innodb_encryption_rotate_key_age is 1: a page that is one version older is not re-encrypted
	rotate 100
	reload
	sleep 1
	same $'3\t4' "$(lowest_version 100)"
	rotate 100
	reload
	wait_for_version 5 100
	server_stop
	start mkeyfile_key_management
	same "$rows" "$(all_rows)"
}

@test "rotate 100, 1 and 2 under load, with a reload each time" {
	local log

	start mkeyfile_key_management
	make_tables
	load_start
	for round in 1 2; do
		sleep 0.5
		rotate 100 1 2
		rotate 100 1 2
		reload
		same "3 $((3 + 6 * round))" "$(status_of key_ids) $(status_of key_versions)"
		use_temporary_files >temporary
		wait_for_version $((1 + 2 * round)) 100 1
	done
	log=$(sql -e 'FLUSH BINARY LOGS; SHOW MASTER STATUS' | cut -f 1)
	sleep 0.5
	load_stop
	check_rows one hundred aria
	binlog_digest "$log" >digest
	server_stop
	same "" "$(grep -E '\[ERROR\]|corrupt' data.log)"
	start mkeyfile_key_management
	check_rows one hundred aria
	same "$(<digest)" "$(binlog_digest "$log")"
}

@test "reloads under load: each loads a new version or is refused, and no statement fails" {
	local reloads=40 count

	[ -z "${MKEYFILE_TEST_LONG-}" ] || reloads=200
	start mkeyfile_key_management
	make_tables
	load_start
	for ((count = 1; count <= reloads; count++)); do
		if ((count % 5)); then
			rotate $((count % 2 ? 100 : 1))
			reload
		else
			cp -p keyfile good
			echo 'no key' >>keyfile
			reload 2>refusal && return 1
			grep -qF 'ERROR 1105 (HY000) at line 1: mkeyfile_key_management: Syntax error at ' refusal
			mv good keyfile
		fi
	done
	load_stop
	same "$((reloads - reloads / 5)) $((reloads / 5))" "$(status_of reloads) $(status_of reloads_refused)"
	check_rows one hundred aria
	rotate --all
	rotate --all
	reload
	wait_for_version "$(status_of newest_version_100)" 100
	wait_for_version "$(status_of newest_version_1)" 1
	check_rows one hundred aria
	server_stop
	same "" "$(grep corrupt data.log)"
}

# ---- crashes ----

@test "kill -9 during re-encryption: recovery finds every row, and re-encryption continues" {
	local kills=1 rows count

	[ -z "${MKEYFILE_TEST_LONG-}" ] || kills=10
	start mkeyfile_key_management
	make_tables
	sql -e 'CREATE TABLE db.large (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		USE db; INSERT INTO large SELECT seq, REPEAT(MD5(seq), 100) FROM seq_1_to_8000'
	rows=$(all_rows)
	for ((count = 0; count < kills; count++)); do
		# slow enough to be interrupted
		sql -e 'SET GLOBAL innodb_encryption_rotation_iops = 100'
		rotate 100 1
		rotate 100 1
		reload
		wait_until_in_the_middle
		kill_server
		start mkeyfile_key_management
		same "$rows" "$(all_rows)"
	done
	wait_for_version $((1 + 2 * kills)) 100 1
	same "$rows" "$(all_rows)"
	server_stop
	same "" "$(grep corrupt data.log)"
}

# Whether some pages of the large table have the new version and others do not.
wait_until_in_the_middle() {
	local i

	for ((i = 0; i < 300; i++)); do
		[ "$(sql -e "SELECT key_rotation_page_number BETWEEN 100 AND key_rotation_max_page_number - 200
			FROM INFORMATION_SCHEMA.INNODB_TABLESPACES_ENCRYPTION WHERE name = 'db/large'")" != 1 ] || return 0
		sleep 0.05
	done
	echo 'never in the middle'
	return 1
}

@test "after a crash between rotate and reload, the server starts with the new versions" {
	start mkeyfile_key_management
	make_tables
	load_start
	sleep 0.3
	rotate 100 1
	rotate 100 1
	kill_server
	load_stop
	start mkeyfile_key_management
	same '3 3' "$(status_of newest_version_100) $(status_of newest_version_1)"
	wait_for_version 3 100 1
	check_rows one hundred
}

@test "a crash right after a reload: the redo log has pages with both versions" {
	start mkeyfile_key_management
	make_tables
	load_start
	sleep 0.3
	rotate 100 1
	reload
	sleep 0.3
	kill_server
	load_stop
	start mkeyfile_key_management
	check_rows one hundred
}

# ---- backup, replication ----

@test "mariadb-backup, prepare and restore, across a rotation" {
	local rows

	mkeyfile encrypt -q --in-place --new-password-file=keyfile.key
	start mkeyfile_key_management
	make_tables
	rotate -P keyfile.key 100 1
	rotate -P keyfile.key 100 1
	reload
	wait_for_version 3 100 1
	rows=$(all_rows)
	backup --no-defaults --backup --target-dir=backup -uroot -S "$PWD/socket"
	rotate -P keyfile.key 100 1
	reload
	server_stop
	rm -rf data
	backup --prepare --target-dir=backup
	backup --no-defaults --copy-back --target-dir=backup --datadir="$PWD/data"
	start mkeyfile_key_management
	same "$rows" "$(all_rows)"
	same 4 "$(status_of newest_version_100)"
}

# --prepare reads its defaults from the backup: the plugin and its settings.
backup() {
	env ${server_preload:+LD_PRELOAD="$server_preload"} "$MARIADB_BACKUP" "$@" >>backup.log 2>&1 ||
		{ tail -n 20 backup.log; return 1; }
}

@test "a replica with the plugin follows a primary with file_key_management" {
	local port primary_socket=$PWD/socket position

	port=$(free_port)
	start file_key_management --skip-networking=0 --bind-address=127.0.0.1 --port="$port"
	make_tables
	sql -e "CREATE USER r@'127.0.0.1' IDENTIFIED BY 'r'; GRANT REPLICATION SLAVE ON *.* TO r@'127.0.0.1'"
	primary_pid=$server_pid
	mkdir replica
	copy_data replica/data
	cp -p keyfile replica
	cd replica
	MKEYFILE_FILE=$PWD/keyfile
	start mkeyfile_key_management --server-id=2 --relay-log=relay
	sql -e "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$port, MASTER_USER='r', MASTER_PASSWORD='r',
		MASTER_LOG_FILE='binlog.000001', MASTER_LOG_POS=4; START SLAVE"
	for version in 3 5; do
		rotate 100 1
		rotate 100 1
		reload
		mariadb --no-defaults -uroot -S "$primary_socket" -e "INSERT INTO db.hundred VALUES ($version, 'more')" db ||
			mariadb --no-defaults -uroot -S "$primary_socket" -e \
				"INSERT INTO db.hundred VALUES (${version}00000, REPEAT(MD5(${version}00000), 40))"
	done
	position=$(mariadb --no-defaults -uroot -S "$primary_socket" -Ne "SELECT @@gtid_binlog_pos")
	same 0 "$(sql -e "SELECT MASTER_GTID_WAIT('$position', 60)")"
	wait_for_version 5 100 1
	same "$(cd .. && all_rows)" "$(all_rows)"
	server_stop
	start mkeyfile_key_management --server-id=2 --relay-log=relay
	same "$(cd .. && all_rows)" "$(all_rows)"
}

# ---- settings, words, privileges ----

# Prints what the plugin wrote to the error log since the mark, under its name or in the words of
# the server's own plugin.
plugin_log() {
	sed -n 's/^.*\(\[[A-Z][A-Za-z]*\]\) [^:]*: mkeyfile_key_management: /\1 /p
		t
		s/^.*\(\[ERROR\]\) [^: ]*d: /\1 /p' data.log
}

# starts_not "words" [option...]: checks that the server does not start and says why
starts_not() {
	local words=$1

	shift
	: >data.log
	run ! start mkeyfile_key_management "$@"
	same "[ERROR] $words" "$(plugin_log | grep ERROR)"
}

# refuses "words": checks that a reload fails with these words, that the error log has them, and
# that the keys remain
refuses() {
	local before words="$1. The keys loaded before remain in use"

	words=${words/'?. '/'? '}

	before=$(sql -e "SHOW GLOBAL STATUS LIKE 'mkeyfile_key_management_%version%'")
	: >data.log
	run ! --separate-stderr reload
	# shellcheck disable=SC2154 # run sets it
	same "ERROR 1105 (HY000) at line 1: mkeyfile_key_management: $words" "$(grep ^ERROR <<<"$stderr")"
	same "[ERROR] $words" "$(plugin_log | grep ERROR)"
	same "$1" "$(status_of last_reload_result)"
	same "$before" "$(sql -e "SHOW GLOBAL STATUS LIKE 'mkeyfile_key_management_%version%'")"
	sql -e 'INSERT INTO db.hundred VALUES (1, "continues"); DELETE FROM db.hundred'
}

@test "a reload of a bad file fails with the reason, and the current keys remain in use" {
	local other

	start mkeyfile_key_management
	sql -e 'CREATE DATABASE db; CREATE TABLE db.hundred (i INT, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100'
	rotate 100
	reload
	cp -p keyfile good
	other=$(random_key)

	sed -i '/^100;2;/d' keyfile
	refuses "Key ID 100 version 2, which the server has loaded, is missing in $PWD/keyfile"
	sed "s/^100;1;.*/100;1;$other/" good >keyfile
	refuses "Key ID 100 version 1, which the server has loaded, has a different key in $PWD/keyfile"
	{ cat good && echo "2;1;$other"; } >keyfile
	refuses "Key ID 2 version 1, which the server has loaded, has a different key in $PWD/keyfile"
	sed '/^1;/d' good >keyfile
	refuses "System key id 1 is missing at $PWD/keyfile line $(wc -l <keyfile), column 1"
	{ cat good && echo '100;3;0123'; } >keyfile
	refuses "Invalid key at $PWD/keyfile line $(wc -l <keyfile), column 11"
	mkeyfile encrypt -q -f good -o keyfile --force --new-password-file=password
	refuses "Cannot decrypt $PWD/keyfile. Wrong key?"
	same "[Note] $PWD/keyfile is encrypted, but mkeyfile_key_management_filekey is not set" "$(plugin_log | grep Note)"
	rm keyfile
	refuses "File '$PWD/keyfile' not found (Errcode: 2 \"No such file or directory\")"
	mkfifo keyfile
	refuses "Cannot read $PWD/keyfile: it is not a regular file"
	same '1 8' "$(status_of reloads) $(status_of reloads_refused)"

	rm keyfile
	mv good keyfile
	: >data.log
	rotate 100
	reload
	same "[Note] 3 key IDs, 5 versions loaded from $PWD/keyfile" "$(plugin_log)"
	same 'loaded 3' "$(status_of last_reload_result) $(status_of newest_version_100)"
}

@test "with a bad file, the server does not start and says why" {
	cp -p keyfile good
	sed -i '/^1;/d' keyfile
	starts_not "System key id 1 is missing at $PWD/keyfile line $(wc -l <keyfile), column 1"
	rm keyfile
	starts_not "File '$PWD/keyfile' not found (Errcode: 2 \"No such file or directory\")"
	mkeyfile encrypt -q -f good -o keyfile --new-password-file=password
	starts_not "Cannot decrypt $PWD/keyfile. Wrong key?"
	random_key >keyfile.key
	starts_not "Cannot decrypt $PWD/keyfile. Wrong key?"
	rm keyfile.key
	starts_not 'mkeyfile-key-management-filename is not set' --mkeyfile-key-management-filename=
	cp -p good keyfile
	start mkeyfile_key_management
}

# Prints what INSTALL SONAME of a plugin returns to the client and writes to the error log.
install() { # plugin
	: >data.log
	run ! sql -e "INSTALL SONAME '$1'"
	# shellcheck disable=SC2154 # run sets it
	echo "${output/ at line 1/}"
	sed -n 's/^.*\[ERROR\] [^: ]*: \(mkeyfile_key_management: \)\?/log: /p' data.log
}

# Checks that both plugins refuse keyfile and pw with the same number, words and log.
alike() { # what [only the client: older servers log nothing]
	local own

	own=$(install file_key_management | sed 's/ *$//; s/256B/256 bytes/')
	same "$1: ${own//file?key?management/NAME}" \
		"$1: $(install mkeyfile_key_management | sed 's/mkeyfile.key.management/NAME/; s/256B/256 bytes/' |
			if [ -z "${2-}" ] || grep -q ^log: <<<"$own"; then cat; else grep -v ^log:; fi)"
}

@test "INSTALL SONAME: error number, words and error log are those of the server's own plugin" {
	local key prefix=(--loose-file-key-management --loose-mkeyfile-key-management)

	key=$(random_key)
	rm keyfile
	server_start_plain
	alike 'no name'
	server_stop

	server_start_plain "${prefix[@]/%/-filename=$PWD/keyfile}"
	alike 'no file'
	ln -s keyfile keyfile
	alike 'a link to itself'
	rm keyfile
	mkdir keyfile
	alike 'a directory' client
	rmdir keyfile
	: >keyfile
	alike 'an empty file'
	while read -r line; do
		echo "$line" >keyfile
		alike "$line"
	done <<-END
		2;$key
		1:$key
		;$key
		0;$key
		4294967296;$key
		1;
		1;${key}0
		1;${key}00
		1;${key:1}
		1; $key
		# nothing
	END
	head -c 1048577 /dev/zero >keyfile
	alike 'too large' client
	echo "1;$key" >plain
	echo right >right
	openssl_encrypt right plain sealed
	cp sealed keyfile
	alike 'encrypted, no password'
	server_stop

	server_start_plain "${prefix[@]/%/-filename=$PWD/keyfile}" "${prefix[@]/%/-filekey=FILE:$PWD/pw}"
	alike 'no password file'
	mkdir pw
	alike 'a directory for a password file'
	rmdir pw
	echo wrong >pw
	alike 'a wrong password'
	printf 'ri\0ght' >pw
	alike 'a NUL in the password'
	printf '%257s' x >pw
	alike 'a long password'
	cp right pw
	truncate -s 40 keyfile
	alike 'cut'
	printf Salted__ >keyfile
	alike 'cut to nothing'
	cp plain keyfile
	alike 'not encrypted'
	# an error in the thread's OpenSSL queue would end a TLS connection
	same 1 "$(sql -e 'SELECT 1')"
}

# Starts a server without a key management plugin.
server_start_plain() { # option...
	env ${server_preload:+LD_PRELOAD="$server_preload"} "$MARIADBD" --no-defaults --user=root --plugin-dir="$plugin_dir" \
		--datadir="$PWD/data" --socket="$PWD/socket" --skip-networking --pid-file="$PWD/server.pid" --innodb=OFF \
		--default-storage-engine=Aria "$@" >>data.log 2>&1 3>&- &
	server_pid=$!
	server_wait data.log
}

@test "a clear-text password is refused; if allowed, neither SHOW VARIABLES nor ps shows it" {
	local password

	password=$(random_key)
	echo "$password" >password
	chmod 600 password
	mkeyfile encrypt -q --in-place -P password
	starts_not "mkeyfile_key_management_filekey is set to a password, which option files and ps reveal. Write the password to a file and set this variable to FILE:PATH, or set mkeyfile_key_management_clear_text_filekey to allow this" \
		--mkeyfile-key-management-filekey="$password"
	start mkeyfile_key_management --mkeyfile-key-management-filekey="$password" \
		--mkeyfile-key-management-clear-text-filekey
	rotate -P password 100
	reload
	same 2 "$(status_of newest_version_100)"
	sql -e 'SHOW GLOBAL VARIABLES; SHOW GLOBAL STATUS' >shown
	run -1 grep -qF "$password" shown data.log "/proc/$server_pid/cmdline"
}

@test "settings: digest and PBKDF2 on a server that lacks both, and the output of SHOW VARIABLES" {
	mkeyfile encrypt -q --in-place --new-password-file=keyfile.key -t 10.11+plugin --digest=sha512 --pbkdf2=1000
	starts_not "Cannot decrypt $PWD/keyfile. Wrong key?"
	start mkeyfile_key_management --mkeyfile-key-management-digest=sha512 --mkeyfile-key-management-use-pbkdf2=1000
	same "mkeyfile_key_management_clear_text_filekey OFF
mkeyfile_key_management_digest sha512
mkeyfile_key_management_encryption_algorithm aes_cbc
mkeyfile_key_management_filekey FILE:$PWD/keyfile.key
mkeyfile_key_management_filename $PWD/keyfile
mkeyfile_key_management_reload OFF
mkeyfile_key_management_use_pbkdf2 1000" "$(sql -e "SHOW GLOBAL VARIABLES LIKE 'mkeyfile%'" | tr '\t' ' ')"
	for name in filename filekey digest use_pbkdf2 encryption_algorithm clear_text_filekey; do
		run ! sql -e "SET GLOBAL mkeyfile_key_management_$name = 1"
		grep -q '^ERROR 1238 ' <<<"$output"
	done

	# files with another KDF, and one of openssl with this KDF
	mkeyfile decrypt -q --digest=sha512 --pbkdf2=1000 -P keyfile.key -o plain
	make_sealed sha384 1000
	make_sealed sha512 1001
	make_sealed sha512 0
	make_sealed sha512 1000
	loads_only sha512 1000 sealed/*
}

# Encrypts plain with this KDF, once with mkeyfile and once with openssl. 0 iterations: no PBKDF2.
make_sealed() { # digest iterations
	mkdir -p sealed
	mkeyfile encrypt -q -f plain -P keyfile.key -t 10.11+plugin --digest="$1" --pbkdf2="$2" -o "sealed/$1.$2.mkeyfile"
	if [ "$2" = 0 ]; then
		openssl_encrypt keyfile.key plain "sealed/$1.$2.openssl" -md "$1"
	else
		openssl_encrypt keyfile.key plain "sealed/$1.$2.openssl" -md "$1" -pbkdf2 -iter "$2"
	fi
}

# Of these files, the running server loads only those of its KDF, and refuses the others for their password.
loads_only() { # digest iterations file...
	local kdf=$1.$2 file
	shift 2

	for file; do
		echo "SYSTEM cp $file keyfile"
		echo 'SET GLOBAL mkeyfile_key_management_reload = ON;'
		echo "SELECT CONCAT('$file: ', VARIABLE_VALUE) FROM INFORMATION_SCHEMA.GLOBAL_STATUS
			WHERE VARIABLE_NAME = 'mkeyfile_key_management_last_reload_result';"
	done | sql --force >results 2>errors
	for file; do
		if [[ $file == sealed/$kdf.* ]]; then
			echo "$file: loaded"
		else
			echo "$file: Cannot decrypt $PWD/keyfile. Wrong key?"
		fi
	done >expected
	diff expected results
	same "$(grep -c Wrong expected)" "$(grep -c '^ERROR 1105 .*Wrong key' errors)"
}

# A server for each KDF, which reads the files of all KDFs. With 100000 iterations, it reads only those
# that differ in one setting, unless MKEYFILE_TEST_LONG is set.
read_every_kdf() {
	local digest iterations files

	mv keyfile plain
	make_password_file keyfile.key
	for digest in sha1 sha224 sha256 sha384 sha512; do
		for iterations in 0 1 1000 10000 100000; do
			make_sealed $digest $iterations
		done
	done
	for digest in sha1 sha224 sha256 sha384 sha512; do
		for iterations in 0 1 1000 10000 100000; do
			cp sealed/$digest.$iterations.openssl keyfile
			server_start_plain --plugin-load-add=mkeyfile_key_management --mkeyfile-key-management=FORCE \
				--mkeyfile-key-management-filename="$PWD/keyfile" --mkeyfile-key-management-filekey="FILE:$PWD/keyfile.key" \
				--mkeyfile-key-management-digest=$digest --mkeyfile-key-management-use-pbkdf2=$iterations
			files=(sealed/*)
			[ $iterations != 100000 ] || [ -n "${MKEYFILE_TEST_LONG-}" ] ||
				files=(sealed/"$digest".{0,1,1000,10000}.* sealed/*.100000.*)
			loads_only $digest $iterations "${files[@]}"
			server_stop
		done
	done
}

# bats test_tags=deep
@test "every digest, with and without PBKDF2: the server loads the files of its settings, and no other" {
	read_every_kdf
}

# bats test_tags=deep,releases
@test "every digest, with and without PBKDF2, on 11.8" {
	rm -r plugins data
	server_release trixie
	plugin_setup
	server_install "$PWD/data"
	read_every_kdf
}

@test "SHOW STATUS has counts, the last reload and each ID's newest version, but no key" {
	start mkeyfile_key_management
	mkeyfile add -q 4294967295
	rotate 100 2
	rotate 100
	reload
	same "Mkeyfile_key_management_fingerprint $(mkeyfile list --fingerprint)
Mkeyfile_key_management_key_ids 4
Mkeyfile_key_management_key_versions 7
Mkeyfile_key_management_last_reload_result loaded
Mkeyfile_key_management_newest_version_1 1
Mkeyfile_key_management_newest_version_2 2
Mkeyfile_key_management_newest_version_100 3
Mkeyfile_key_management_newest_version_4294967295 1
Mkeyfile_key_management_reloads 1
Mkeyfile_key_management_reloads_refused 0" \
		"$(sql -e "SHOW GLOBAL STATUS LIKE 'mkeyfile%'" | tr '\t' ' ' | grep -v _time)"
	same 1 "$(sql -e "SELECT ABS(TIMESTAMPDIFF(SECOND, VARIABLE_VALUE, NOW())) < 60
		FROM INFORMATION_SCHEMA.GLOBAL_STATUS WHERE VARIABLE_NAME = 'mkeyfile_key_management_last_reload_time'")"
	same 3 "$(sql -e "SELECT VARIABLE_VALUE FROM INFORMATION_SCHEMA.GLOBAL_STATUS
		WHERE VARIABLE_NAME = 'mkeyfile_key_management_newest_version_100'")"
	sql -e 'SHOW GLOBAL VARIABLES; SHOW GLOBAL STATUS' >shown
	key_lines keyfile | cut -d ';' -f 3 | run -1 grep -qiFf - shown data.log

	# the same versions with another key: only the fingerprint shows it
	run -0 timeout 120 "$MKEYFILE" status --server="$PWD/socket" --wait --timeout=100
	awk -F ';' -v key="$(random_key)" '$1 == 100 && $2 == 2 { $0 = "100;2;" key } { print }' keyfile >other
	chmod 600 other
	run --separate-stderr mkeyfile status --server="$PWD/socket" -f other
	same 1 "$status"
	same "mkeyfile status: warning: the server reads its keys from another file: '$PWD/keyfile'
mkeyfile status: warning: the loaded keys differ from the keys in 'other'
hint: restart the server if keys were removed from the file
hint: compare the key files: 'ssh HOST mkeyfile list --json | mkeyfile diff -' shows the keys that differ" "$stderr"
	run -1 --separate-stderr mkeyfile status --server="$PWD/socket" -f other --json
	same other-keys "$(jq -r .state <<<"$output")"
	run -0 mkeyfile status --server="$PWD/socket" -f other 1
	mkeyfile remove -q --old-versions --force 100
	run -1 --separate-stderr mkeyfile status --server="$PWD/socket"
	[[ $stderr == *"hint: restart the server if keys were removed from the file"* ]]
}

@test "ten thousand keys load, and SHOW STATUS has a row for each ID" {
	openssl rand -hex $((32 * 9997)) | fold -w 64 | awk '{ print NR + 1000 ";" $0 }' >>keyfile
	start mkeyfile_key_management
	same 10000 "$(status_of key_ids)"
	same 10000 "$(sql -e "SHOW GLOBAL STATUS LIKE 'mkeyfile_key_management_newest_version_%'" | sort -u | wc -l)"
}

@test "reload requires a privilege and accepts every spelling of ON" {
	local way

	start mkeyfile_key_management
	sql -e 'CREATE USER nobody@localhost'
	run ! mariadb --no-defaults -unobody -S socket -e 'SET GLOBAL mkeyfile_key_management_reload = ON'
	grep -q '^ERROR 1227 (42000)' <<<"$output"
	run ! mariadb --no-defaults -unobody -S socket -e 'SET mkeyfile_key_management_reload = ON'
	grep -q '^ERROR 1229 (HY000)' <<<"$output"
	for way in OFF 0 FALSE "'off'" DEFAULT; do
		sql -e "SET GLOBAL mkeyfile_key_management_reload = $way"
	done
	same 0 "$(status_of reloads)"
	for way in ON 1 TRUE "'on'" "'ON'"; do
		sql -e "SET GLOBAL mkeyfile_key_management_reload = $way"
	done
	same '5 0' "$(status_of reloads) $(sql -e 'SELECT @@GLOBAL.mkeyfile_key_management_reload')"
	for way in 2 -1 "'yes'" "''" NULL 1.5; do
		run ! sql -e "SET GLOBAL mkeyfile_key_management_reload = $way"
	done
	same '5 0' "$(status_of reloads) $(status_of reloads_refused)"
}

@test "reloads from several sessions at the same time" {
	local session pids=()

	start mkeyfile_key_management
	for session in 1 2 3 4; do
		yes 'SET GLOBAL mkeyfile_key_management_reload = ON;' | head -n 50 | sql 3>&- &
		pids+=($!)
	done
	for session in 1 2 3 4 5; do
		rotate 100
	done
	for session in "${pids[@]}"; do
		wait "$session"
	done
	reload
	same '201 0 6' "$(status_of reloads) $(status_of reloads_refused) $(status_of newest_version_100)"
}

@test "a statement that fails because of another variable reloads nothing" {
	start mkeyfile_key_management
	rotate 100
	run ! sql -e "SET GLOBAL mkeyfile_key_management_reload = ON, GLOBAL sort_buffer_size = 'x'"
	same 1 "$(status_of newest_version_100)"
	rotate 100
	reload
	same '3 1' "$(status_of newest_version_100) $(status_of reloads)"
}

@test "warnings: repeated lines, and a file that any user can read" {
	echo "100;$(random_key)" >>keyfile
	chmod 644 keyfile
	start mkeyfile_key_management
	same "[Warning] Key ID 100 version 1 is repeated in $PWD/keyfile; the server uses the last line (overridden lines: 1)
[Warning] Any user of this host can read or change $PWD/keyfile or its password file
[Note] 3 key IDs, 3 versions loaded from $PWD/keyfile" "$(plugin_log)"
}

@test "a broken seal is a warning at the start and at a reload; the keys are loaded" {
	make_password_file keyfile.key
	mkeyfile encrypt -q -f keyfile -P keyfile.key -t 10.11+plugin --in-place
	start mkeyfile_key_management
	same "[Note] 3 key IDs, 3 versions loaded from $PWD/keyfile" "$(plugin_log)"
	{
		openssl_text keyfile.key keyfile
		echo "200;$(random_key)"
	} >edited
	openssl_encrypt keyfile.key edited keyfile
	reload
	same "[Warning] $PWD/keyfile was changed without mkeyfile: its seal is broken
[Note] 4 key IDs, 4 versions loaded from $PWD/keyfile" "$(plugin_log | tail -n 2)"
	server_stop
	start mkeyfile_key_management
	same "[Warning] $PWD/keyfile was changed without mkeyfile: its seal is broken
[Note] 4 key IDs, 4 versions loaded from $PWD/keyfile" "$(plugin_log | tail -n 2)"
}

# Whether the server has pages that are locked (lo) and excluded from dumps (dd).
locked_and_not_dumped() {
	awk '/^VmFlags:/ && / lo / && / dd / { found = 1 } END { print found ? "yes" : "no" }' "/proc/$server_pid/smaps"
}

@test "keys are in locked memory that is excluded from core dumps" {
	start mkeyfile_key_management
	# AddressSanitizer makes mlock(2) do nothing
	[ -n "$server_preload" ] || same yes "$(locked_and_not_dumped)"
	server_stop
	start file_key_management
	same no "$(locked_and_not_dumped)"
}

@test "the server refuses a second encryption plugin next to this one" {
	run ! start mkeyfile_key_management --plugin-load-add=file_key_management --file-key-management=FORCE \
		--file-key-management-filename="$PWD/keyfile"
}
