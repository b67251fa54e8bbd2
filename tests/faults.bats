#!/usr/bin/env bats
# No key is lost after any fault, any signal, or any change by another process. This is a part
# of the suites in tests/faults; make check-long runs all of them.
# bats file_tags=deep
bats_require_minimum_version 1.5.0
load common

setup_test() {
	suites=$abs_top_srcdir/tests/faults
	built=$abs_top_builddir/tests/faults
	export PYTHONDONTWRITEBYTECODE=1
	ulimit -c 0
}

# A preloaded allocator and a scan of all memory do not go with sanitizers.
is_sanitized() {
	grep -q __asan_init "$MKEYFILE"
}

survived() { # what
	[[ ${lines[-1]} =~ ^[1-9][0-9]*\ $1,\ 0\ not\ survived$ ]] || { echo "$output" && false; }
}

# The suites would notice: each of these has to be flagged.
flagged() { # pattern command...
	local pattern=$1
	shift
	run -1 "$@"
	grep -E "^NOT SURVIVED .*$pattern" <<<"$output" >/dev/null || { echo "$output" && false; }
}

@test "every system call of every writing command fails, or brings a signal: a part" {
	run "$suites/faults" --every=61
	survived faults
	[ "$(grep -c ' faults: ' <<<"$output")" -ge 15 ]
}

@test "the same on a file system without RENAME_EXCHANGE" {
	run "$suites/faults" --every=37 --no-exchange --command=add-backup
	survived faults
}

@test "an editor that writes in place is flagged" {
	# five errors of write(2) stand in a row
	flagged torn "$suites/faults" --command=add --every=5 --editor="$built/bad-editor in-place"
}

@test "the power fails: a part" {
	run "$suites/powercut" --every=79
	survived 'power cuts'
	[ "$(grep -c ' cuts: ' <<<"$output")" -ge 45 ]
}

@test "an editor that does not sync is flagged" {
	flagged '(torn|false success)' "$suites/powercut" --every=50 --command=add --editor="$built/bad-editor no-fsync" \
		--file-system=xfs
	flagged '(torn|false success)' "$suites/powercut" --every=50 --command=add --editor="$built/bad-editor no-fsync" \
		--file-system=ext4-noauto_da_alloc
}

# bats test_tags=deep,plain
@test "allocations fail: a part" {
	! is_sanitized || skip "a sanitizer has an allocator of its own"
	run "$suites/allocations" --shim="$built/shim.so" --own --every=5
	survived 'failed allocations'
	run "$suites/allocations" --shim="$built/shim.so" --every=1499
	survived 'failed allocations'
}

@test "neighbours: writers, readers, editors that ignore the lock: a part" {
	run -0 "$suites/neighbours" --writers=4 --updates=5 --reads=500 --edits=12
	same '4 writers x 5 updates: 0 lost' "${lines[0]}"
	[[ ${lines[1]} == *': 0 torn' ]]
	[[ ${lines[2]} == '12 foreign edits at '*' moments: 12 noticed, 12 kept' ]]
}

@test "an editor that does not lock is flagged" {
	flagged 'updates lost' "$suites/neighbours" --writers=8 --updates=10 --reads=10 --editor="$built/bad-editor no-lock"
}

# ---- calls that lie ----

# bats test_tags=deep,plain
@test "short reads and writes" {
	! is_sanitized || skip "nothing can be preloaded before a sanitizer"
	make_keyfile keyfile 1 2 100
	make_password_file pw
	cp keyfile old
	for size in 1 7; do
		run -0 env LD_PRELOAD="$built/shim.so" SHORT_WRITE=$size SHORT_READ=$size "$MKEYFILE" encrypt -q -f keyfile -P pw -o sealed
		openssl_decrypt pw sealed | cmp - keyfile
		run -0 env LD_PRELOAD="$built/shim.so" SHORT_WRITE=$size SHORT_READ=$size "$MKEYFILE" add -q -f sealed -P pw 7
		openssl_decrypt pw sealed | head -n 3 | cmp - old
		rm sealed
	done
}

@test "a write that claims more than it wrote" {
	make_keyfile keyfile 1 2 100
	before=$(snapshot)
	for claimed in 200 300; do
		run -2 strace -o /dev/null -e trace=write -e inject=write:retval=$claimed:when=1 "$MKEYFILE" add 7 -q -f keyfile
		same "$before" "$(snapshot)"
		run -2 strace -o /dev/null -e trace=write -e inject=write:retval=$claimed:when=1 "$MKEYFILE" generate -q -f new
		same "$before" "$(snapshot)"
	done
}

@test "a corrupted read of the key file, at each time that it is read" {
	make_keyfile keyfile 1 2 100
	make_password_file pw
	openssl_encrypt pw keyfile sealed
	for file in keyfile sealed; do
		cp $file old
		for number in 1 2 3 4 5 6; do
			cp old $file
			status=0
			# two digits of the first line; of the salt
			strace -o trace -P "$PWD/$file" -e trace=read -e inject=read:poke_exit=@arg2=3939:when=$number \
				"$MKEYFILE" add 7 -q -f $file -P pw 2>words || status=$?
			grep -q INJECTED trace || continue
			if [ $status = 0 ]; then
				run -0 mkeyfile list -q --ids -f $file -P pw
				same '1 2 7 100' "$(xargs <<<"$output")"
			else
				cmp $file old
			fi
			run -1 compgen -G '.*.mkeyfile-*'
		done
		# the first read has to be noticed
		cp old $file
		run strace -o trace -P "$PWD/$file" -e trace=read -e inject=read:poke_exit=@arg2=3939:when=1 "$MKEYFILE" add 7 -q -f $file -P pw
		[ "$status" != 0 ]
		cmp $file old
	done
}

@test "a corrupted read of what was just written" {
	make_keyfile keyfile 1 2 100
	before=$(snapshot)
	reads=$(strace -y -e trace=read "$MKEYFILE" add 7 -n -q -f keyfile 2>&1 | grep -c '^read')
	run --separate-stderr strace -o /dev/null -e trace=read -e inject=read:poke_exit=@arg2=3939:when=$((reads + 1)) \
		"$MKEYFILE" add 7 -q -f keyfile
	assert_equal 2 "mkeyfile add: cannot read back the new content of 'keyfile': Input/output error" ""
	same "$before" "$(snapshot)"
}
