#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# MariaDB's option files: where the key file is found, what [mkeyfile] says, and
# whether the server starts with its settings, which it is asked itself.
bats_require_minimum_version 1.5.0
load common
load server

setup_test() {
	unset MKEYFILE_PRINT_DEFAULTS
	make_keyfile plain 1 2 100
	make_password_file keyfile.key
	openssl_encrypt keyfile.key plain keyfile
	installed=$("$MARIADBD" --version | sed 's/.*Ver \([^ ]*\).*/\1/')
	found="key file '$PWD/keyfile', from the server's option files; server $installed"
}

# An option file with these lines; $PWD is written as @.
option_file() { # line...
	printf '%s\n' "$@" | sed "s|@|$PWD|g" >my.cnf
}

server_section() { # more lines
	option_file '[mariadb]' 'plugin_load_add = file_key_management' \
		'file_key_management_filename = @/keyfile' 'file_key_management_filekey = FILE:@/keyfile.key' "$@"
}

with_file() {
	mkeyfile "$1" --defaults-file=my.cnf "${@:2}"
}

@test "without options, the server's groups set the key file" {
	server_section
	run --separate-stderr with_file list --ids
	assert_equal 0 "$found" $'1\n2\n100'
	run --separate-stderr with_file list --ids --quiet
	assert_equal 0 "" $'1\n2\n100'
	run --separate-stderr with_file verify --server-user="$(id -u)"
	same "0 yes: '$PWD/keyfile' loads on $installed" "$status ${lines[0]}"
}

@test "a change applies to the file that the server's groups set" {
	server_section
	run -0 with_file add 200
	same $'1\n2\n100\n200' "$(mkeyfile list --ids --no-defaults -f keyfile -P keyfile.key)"
	run --separate-stderr with_file rotate 100
	[ "$status" = 4 ]
	[[ $stderr = "$found
mkeyfile rotate: '$PWD/keyfile' would get key versions, and $installed would refuse to start with it"* ]]
	run -0 with_file rotate --new-id 100
	same $'1\n2\n100\n101\n200' "$(mkeyfile list --ids --no-defaults -f keyfile -P keyfile.key)"
}

@test "on a server with key versions, rotate 100 needs no option" {
	server_section
	mkdir bin
	# the only thing here that is not the real one: no such server can be had
	printf '#!/bin/sh\necho "mariadbd  Ver 11.8.3-1-MariaDB-enterprise for Linux on x86_64"\n' >bin/mariadbd
	chmod 755 bin/mariadbd
	PATH=$PWD/bin:$PATH run -0 --separate-stderr with_file rotate 100
	run --separate-stderr mkeyfile list --no-defaults -f keyfile -P keyfile.key --json
	same '[1,2]' "$(jq -c '[.keys[] | select(.id == 100) | .version]' <<<"$output")"
}

@test "with mkeyfile's plugin, rotate 100 needs no option either, and the plugin's own settings apply" {
	plugin_requires
	openssl_encrypt keyfile.key plain keyfile -md sha256 -pbkdf2 -iter 10
	option_file '[mariadb]' 'plugin-load-add = mkeyfile_key_management.so' \
		'loose_file_key_management_filename = @/nowhere' 'mkeyfile-key-management-filename = @/keyfile' \
		'mkeyfile_key_management_filekey = FILE:@/keyfile.key' 'mkeyfile_key_management_digest = sha256' \
		'mkeyfile_key_management_use_pbkdf2 = 10'
	run --separate-stderr with_file verify --server-user="$(id -u)"
	same "0 yes: '$PWD/keyfile' loads on $installed+plugin" "$status ${lines[0]}"
	run -0 --separate-stderr with_file rotate 100
	same '1 2' "$(with_file list -q --json | jq -r '[.keys[] | select(.id == 100) | .version] | join(" ")')"
	option_file '[mariadb]' 'plugin_load_add = mkeyfile_key_management' \
		'mkeyfile_key_management_filename = @/keyfile' 'mkeyfile_key_management_filekey = a password'
	run -1 --separate-stderr with_file verify
	same "no: mkeyfile_key_management_filekey is set to a password, which option files and ps reveal" "${lines[0]}"
	option_file '[mariadb]' 'plugin_load_add = mkeyfile_key_management' 'mkeyfile_key_management_filename ='
	run -64 --separate-stderr with_file verify
}

# Option files that load two plugins, with a file for each.
two_plugins() { # line...
	option_file '[mariadb]' "$@" 'file_key_management_filename = @/plain' \
		'mkeyfile_key_management_filename = @/keyfile' 'mkeyfile_key_management_filekey = FILE:@/keyfile.key'
}

@test "every command refuses two key management plugins, and names them" {
	words="the option files load two key management plugins"
	hint="hint: the server uses only one of them, and it is undefined which: load only one, or set"
	way="hint: use --no-defaults with --file=FILE to ignore the option files"
	stock="file_key_management ('$PWD/plain')" own="mkeyfile_key_management ('$PWD/keyfile')"
	for lists in 'plugin_load_add = file_key_management|plugin_load_add = mkeyfile_key_management' \
		'plugin_load_add = mkeyfile_key_management.so|plugin-load-add = File_Key_Management=file_key_management' \
		'plugin_load = disks:mkeyfile_key_management;file_key_management' \
		'plugin_load = other|loose_plugin_load_add = file_key_management;mkeyfile_key_management|mkeyfile_key_management = FORCE'; do
		IFS='|' read -ra lines <<<"$lists"
		two_plugins "${lines[@]}"
		for command in 'list' 'add 5' 'rotate 1' 'rotate --new-id 1' 'rotate --all --target=10.11+plugin' 'generate' \
			'encrypt --in-place' 'decrypt' 'passwd' 'remove 2 --force' 'config' 'config --plugin' 'diff plain' 'status'; do
			# shellcheck disable=SC2086 # words of a command
			run_refused 4 "mkeyfile ${command%% *}: $words: $stock and $own
$hint mkeyfile_key_management = OFF
$way" $command --defaults-file=my.cnf
		done
		run_refused 2 "mkeyfile verify: $words: $stock and $own
$hint mkeyfile_key_management = OFF
$way" verify --defaults-file=my.cnf
		run_refused 4 "mkeyfile add: $words: $stock and $own
$hint mkeyfile_key_management = OFF
$way" add 5 --defaults-file=my.cnf -f keyfile -P keyfile.key
		run_refused 4 "mkeyfile add: $words: $stock and $own
$hint mkeyfile_key_management = OFF
$way" add 5 --defaults-file=my.cnf -f keyfile -P keyfile.key -t 10.11 --server-user=root
	done
	run -2 --separate-stderr with_file verify --json
	same "$words: $stock and $own" "$(jq -r .error.message <<<"$output")"
	# a file of neither, or without the option files
	cp -p plain other
	run -0 --separate-stderr with_file add 5 -f other
	run -0 --separate-stderr mkeyfile add 5 --no-defaults -f plain
	two_plugins 'plugin_load_add = file_key_management' 'plugin_load_add = hashicorp_key_management' \
		'loose_mkeyfile_key_management = x'
	run_refused 4 "mkeyfile add: $words: $stock and hashicorp_key_management
$hint hashicorp_key_management = OFF
$way" add 5 --defaults-file=my.cnf
}

@test "two plugins in the option files, but only one serves keys" {
	served() { # line...
		two_plugins "$@"
		with_file list --ids 2>&1 >/dev/null | sed -n "s|^key file '$PWD/\([a-z]*\)'.*|\1|p"
	}
	same plain "$(served 'plugin_load = file_key_management')"
	same keyfile "$(served 'plugin_load = mkeyfile_key_management')"
	same keyfile "$(served 'plugin_load_add = file_key_management' 'plugin_load = mkeyfile_key_management')"
	same plain "$(served 'plugin_load_add = file_key_management;mkeyfile_key_management' skip-mkeyfile_key_management)"
	same keyfile "$(served 'plugin_load_add = file_key_management;mkeyfile_key_management' 'file_key_management = OFF')"
	same keyfile "$(served 'plugin_load_add = x=file_key_management' 'plugin_load_add = mkeyfile_key_management')"
	# a file that the plugin in use is not told of is not the server's
	option_file '[mariadb]' 'plugin_load_add = mkeyfile_key_management' 'loose_file_key_management_filename = @/plain'
	run_refused 64 "mkeyfile add: no key file given
hint: use --file=FILE or set the environment variable MKEYFILE_FILE
hint: the option files load mkeyfile_key_management but do not set its filename" add 5 --defaults-file=my.cnf
}

@test "settings of a plugin that is not loaded keep the server from starting" {
	settings_agree 'plugin_load_add = file_key_management' 'file_key_management_filename = @/keyfile' \
		'file_key_management_filekey = FILE:@/keyfile.key' 'mkeyfile_key_management_filename = @/plain'
	same "no: unknown variable 'mkeyfile_key_management_filename=$PWD/plain'" "${lines[0]}"
	option_file '[mariadb]' 'loose_mkeyfile_key_management_filename = @/keyfile' \
		'loose_mkeyfile_key_management_filekey = FILE:@/keyfile.key'
	run -1 --separate-stderr with_file verify
	same "no: the server does not load the plugin mkeyfile_key_management
hint: set plugin_load_add = mkeyfile_key_management in the group [mariadb], as 'mkeyfile config' prints it, unless the plugin was installed with INSTALL SONAME" \
		"$(head -n 2 <<<"$output")"
}

@test "the server's file is recognized even if every option is given" {
	server_section
	run -4 --separate-stderr with_file rotate 100 -f keyfile -P keyfile.key
	[[ $stderr = *"and $installed would refuse to start with it"* ]]
	run -0 --separate-stderr with_file verify -f keyfile -P keyfile.key --server-user="$(id -u)" --json
	same "$installed true" "$(jq -r '"\(.target) \(.from_option_files)"' <<<"$output")"
}

@test "loose_, dashes, underscores, abbreviated names, and the last setting overrides" {
	for line in loose_file_key_management_filename loose-file-key-management-filename \
		file-key-management-filename file_key-management_filename file_key_management_filen; do
		option_file '[mysqld]' 'file_key_management_filename = /nowhere' '[server]' "$line = @/plain"
		run --separate-stderr with_file list --ids
		assert_equal 0 "key file '$PWD/plain', from the server's option files; server $installed" $'1\n2\n100'
	done
	option_file '[mariadbd]' 'file_key_management_filename = "@/plain"   # where it is' '!include @/more.cnf'
	run -0 --separate-stderr with_file list --ids
	printf '[mariadb]\nfile_key_management_filename=%s\n' "$PWD/nowhere" >more.cnf
	run -2 --separate-stderr with_file list --ids
}

@test "a relative path is resolved in the server's data directory" {
	mkdir data
	cp -p plain data/keys
	option_file '[mariadb]' 'plugin_load_add = file_key_management' 'datadir = @/data' \
		'file_key_management_filename = keys'
	run --separate-stderr with_file verify --server-user="$(id -u)"
	[ "$status" = 0 ]
	[[ $output = "yes: '$PWD/data/keys' loads on "*"
warning: 'keys' is a relative path; the server resolves relative paths from its data directory [relative-path]
"* ]]
}

@test "the command line and the environment override the option files" {
	server_section '[mkeyfile]' 'file = @/nowhere'
	cp -p plain other
	run --separate-stderr with_file list --ids -f other
	assert_equal 0 "" $'1\n2\n100'
	MKEYFILE_FILE=other run --separate-stderr with_file list --ids
	assert_equal 0 "" $'1\n2\n100'
	run --separate-stderr with_file list --ids
	assert_equal 2 "mkeyfile list: cannot open '$PWD/nowhere': No such file or directory" ""
}

@test "the server's password applies only to the server's file" {
	server_section
	cp -p keyfile copy
	run --separate-stderr with_file list --ids -f keyfile
	assert_equal 0 "" $'1\n2\n100'
	run --separate-stderr with_file list --ids -f copy --no-prompt
	[ "$status" = 2 ]
	[[ $stderr = "mkeyfile list: cannot ask for the password of 'copy'"* ]]
}

@test "[mkeyfile] has defaults for all options" {
	option_file '[mkeyfile]' 'file = @/keyfile' 'password_file = @/keyfile.key' 'target = 11.8-enterprise' \
		'lock-timeout = 1' 'loose_future_option = 3'
	run -0 --separate-stderr with_file rotate 100
	same "" "$(grep -F warning <<<"$stderr" || :)"
	run -0 --separate-stderr with_file rotate 100 --json --quiet
	same 3 "$(jq '.keys[0].version' <<<"$output")"
	option_file '[mkeyfile]' 'file = @/keyfile' 'password_command = cat @/keyfile.key' 'quiet' 'json' \
		'digest = sha1' 'pbkdf2 = 0' 'no-prompt' 'password_timeout = 5'
	run -0 --separate-stderr with_file list
	same true "$(jq .versioned <<<"$output")"
	# a source on the command line takes the place of the one in the group
	run -0 --separate-stderr with_file list -P keyfile.key
	option_file '[mkeyfile]' 'file = @/sealed' 'password_file = @/keyfile.key' 'digest = sha512' 'pbkdf2 = 10'
	openssl_encrypt keyfile.key plain sealed -md sha512 -pbkdf2 -iter 10
	run -0 --separate-stderr with_file list --ids
	run -3 --separate-stderr with_file list --ids --digest=sha256
	run -3 --separate-stderr with_file list --ids --pbkdf2=11
}

@test "the message for a wrong option in [mkeyfile] does not show its value" {
	for line in 'pasword = secret' 'digest = md5' 'lock-timeout = x' 'quiet = 1' 'help' 'defaults-file = x' 'write-in-place = x' \
		'password-fd = -1' '= x' 'password = secret'; do
		option_file '[mkeyfile]' "$line"
		name=${line%% *}
		run --separate-stderr with_file list -f keyfile
		assert_equal 64 "mkeyfile list: the group [mkeyfile] of the option files has an unknown option or an invalid value: '${name#=}'
hint: use --no-defaults to ignore the option files" ""
		run -0 --separate-stderr mkeyfile list --ids --no-defaults -f keyfile -P keyfile.key
	done
	option_file '[mkeyfile]' 'tarjet = 10.11'
	run --separate-stderr with_file list -f keyfile
	assert_equal 64 "mkeyfile list: the group [mkeyfile] of the option files has an unknown option or an invalid value: 'tarjet'
hint: did you mean 'target'?" ""
	option_file '[mkeyfile]' 'password_file = a' 'password_command = b'
	run --separate-stderr with_file list -f keyfile
	assert_equal 64 "mkeyfile list: the group [mkeyfile] of the option files sets more than one source of the password" ""
}

@test "the server's groups are read only for missing options" {
	printf '#!/bin/sh\nfor last; do :; done\necho "$last" >>asked\nexec my_print_defaults "$@"\n' >ask
	chmod 755 ask
	export MKEYFILE_PRINT_DEFAULTS=$PWD/ask
	asked() { # command...
		rm -f asked
		run -0 with_file "$@" -q
		sort asked | paste -sd' '
	}
	given=(-f keyfile -P keyfile.key -t 10.11)
	server_section 'user = nobody'
	for command in list 'add 7' 'rotate --new-id 100' 'decrypt -o new'; do
		# shellcheck disable=SC2086
		same "--help" "$(asked $command "${given[@]}")"
	done
	same "--help --mysqld" "$(asked list -f keyfile -P keyfile.key)"
	same "--help --mysqld" "$(asked list -f keyfile -P keyfile.key -t auto)"
	same "--help --mysqld" "$(asked list -P keyfile.key -t 10.11)"
	[[ $(asked verify "${given[@]}" --server-user="$(id -u)") == "--help --mysqld"* ]]
	# once, for the settings and for the places of the data
	server_section "datadir = $PWD/nowhere"
	rm asked
	run -2 with_file remove 7 -n -P keyfile.key --server-data
	same "--help --mysqld" "$(sort asked | paste -sd' ')"
	server_section 'user = nobody'
	# servers from 12.0.1 on have settings for the KDF
	same "--help --mysqld" "$(asked list -f keyfile -P keyfile.key -t 12.3)"
	same "--help" "$(asked list -f keyfile -P keyfile.key -t 12.3 --digest=sha1 --pbkdf2=0)"
	# of two plugins either may serve
	server_section '#hashicorp_key_management'
	same "--help" "$(asked list "${given[@]}")"
	server_section 'loose_hashicorp_key_management = OFF'
	same "--help --mysqld" "$(asked list "${given[@]}")"
	server_section 'user = nobody'
	# the server's user account is trusted
	chown nobody keyfile.key
	same "--help --mysqld" "$(asked list "${given[@]}")"
	same "--help" "$(asked list "${given[@]}" --server-user=nobody)"
	chown "$(id -u)" keyfile.key
	mkdir servers
	chown nobody servers
	for command in 'decrypt -o servers/plain' 'passwd --new-password-file=servers/pw' 'add 8 --write-in-place=servers/old'; do
		# shellcheck disable=SC2086
		same "--help --mysqld" "$(asked $command "${given[@]}")"
		openssl_encrypt keyfile.key plain keyfile
	done
	server_section '[MKEYFILE]' 'quiet'
	chown "$(id -u)" keyfile.key
	same "--help mkeyfile" "$(asked list "${given[@]}")"
	# if no line mentions keys, the option files can set neither the target nor the KDF
	option_file '[mariadb]' 'datadir = @/data' '# file_key_management_digest = sha512'
	same "--help" "$(asked list -f keyfile -P keyfile.key)"
	same "--help" "$(asked list -f keyfile -P keyfile.key -t 12.3)"
	for line in 'loose-FILE-key-management-digest = sha1' 'plugin_load = file_key_management'; do
		option_file '[mariadb]' "$line"
		same "--help --mysqld" "$(asked list -f keyfile -P keyfile.key)"
	done
	# what the program may read differently may mention keys
	printf '#\0\n[mariadb]\n' >my.cnf
	same "--help --mysqld mkeyfile" "$(asked list -f keyfile -P keyfile.key)"
	printf '#%4094s\n[mariadb]\n' '' >my.cnf
	same "--help --mysqld mkeyfile" "$(asked list -f keyfile -P keyfile.key)"
	printf '#%4093s\n[mariadb]\n' '' >my.cnf
	same "--help" "$(asked list -f keyfile -P keyfile.key)"
}

@test "verify asks whether the user account of the option files can read any file" {
	server_section 'user = nobody'
	cp keyfile other
	chmod 711 .
	run --separate-stderr with_file verify -f other -P keyfile.key
	[[ $output = *"the server's user account 'nobody' cannot read 'other': Permission denied [unreadable]"* ]]
}

@test "child processes do not inherit a password descriptor, which must be open" {
	printf '#!/bin/sh\n[ ! -e /proc/self/fd/7 ] || touch leaked\ntouch asked\n' >ask
	chmod 755 ask
	MKEYFILE_PRINT_DEFAULTS=./ask run -0 --separate-stderr mkeyfile list --ids -f keyfile --password-fd=7 7<keyfile.key
	[ -e asked ]
	MKEYFILE_PRINT_DEFAULTS=./ask run -0 --separate-stderr mkeyfile passwd -n -f keyfile -P keyfile.key --new-password-fd=7 7<<<other
	[ ! -e leaked ]
	option_file '[mkeyfile]' 'password-fd = 7'
	run --separate-stderr with_file list -f keyfile 7<&-
	assert_equal 2 "mkeyfile list: cannot read 'file descriptor 7': Bad file descriptor" ""
}

@test "a time limit kills the command and its children, and no other child" {
	# shellcheck disable=SC2016 # for that shell
	COMMAND='sleep 61 3>&- >/dev/null 2>&1 & echo $! >started; sleep 62' run bash -c 'sleep 60 3>&- >/dev/null 2>&1 & echo $! >other
		exec "$MKEYFILE" list --no-defaults -f keyfile --password-timeout=1 --password-command="$COMMAND"'
	[ "$status" = 2 ]
	# ended, whether or not init has reaped it yet
	for _ in $(seq 100); do
		grep -qs '^State:.[^ZX]' "/proc/$(cat started)/status" || break
		sleep 0.1
	done
	run ! grep -s '^State:.[^ZX]' "/proc/$(cat started)/status"
	kill "$(cat other)"
}

@test "a time limit leaves alone what the command has left running, such as an agent" {
	# shellcheck disable=SC2016 # for that shell
	run mkeyfile list --no-defaults -f keyfile --password-timeout=1 \
		--password-command='sleep 60 3>&- 2>/dev/null & echo $! >started'
	[ "$status" = 2 ]
	kill "$(cat started)"
}

@test "group suffixes" {
	option_file '[mariadb]' 'file_key_management_filename = @/nowhere' '[mariadb.2]' \
		'file_key_management_filename = @/plain' '[mkeyfile.2]' quiet
	run --separate-stderr with_file list --ids --defaults-group-suffix=.2
	assert_equal 0 "" $'1\n2\n100'
	MYSQL_GROUP_SUFFIX=.2 run --separate-stderr with_file list --ids
	assert_equal 0 "" $'1\n2\n100'
}

@test "a missing option file, and a program that is missing, fails, hangs or prints too much" {
	run_refused 2 "Could not open required defaults file: $PWD/nowhere
Fatal error in defaults handling. Program aborted
mkeyfile list: 'my_print_defaults' failed with status $(my_print_defaults --defaults-file=nowhere x 2>/dev/null || echo $?)
hint: use --no-defaults to ignore the option files" list --defaults-file="$PWD/nowhere"
	MKEYFILE_PRINT_DEFAULTS=/nowhere run_refused 2 "mkeyfile list: cannot run '/nowhere': No such file or directory
hint: use --no-defaults to ignore the option files" list -f keyfile
	MKEYFILE_PRINT_DEFAULTS=false run_refused 2 "mkeyfile list: 'false' failed with status 1
hint: use --no-defaults to ignore the option files" list -f keyfile
	MKEYFILE_PRINT_DEFAULTS=yes run_refused 2 "mkeyfile list: 'yes' was killed by signal 13
hint: use --no-defaults to ignore the option files" list -f keyfile
	printf '#!/bin/sh\nhead -c 40000 /dev/zero | tr "\\0" "\\n"\n' >many
	chmod 755 many
	MKEYFILE_PRINT_DEFAULTS=./many run_refused 2 "mkeyfile list: cannot read the option files: './many' prints too much output
hint: use --no-defaults to ignore the option files" list -f keyfile
	run_refused 64 "mkeyfile list: --no-defaults cannot be used with --defaults-file or --defaults-group-suffix" \
		list --no-defaults --defaults-file=x
	# a host without MariaDB has no option files, which is not an error
	mkdir empty
	run --separate-stderr env PATH="$PWD/empty" "$MKEYFILE" list --ids -f plain
	assert_equal 0 "" $'1\n2\n100'
	run_refused 64 "mkeyfile list: no key file given
hint: use --file=FILE or set the environment variable MKEYFILE_FILE" list --no-defaults
}

@test "a group that the server does not read" {
	option_file '[client]' 'file_key_management_filename = @/keyfile'
	run_refused 64 "mkeyfile list: no key file given
hint: use --file=FILE or set the environment variable MKEYFILE_FILE
hint: the option files set a key file in the group [client], which the server does not read" \
		list --defaults-file=my.cnf
	mkdir conf.d
	server_section "!includedir $PWD/conf.d"
	printf '[mariadb-5.5]\nfile_key_management_encryption_algorithm = AES_CTR\n' >conf.d/50.cnf
	printf '[mysqldump]\nfile_key_management_filename = nowhere\n' >conf.d/not-an-option-file
	run -0 --separate-stderr with_file verify --server-user="$(id -u)" --json --quiet
	same 'the option file group [mariadb-5.5] contains settings of file_key_management, but the server does not read this group' \
		"$(jq -r '.warnings[] | select(.name == "stray-group") | .message' <<<"$output")"
}

@test "--target=auto is the server with the plugin that its option files load, for every key file" {
	local file

	plugin_requires
	mkeyfile rotate --no-defaults -f plain -t 11.8-enterprise --all -q
	for file in plain -; do
		option_file '[mariadb]' 'plugin-load-add = mkeyfile_key_management.so' 'mkeyfile-key-management-filename = @/keyfile'
		run -0 --separate-stderr with_file verify -f $file -t auto --server-user="$(id -u)" <plain
		[[ ${lines[0]} == "yes: "*" loads on $installed+plugin" ]]
		run -1 with_file verify -f $file -t "$installed" --server-user="$(id -u)" <plain
		# without option files, and if it is undefined which plugin provides the keys, it is not the plugin's server
		run -1 mkeyfile verify --no-defaults -f $file -t auto --server-user="$(id -u)" <plain
		option_file '[mariadb]' 'plugin-load-add = mkeyfile_key_management.so' 'mkeyfile-key-management-filename = @/keyfile' \
			'plugin-load-add = file_key_management.so' 'file-key-management-filename = @/another'
		run -1 with_file verify -f $file -t auto --server-user="$(id -u)" <plain
		[[ $output == "no: "* ]]
	done
	run -0 mkeyfile rotate --no-defaults -f plain -t 11.8-enterprise 1 -q
	option_file '[mariadb]' 'plugin-load-add = mkeyfile_key_management.so' 'mkeyfile-key-management-filename = @/keyfile'
	run -0 --separate-stderr with_file rotate -f - -o - -t auto 1 <plain
	[[ $output == *$'\n1;4;'* ]]
}

@test "--target=auto" {
	run -0 --separate-stderr mkeyfile verify -f plain -t auto --server-user="$(id -u)"
	same "yes: 'plain' loads on $installed" "${lines[0]}"
	mkdir bin
	printf '#!/bin/sh\necho "mysqld  Ver 8.0.35 for Linux"\n' >bin/mariadbd
	chmod 755 bin/mariadbd
	PATH=$PWD/bin:$PATH run_refused 2 "mkeyfile list: the server installed on this host, '8.0.35', has no file_key_management
hint: use --target=SERVER, as SELECT VERSION() prints it" list -f plain -t auto
	printf '#!/bin/sh\necho "a server"\n' >bin/mariadbd
	PATH=$PWD/bin:$PATH run_refused 2 "mkeyfile list: the server installed on this host does not print its version
hint: use --target=SERVER, as SELECT VERSION() prints it" list -f plain -t AUTO
}

# ---- the settings, judged as the server does ----

# What the server says of my.cnf: its first error, without the name of the program.
server_says() {
	rm -rf datadir
	mkdir datadir
	log=$("$MARIADBD" --defaults-file="$PWD/my.cnf" --user=root --bootstrap --skip-grant-tables --innodb=OFF \
		--default-storage-engine=Aria --datadir="$PWD/datadir" --tmpdir="$PWD/datadir" </dev/null 2>&1) || :
	sed -n 's/^.*\[ERROR\] \([^ :]*: \)\{0,1\}//p' <<<"$log" | head -n 1
}

# The server, started with these settings, and verify without a file say the same.
settings_agree() { # line...
	local words
	option_file '[mariadb]' "$@"
	words=$(server_says)
	# 10.5 knows no option in capital letters, and then mkeyfile shows no value, which may be a password
	# shellcheck disable=SC2001 # a group
	! server_before_10_6 || words=$(sed "s/^\(unknown variable '[^=]*[A-Z][^=]*=\).*'$/\1...'/" <<<"$words")
	run --separate-stderr with_file verify --no-probe --server-user="$(id -u)"
	if [ "$words" ]; then
		same "$* -> no: $words" "$* -> ${lines[0]}"
	else
		same "$* -> yes: '$PWD/keyfile' loads on $installed" "$* -> ${lines[0]}"
	fi
}

# bats test_tags=deep
@test "agrees: settings" {
	load='plugin_load_add = file_key_management'
	name='file_key_management_filename = @/keyfile'
	key='file_key_management_filekey = FILE:@/keyfile.key'
	settings_agree "$load" "$name" "$key"
	for list in file_key_management.so 'file_key_management;' 'File_Key_Management=file_key_management' \
		'file_key_management#file_key_management.so'; do
		settings_agree "plugin_load = $list" "$name" "$key"
	done
	settings_agree "$load" "$name" "$key" 'file_key_management = FORCE_PLUS_PERMANENT'
	settings_agree "$load" "$name" "$key" 'file_key_management_encryption_algorithm = aes_ctr'
	settings_agree "$name" "$key"
	settings_agree "$key" "$name"
	settings_agree "$load" "$name" "$key" 'file_key_management_digest = sha256'
	settings_agree "$load" "$name" "$key" 'file_key_management_use_pbkdf2 = 1000'
	settings_agree "$load" 'file_key_management_use_pbkdf2 = 1000' "$name" 'file_key_management_digest = sha256' "$key"
	settings_agree "$load" "$name" "$key" 'loose_file_key_management_digest = sha256'
	settings_agree "$load" "$name" "$key" 'file_key_management_encryption_algorithm = rot13'
	for algorithm in aes_ct 1 2 AES_ ''; do
		settings_agree "$load" "$name" "$key" "file_key_management_encryption_algorithm = $algorithm"
	done
	for mode in maybe false FORC 3 -1; do
		settings_agree "$load" "$name" "$key" "file_key_management = $mode"
	done
	settings_agree "$load" "$name" "$key" file_key_management
	settings_agree "$load" "$name" "$key" file_key_management_encryption_algorithm
	settings_agree "$load" "$name" file_key_management_filekey
	settings_agree PLUGIN_LOAD_ADD=file_key_management "File_Key_Management_FILENAME = @/keyfile" "$key"
	settings_agree "$load" "$name" "$key" 'LOOSE_file_key_management_bogus = 1'
	settings_agree "$load" "$name" 'file_key_management_filekey = file:@/keyfile.key'
	settings_agree "$load" "$name" 'file_key_management_filekey = a password'
	settings_agree "$load" "$name" "$key" 'skip-file_key_management_filekey'
	settings_agree 'plugin_load_ad = file_key_management' "$name" "$key"
	settings_agree "$load" "$name" "$key" 'file_key_management = OFF' 'skip-file-key-management = 0'
	settings_agree "$load" "$name" "$key" 'file_key_management = OFF' 'enable-file-key-management'
	settings_agree "$load" "$name"
	settings_agree "$load" "$name" 'file_key_management_filekey = FILE:@/nowhere'
	settings_agree "$load" "$name" 'file_key_management_filekey = FILE:'
	cp plain keyfile
	settings_agree "$load" "$name" "$key"
	settings_agree "$load" "$name" 'file_key_management_filekey ='
	settings_agree "$load" "$name"
	rm keyfile
	settings_agree "$load" "$name"
	settings_agree "$load" 'file_key_management_filename = @/plain/keyfile'
}

@test "agrees: the password in plain text" {
	password=$(cat keyfile.key)
	settings_agree 'plugin_load_add = file_key_management' 'file_key_management_filename = @/keyfile' \
		"file_key_management_filekey = $password"
	run -0 --separate-stderr with_file verify --server-user="$(id -u)" --json --quiet
	same 'password-in-clear' "$(jq -r '.warnings[].name' <<<"$output")"
	# the server's log shows it, mkeyfile does not
	option_file '[mariadb]' 'loose_file_key_management_filename = @/keyfile' \
		"file_key_management_filekey = $password"
	run -1 --separate-stderr with_file verify --server-user="$(id -u)"
	same "no: unknown variable 'file_key_management_filekey=...'" "${lines[0]}"
	run -1 grep -F "$password" <<<"$output$stderr"
}

@test "a server that silently does not load the plugin, or has it switched off" {
	option_file '[mariadb]' 'loose_file_key_management_filename = @/plain'
	same "" "$(server_says)"
	run -1 --separate-stderr with_file verify
	same "no: the server does not load the plugin file_key_management
hint: set plugin_load_add = file_key_management in the group [mariadb], as 'mkeyfile config' prints it, unless the plugin was installed with INSTALL SONAME" \
		"$(head -n 2 <<<"$output")"
	for off in file_key_management=OFF file-key-management=0 file_key_management=of file_key_management= SKIP-file-key-management loose_disable_file_key_management; do
		option_file '[mariadb]' 'plugin_load_add = file_key_management' \
			'file_key_management_filename = @/plain' "$off"
		words=$(server_says)
		[ -z "$words" ] || { server_before_10_6 && [[ $off = SKIP* ]]; }
		run -1 --separate-stderr with_file verify --server-user="$(id -u)"
		same "no: ${words:-the plugin file_key_management is switched off}" "${lines[0]}"
	done
}

@test "10.5 knows no option in capital letters, with or without a prefix" {
	local option
	for option in LOOSE_x=1 Loose-x=1 SKIP-file-key-management disable_File_key_management PLUGIN_LOAD_ADD=x; do
		option_file '[mariadb]' 'plugin_load_add = file_key_management' 'file_key_management_filename = @/plain' \
			'loose_X = 1' "$option"
		run -1 --separate-stderr with_file verify --no-probe --server-user="$(id -u)" -t 10.5.23
		[[ ${lines[0]} = "no: unknown "*"${option%=*}"* ]]
	done
	option_file '[mariadb]' 'plugin_load_add = file_key_management' 'file_key_management_filename = @/plain' 'LOOSE_x = 1'
	run -0 --separate-stderr with_file verify --no-probe --server-user="$(id -u)" -t 10.11.19
}

@test "ambiguous settings, and settings without a file" {
	option_file '[mariadb]' 'plugin_load_add = file_key_management' 'file_key_management_file = @/plain'
	[[ $(server_says) = "ambiguous option '--file_key_management_file=$PWD/plain' (file-key-management-filename, file-key-management-filekey)" ]]
	run -64 --separate-stderr with_file verify
}

@test "an unknown setting of the plugin stops the server; its value is not shown" {
	server_section 'file_key_management_file_key = tell-nobody'
	same "unknown variable 'file_key_management_file_key=tell-nobody'" "$(server_says)"
	run -1 --separate-stderr with_file verify --server-user="$(id -u)"
	same "no: unknown variable 'file_key_management_file_key=...'
hint: remove the setting or correct its name: no loaded plugin has this setting" "$(head -n 2 <<<"$output")"
	run -1 grep -F tell-nobody <<<"$output$stderr"
}

@test "mkeyfile's plugin: values as the server reads them" {
	openssl_encrypt keyfile.key plain keyfile -md sha256 -pbkdf2 -iter 10
	for digest in sha25 2 SHA256; do
		option_file '[mariadb]' 'plugin-load-add = mkeyfile_key_management' \
			'mkeyfile-key-management-filename = @/keyfile' \
			'mkeyfile_key_management_filekey = FILE:@/keyfile.key' 'mkeyfile_key_management_reload = off' \
			"mkeyfile_key_management_digest = $digest" 'mkeyfile_key_management_use_pbkdf2 = 10'
		run -0 --separate-stderr with_file verify --server-user="$(id -u)"
	done
	for value in =false =no =2 =; do
		option_file '[mariadb]' 'plugin_load_add = mkeyfile_key_management' \
			'mkeyfile_key_management_filename = @/keyfile' 'mkeyfile_key_management_filekey = a password' \
			"mkeyfile_key_management_clear_text_filekey $value"
		run -1 --separate-stderr with_file verify
		same "no: mkeyfile_key_management_filekey is set to a password, which option files and ps reveal" "${lines[0]}"
	done
}

@test "reports what opens the file when the settings do not" {
	server_section
	sed -i 's/FILE:/file:/' my.cnf
	run --separate-stderr with_file verify --server-user="$(id -u)"
	assert_equal 3 "$found
mkeyfile verify: cannot decrypt '$PWD/keyfile': wrong password, wrong digest or iteration count, or damaged file
hint: the file opens with the content of the file named after 'file:', but the server requires FILE: in upper case" \
		"no: Cannot decrypt $PWD/keyfile. Wrong key?"
	server_section
	openssl_encrypt keyfile.key plain keyfile -md sha512 -pbkdf2 -iter 1
	run --separate-stderr with_file verify --server-user="$(id -u)"
	assert_equal 3 "$found
mkeyfile verify: cannot decrypt '$PWD/keyfile': wrong password, wrong digest or iteration count, or damaged file
hint: the file opens with --digest=sha512 --pbkdf2=1, which $installed cannot read" \
		"no: Cannot decrypt $PWD/keyfile. Wrong key?"
	run --separate-stderr with_file verify --server-user="$(id -u)" -t 12.3
	[[ $stderr = *"
hint: the file opens with --digest=sha512 --pbkdf2=1, for which the server needs file_key_management_digest=sha512 and file_key_management_use_pbkdf2=1" ]]
	server_section 'file_key_management_digest = sha512' 'file_key_management_use_pbkdf2 = 1'
	run -0 --separate-stderr with_file verify --server-user="$(id -u)" -t 12.3
}

@test "a named pipe in the settings is not read" {
	mkfifo pipe
	option_file '[mariadb]' 'plugin_load_add = file_key_management' 'file_key_management_filename = @/pipe'
	(exec cat plain >pipe) 3>&- &
	writer=$!
	run --separate-stderr with_file verify --server-user="$(id -u)" -t 10.11.19
	same "1 no: Can't seek in file '$PWD/pipe' (Errcode: 29 \"Illegal seek\")" "$status ${lines[0]}"
	run --separate-stderr with_file verify --server-user="$(id -u)" -t 11.8.9 -q
	assert_equal 2 "mkeyfile verify: '$PWD/pipe' is a named pipe: reading it would consume what the server needs to read" ""
	for command in list decrypt config; do
		run_refused 2 "key file '$PWD/pipe', from the server's option files; server 11.8
mkeyfile $command: '$PWD/pipe' is a named pipe: reading it would consume what the server needs to read
hint: use --file=FILE with the file that is written to the pipe, or --file=- for standard input" \
			$command --defaults-file=my.cnf -t 11.8
	done
	# the real server's words, where it is one that reads no pipes
	case $installed in
	10.*) same "Can't seek in file '$PWD/pipe' (Errcode: 29 \"Illegal seek\")" "$(server_says)" ;;
	esac
	kill $writer 2>/dev/null || :
}
