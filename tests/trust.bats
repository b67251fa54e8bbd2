#!/usr/bin/env bats
# Which users' files are trusted: every command with files, links, pipes and directories of
# another user, and the places that must work.
bats_require_minimum_version 1.5.0
load common

stranger=65534
caller=0

setup_test() {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" .
	make_keyfile plain 1 2 100
	make_password_file pw
	openssl_encrypt pw plain sealed
	random_key >hex
	chmod 600 hex
}

# Runs mkeyfile as the caller.
as_caller() {
	if [ "$caller" = 0 ]; then
		timeout 20 "$MKEYFILE" "$@" </dev/null
	else
		timeout 20 setpriv --reuid="$caller" --regid="$caller" --clear-groups "$MKEYFILE" "$@" </dev/null
	fi
}

put() { # source path
	cp "$1" "$2"
	chmod 600 "$2"
	chown "$caller:$caller" "$2"
}

# Copies a file to where an attack is prepared. Sets path and part, which the refusal must
# mention.
prepare() { # attack source
	rm -rf spot
	mkdir -m 755 spot
	path=spot/file part=$PWD/spot
	case $1 in
	owner)
		put "$2" spot/file
		chown $stranger spot/file
		part="user 'nobody' owns file '$PWD/spot/file'"
		;;
	link)
		ln -s "../$2" spot/file
		chown -h $stranger spot/file
		part="user 'nobody' owns symbolic link '$PWD/spot/file'"
		;;
	pipe)
		mkfifo -m 600 spot/file
		chown $stranger spot/file
		part="user 'nobody' owns named pipe '$PWD/spot/file'"
		;;
	directory)
		put "$2" spot/file
		chown $stranger spot
		part="user 'nobody' owns directory '$PWD/spot'"
		;;
	open)
		put "$2" spot/file
		chmod 777 spot
		part="any user can rename files in directory '$PWD/spot'"
		;;
	ancestor)
		mkdir -m 755 spot/below
		put "$2" spot/below/file
		chmod 777 spot
		path=spot/below/file
		part="any user can rename files in directory '$PWD/spot'"
		;;
	redirected)
		mkdir -m 777 spot/open
		put "$2" spot/open/file
		ln -s open/file spot/file
		part="any user can rename files in directory '$PWD/spot/open'"
		;;
	acl)
		put "$2" spot/file
		setfacl -m u:$stranger:rwx spot
		part="user 'nobody' can rename files in directory '$PWD/spot'"
		;;
	group)
		put "$2" spot/file
		chgrp $stranger spot
		chmod 775 spot
		part="group 'nogroup' can rename files in directory '$PWD/spot'"
		;;
	writable)
		put "$2" spot/file
		chmod 606 spot/file
		part="any user can write to file '$PWD/spot/file'"
		;;
	esac
}

# Each line: the file at PATH, and a command that reads or replaces it.
existing_files='plain add 7 -f PATH
plain add 7 -f PATH -n
plain add 7 -f PATH --write-in-place=saved
plain rotate 100 --new-id -f PATH
plain list -f PATH
plain encrypt -P pw -f PATH
plain encrypt -P pw --in-place -f PATH
plain config -f PATH
plain remove 100 --force -f PATH
plain generate --force -f PATH
plain ensure 7 -f PATH
plain ensure --mode=0640 -f PATH
plain status -f PATH
plain diff PATH -f plain
plain diff plain -f PATH
sealed decrypt -P pw -f PATH
sealed decrypt -P pw --in-place -f PATH
sealed passwd -P pw --new-password-file=made -f PATH
sealed passwd -P pw --new-digest=sha256 -t 12.3 -f PATH
hex add 7 -f plain --key-from=PATH
pw list -f sealed -P PATH
pw decrypt -f sealed -P PATH
pw verify -f sealed -P PATH
pw encrypt -f plain -P PATH
pw generate -f made -P PATH
pw add 7 -f sealed -P PATH
pw ensure 7 -f sealed -P PATH
pw ensure 7 -f sealed --new-password-file=PATH
pw ensure -f made --new-password-file=PATH
pw rotate 100 --new-id -f sealed -P PATH
pw remove 100 --force -f sealed -P PATH
pw passwd -f sealed -P PATH --new-password-file=made
pw passwd -f sealed -P PATH --new-password-file=PATH
pw passwd -f sealed -P pw --new-password-file=PATH
pw diff sealed -f plain --other-password-file=PATH
hex encrypt -f plain -P pw --force -o PATH
hex decrypt -f sealed -P pw --force -o PATH'

# Runs in one process. A change of content shows as a changed time or inode.
listing() {
	ls -lARi --full-time
}

refuse_all() { # table attack...
	local table=$1 attack before source line arguments
	shift
	for attack; do
		while read -r source line; do
			# verify reports the mode of a password file as a finding
			[ "$attack $source ${line%% *}" != "writable pw verify" ] || continue
			prepare "$attack" "$source"
			read -ra arguments <<<"${line//PATH/$path}"
			before=$(listing)
			run --separate-stderr as_caller "${arguments[@]}" --no-defaults
			if [ "$status" != 4 ] || [[ $stderr != *"refusing '"*"': $part"* ]] || [ -n "$output" ]; then
				echo "$attack: ${arguments[*]}: $status $stderr"
				return 1
			fi
			same "$before" "$(listing)"
		done <<<"$table"
	done
}

attacks=(owner link pipe directory open ancestor redirected acl group writable)

@test "root refuses files that another user owns or can replace, in every command" {
	refuse_all "$existing_files" "${attacks[@]}"
}

@test "an ordinary user refuses files that another ordinary user owns or can replace" {
	caller=65533
	chown -R $caller:$caller .
	refuse_all "$existing_files" owner link pipe ancestor
}

new_files='none generate -f PATH
none generate -f made --new-password-file=PATH
none ensure -f PATH
none ensure -f made --new-password-file=PATH
none encrypt -f plain -P pw -o PATH
none encrypt -f plain -o made --new-password-file=PATH
none decrypt -f sealed -P pw -o PATH
none add 7 -f plain --write-in-place=PATH
none passwd -f sealed -P pw --new-password-file=PATH'

@test "no file is created where another user could replace it" {
	put() { :; }
	refuse_all "$new_files" directory open ancestor acl group
	caller=65533
	chown -R $caller:$caller .
	refuse_all "$new_files" directory open ancestor acl group
}

@test "a pipe of another user gets no key" {
	mkfifo -m 666 pipe
	chown $stranger pipe
	: >got
	setpriv --reuid=$stranger --regid=$stranger --clear-groups timeout 20 cat pipe >>got &
	reader=$!
	run_refused 4 "mkeyfile decrypt: refusing 'pipe': user 'nobody' owns named pipe '$PWD/pipe'
hint: run 'chown root $PWD/pipe', or use --trust-owner=nobody" decrypt -f sealed -P pw -o pipe
	kill $reader
	wait $reader || :
	[ ! -s got ]
	timeout 20 cat pipe >got &
	reader=$!
	run -0 mkeyfile decrypt -q -f sealed -P pw -o pipe --trust-owner=nobody
	wait $reader
	cmp got plain
}

@test "the new password of an interrupted passwd is not read from another user's file" {
	make_password_file pw.new
	chown $stranger pw.new
	run_refused 4 "mkeyfile passwd: refusing '$PWD/pw.new': user 'nobody' owns file '$PWD/pw.new'
hint: run 'chown root $PWD/pw.new', or use --trust-owner=nobody" passwd -f sealed -P pw --new-password-file=pw
}

@test "a file with a second name is refused where anyone can create links" {
	mkdir -m 1777 shared
	ln plain shared/keyfile
	run_refused 4 "mkeyfile list: refusing 'shared/keyfile': file '$PWD/shared/keyfile' has another hard link, and any user can create links in its directory
hint: move the file to a directory that other users cannot write to" list -f shared/keyfile
	cp plain shared/copy
	run -0 mkeyfile list --ids -f shared/copy
	run -0 mkeyfile list --ids -f plain
}

@test "in a sticky directory only the owners of the directory and of an entry can replace it" {
	mkdir -m 1777 shared
	cp plain shared/keyfile
	run -0 mkeyfile add 7 -q -f shared/keyfile
	ln -s "$PWD/plain" shared/link
	run -0 mkeyfile list --ids -f shared/link
	chown -h $stranger shared/link
	run -4 mkeyfile list -f shared/link
	mkdir -m 755 shared/below
	cp plain shared/below/
	run -0 mkeyfile list --ids -f shared/below/plain
	# another user's file that looks like one of an interrupted run is left alone
	cp plain shared/.keyfile.mkeyfile-1-2
	chown $stranger shared/.keyfile.mkeyfile-1-2
	run --separate-stderr mkeyfile add 8 -f shared/keyfile
	[[ $status == 0 && $stderr != *mkeyfile-1-2* ]]
	[ -e shared/.keyfile.mkeyfile-1-2 ]
	chown $stranger shared
	run -4 mkeyfile list -f shared/keyfile
	run -4 mkeyfile list -f shared/below/plain
}

@test "groups: the primary group of root, the caller or the server's user account is trusted" {
	mkdir -m 775 spot
	cp plain spot/keyfile
	chown 0:"$(id -g mysql)" spot
	run -4 mkeyfile list -f spot/keyfile
	run -0 mkeyfile list --ids -f spot/keyfile --server-user=mysql
	setfacl -m u:mysql:rwx,g:root:rwx spot
	run -0 mkeyfile list --ids -f spot/keyfile --server-user=mysql
	setfacl -m g:nogroup:rwx spot
	run_refused 4 "mkeyfile list: refusing 'spot/keyfile': group 'nogroup' can rename files in directory '$PWD/spot'
hint: run 'setfacl -x g:nogroup $PWD/spot'" list -f spot/keyfile --server-user=mysql
	# the mask limits what an entry grants
	setfacl -m m::rx spot
	run -0 mkeyfile list --ids -f spot/keyfile
}

@test "the server's user account: a name, an unknown number, option files" {
	mkdir -m 700 data
	cp plain data/keyfile
	chown -R 54321 data
	run_refused 4 "mkeyfile list: refusing 'data/keyfile': user '54321' owns directory '$PWD/data'
hint: run 'chown root $PWD/data', or use --trust-owner=54321" list -f data/keyfile
	for option in --server-user=54321 --trust-owner=54321; do
		run -0 mkeyfile add 7 -q -f data/keyfile $option -n
		run -0 mkeyfile list --ids -f data/keyfile $option
	done
	printf '[mysqld]\nuser = 54321\n' >my.cnf
	printf '[mkeyfile]\ntrust_owner = 54321\n' >own.cnf
	if command -v my_print_defaults >/dev/null; then
		unset MKEYFILE_PRINT_DEFAULTS
		run -0 mkeyfile list --ids -f data/keyfile --defaults-file=my.cnf
		run -0 mkeyfile list --ids -f data/keyfile --defaults-file=own.cnf
	fi
	# without option files, the account is mysql
	chown -R mysql data
	run -0 mkeyfile list --ids -f data/keyfile --no-defaults
	run_refused 64 "mkeyfile list: user '...' does not exist" list -f plain --trust-owner=no-such-user
	run_refused 64 "mkeyfile list: user '4294967295' does not exist" list -f plain --trust-owner=4294967295
	run_refused 64 "mkeyfile list: user '4294967296' does not exist" list -f plain --server-user=4294967296
}

@test "several users are trusted" {
	mkdir -m 755 spot
	cp plain spot/keyfile
	chown 54321 spot
	chown 54322 spot/keyfile
	run -4 mkeyfile list -f spot/keyfile --trust-owner=54321
	run -0 mkeyfile list --ids -f spot/keyfile --trust-owner=54321 --trust-owner=54322
}

@test "verify checks a key file of another user, and says so" {
	chown $stranger plain
	run -0 mkeyfile verify -f plain --server-user=root
	[[ $output == "yes: 'plain' loads"*"warning: 'plain' belongs to user 65534, who is neither root nor 'root' [foreign-owner]"* ]]
	run -1 mkeyfile verify -f plain --server-user=root --strict
	chown root plain
	mkdir -m 777 open
	mkdir -m 755 open/below
	cp plain open/below/
	run -0 mkeyfile verify -f open/below/plain --server-user=root
	[[ $output == *"warning: someone else can replace 'open/below/plain': any user can rename files in directory '$PWD/open' [open-directory]"* ]]
	mkfifo -m 600 pipe
	chown $stranger pipe
	run -4 timeout 20 "$MKEYFILE" verify -f pipe
}

# ---- what must work ----

@test "files of root and of the server's user account, in a directory of either" {
	mkdir -m 755 etc
	cp plain etc/keyfile
	cp sealed etc/sealed
	cp pw etc/pw
	chown mysql:mysql etc/*
	for owner in root mysql; do
		chown $owner etc
		for user in "" --server-user=mysql; do
			[ -n "$user" ] || user=--no-defaults
			run -0 mkeyfile list --ids -f etc/sealed -P etc/pw $user
			run -0 mkeyfile add 7 -q -f etc/keyfile -n $user
			run -0 mkeyfile verify -f etc/keyfile --strict --server-user=mysql
		done
	done
}

@test "running as the server's user account, and as an ordinary user in a home directory" {
	chmod 755 .
	for caller in mysql 65533; do
		mkdir -m 755 home
		cp plain pw sealed home/
		group=$(id -g "$caller" 2>/dev/null || echo "$caller")
		chown -R "$caller:$group" home
		as_owner() {
			run -0 env -C home setpriv --reuid="$caller" --regid="$group" --clear-groups "$MKEYFILE" "$@" --no-defaults
		}
		as_owner add 7 -q -f plain
		# a private group and umask 002
		chmod 775 home
		as_owner add 8 -q -f plain
		as_owner list --ids -f sealed -P pw
		rm -rf home
	done
}

@test "a Kubernetes volume, links, dots, and bind mounts" {
	mkdir -p volume/..2026
	cp plain volume/..2026/keyfile
	ln -s ..2026 volume/..data
	ln -s ..data/keyfile volume/keyfile
	ln -s "$PWD/volume" link
	for path in volume/keyfile link/keyfile link/../volume/keyfile ./volume//keyfile "$PWD/link/..data/keyfile"; do
		run -0 mkeyfile list --ids -f "$path"
		same $'1\n2\n100' "$output"
	done
	mkdir mounted
	run -0 unshare --mount sh -e -c 'mount --bind volume/..2026 mounted; mount --bind plain hex
		"$MKEYFILE" list --ids -f mounted/keyfile; "$MKEYFILE" add 7 -q -f mounted/keyfile; "$MKEYFILE" list --ids -f hex'
	run -0 grep -c '^7;' volume/..2026/keyfile
}

@test "standard input, descriptors and process substitution" {
	cp plain foreign
	chown $stranger foreign
	for path in - /dev/stdin /dev/fd/0 /proc/self/fd/0; do
		same $'1\n2\n100' "$("$MKEYFILE" list --ids -f $path <plain)"
		# descriptors that the caller opened are the caller's choice
		same $'1\n2\n100' "$("$MKEYFILE" list --ids -f $path <foreign)"
		same $'1\n2\n100' "$("$MKEYFILE" list --ids -f $path < <(cat plain))"
	done
	same $'1\n2\n100' "$("$MKEYFILE" list --ids -f <(cat plain))"
	same $'1\n2\n100' "$("$MKEYFILE" list --ids -f sealed -P <(cat pw))"
	same $'1\n2\n100' "$("$MKEYFILE" list --ids -f sealed -P /dev/fd/7 7<pw)"
	"$MKEYFILE" decrypt -f sealed -P pw -o /dev/stdout | cmp - plain
	"$MKEYFILE" decrypt -f sealed -P pw -o >(cat >got)
	run -0 mkeyfile decrypt -f sealed -P pw -q -o /dev/null
	"$MKEYFILE" add 7 -q -f /dev/stdin <plain
	run -0 grep -c '^7;' plain
	run -4 mkeyfile add 8 -q -f /dev/fd/7 7<foreign
	run -2 mkeyfile add 8 -q -f <(cat plain)
	sed -i '$d' plain
	caller=65533
	chown -R $caller .
	# shellcheck disable=SC2016 # for the other shell
	run -0 setpriv --reuid=$caller --regid=$caller --clear-groups \
		bash -c '"$MKEYFILE" list --no-defaults --ids -f sealed -P <(cat pw) && "$MKEYFILE" list --no-defaults --ids -f /dev/stdin <plain'
	same "$(printf '1\n2\n100\n1\n2\n100')" "$output"
}

@test "a working directory below one without search permission" {
	mkdir -m 755 closed closed/below
	cp plain closed/below/
	chown -R 65533 closed/below
	cd closed/below
	chmod 700 ..
	run -0 setpriv --reuid=65533 --regid=65533 --clear-groups "$MKEYFILE" list --no-defaults --ids -f plain
	cd ../..
	# a parent directory in which others can rename is detected from below
	chmod 777 closed
	cd closed/below
	run -4 setpriv --reuid=65533 --regid=65533 --clear-groups "$MKEYFILE" list --no-defaults --ids -f plain
	cd ../..
}

@test "paths that lead nowhere" {
	ln -s loop loop
	ln -s nowhere dangling
	run_refused 2 "mkeyfile list: cannot open 'loop': Too many levels of symbolic links" list -f loop
	run_refused 2 "mkeyfile list: cannot open 'dangling': No such file or directory" list -f dangling
	run_refused 2 "mkeyfile list: cannot open 'plain/': Not a directory" list -f plain/
	run_refused 2 "mkeyfile list: cannot open 'plain/x': Not a directory" list -f plain/x
	run_refused 2 "mkeyfile list: cannot open 'none/x': No such file or directory" list -f none/x
	run_refused 4 "mkeyfile generate: 'dangling' already exists" generate -f dangling
	long=$(printf 'a/%.0s' {1..3000})
	run_refused 2 "mkeyfile list: cannot open '$long': File name too long" list -f "$long"
}

# ---- option files ----

# Makes an option file whose password command leaves a trace.
make_option_file() { # path
	printf '[mkeyfile]\npassword-command = touch %s/ran; cat %s/pw\n' "$PWD" "$PWD" >"$1"
	chmod 644 "$1"
}

needs_print_defaults() {
	command -v my_print_defaults >/dev/null || skip "my_print_defaults is not installed"
	unset MKEYFILE_PRINT_DEFAULTS
	mkdir -m 755 home
	export HOME=$PWD/home
}

warning() { # path words fix
	echo "mkeyfile list: warning: ignoring option file '$1': $2
hint: $3"
}

@test "options in another user's option file are ignored, wherever the file is" {
	needs_print_defaults
	make_option_file home/.my.cnf
	run -0 mkeyfile list --ids -f sealed
	[ -e ran ]
	rm ran
	chown $stranger home/.my.cnf
	run --separate-stderr mkeyfile list --ids -f plain
	assert_equal 0 "$(warning "$HOME/.my.cnf" "user 'nobody' owns file '$HOME/.my.cnf'" \
		"run 'chown root $HOME/.my.cnf', or use --trust-owner=nobody")" $'1\n2\n100'
	run -2 mkeyfile list --ids -f sealed
	[ ! -e ran ]
	# a home directory of another user
	chown root home/.my.cnf
	chown $stranger home
	run --separate-stderr mkeyfile list --ids -f plain
	assert_equal 0 "$(warning "$HOME/.my.cnf" "user 'nobody' owns directory '$HOME'" \
		"run 'chown root $HOME', or use --trust-owner=nobody")" $'1\n2\n100'
	run -0 mkeyfile list --ids -f sealed --trust-owner=nobody
	[ -e ran ]
	rm ran home/.my.cnf
	# nothing exists, nothing is reported
	run --separate-stderr mkeyfile list --ids -f plain
	assert_equal 0 "" $'1\n2\n100'
	chown root home
	mkdir -m 755 mysql
	make_option_file mysql/my.cnf
	chown $stranger mysql/my.cnf
	MYSQL_HOME=$PWD/mysql run -2 mkeyfile list --ids -f sealed
	[ ! -e ran ]
	# the server's user account must not run commands as root
	chown mysql mysql/my.cnf
	MYSQL_HOME=$PWD/mysql run -2 mkeyfile list --ids -f sealed --server-user=mysql
	[ ! -e ran ]
}

@test "included option files of another user are ignored, and the others are used" {
	needs_print_defaults
	mkdir -m 755 conf.d
	make_option_file conf.d/b.cnf
	chown $stranger conf.d/b.cnf
	printf 'file = plain\n[other]\nignored = 1\n' >conf.d/a.cnf
	sed -i '1i [mkeyfile]' conf.d/a.cnf
	printf '[mkeyfile]\nfile = nosuch\n!includedir %s/conf.d\n[tail]\n!include %s/none.cnf\n' "$PWD" "$PWD" >my.cnf
	cat my.cnf >home/.my.cnf
	run --separate-stderr mkeyfile list --ids
	assert_equal 0 "$(warning "$PWD/conf.d/b.cnf" "user 'nobody' owns file '$PWD/conf.d/b.cnf'" \
		"run 'chown root $PWD/conf.d/b.cnf', or use --trust-owner=nobody")" $'1\n2\n100'
	run -0 mkeyfile list --ids --defaults-file=my.cnf
	[ ! -e ran ]
	chown root conf.d/b.cnf
	chmod 777 conf.d
	run --separate-stderr mkeyfile list --ids --defaults-file=my.cnf
	assert_equal 2 "$(warning "$PWD/conf.d" "any user can rename files in directory '$PWD/conf.d'" \
		"run 'chmod o-w $PWD/conf.d'")
mkeyfile list: cannot open 'nosuch': No such file or directory" ''
	[ ! -e ran ]
	rm conf.d/b.cnf conf.d/a.cnf
	run --separate-stderr mkeyfile list --ids --defaults-file=my.cnf
	[[ $stderr == *"ignoring option file '$PWD/conf.d'"* ]]
}

@test "an explicit option file of another user is refused" {
	needs_print_defaults
	make_option_file my.cnf
	chown $stranger my.cnf
	run_refused 4 "mkeyfile list: refusing 'my.cnf': user 'nobody' owns file '$PWD/my.cnf'
hint: run 'chown root $PWD/my.cnf', or use --trust-owner=nobody" list -f sealed --defaults-file=my.cnf
	run_refused 4 "mkeyfile status: refusing 'my.cnf': user 'nobody' owns file '$PWD/my.cnf'
hint: run 'chown root $PWD/my.cnf', or use --trust-owner=nobody" status -f plain --server --defaults-extra-file=my.cnf
	[ ! -e ran ]
	run -0 mkeyfile list --ids -f sealed --defaults-file=my.cnf --trust-owner=nobody
	[ -e ran ]
}

@test "text pasted from a hint runs no other command" {
	mkdir -m 777 'a;touch ran'
	cp plain 'a;touch ran/keyfile'
	run_refused 4 "mkeyfile list: refusing 'a;touch ran/keyfile': any user can rename files in directory '$PWD/a;touch ran'
hint: run 'chmod o-w' on the directory" list -f 'a;touch ran/keyfile'
}
