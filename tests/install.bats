#!/usr/bin/env bats
bats_require_minimum_version 1.5.0
load common

make_quietly() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "${abs_top_builddir:?}" "$@"
}

@test "make install puts everything below DESTDIR, make uninstall takes it away" {
	run -0 make_quietly install DESTDIR="$PWD/root" prefix=/usr
	# the server plugin is there when the server's headers are, the client of status when Connector/C is
	local plugin='' client=''
	[ ! -e "$abs_top_builddir/mkeyfile_key_management.so" ] ||
		plugin=$'./usr/lib/mysql/plugin/mkeyfile_key_management.so\n'
	[ ! -x "$abs_top_builddir/mkeyfile-client" ] || client=$'./usr/libexec/mkeyfile/mkeyfile-client\n'
	same "./usr/bin/mkeyfile
$plugin$client./usr/share/bash-completion/completions/mkeyfile
./usr/share/man/man1/mkeyfile-add.1
./usr/share/man/man1/mkeyfile-config.1
./usr/share/man/man1/mkeyfile-decrypt.1
./usr/share/man/man1/mkeyfile-diff.1
./usr/share/man/man1/mkeyfile-encrypt.1
./usr/share/man/man1/mkeyfile-generate.1
./usr/share/man/man1/mkeyfile-list.1
./usr/share/man/man1/mkeyfile-passwd.1
./usr/share/man/man1/mkeyfile-remove.1
./usr/share/man/man1/mkeyfile-rotate.1
./usr/share/man/man1/mkeyfile-status.1
./usr/share/man/man1/mkeyfile-verify.1
./usr/share/man/man1/mkeyfile.1
./usr/share/man/man5/mkeyfile.5
./usr/share/man/man7/mkeyfile-plugin.7
./usr/share/man/man7/mkeyfile-rotation.7" "$(cd root && find . -type f | sort)"
	run -0 root/usr/bin/mkeyfile --version
	run -0 make_quietly uninstall DESTDIR="$PWD/root" prefix=/usr
	same "" "$(find root -type f)"
}

@test "the completion goes where bash-completion looks" {
	run -0 make_quietly install DESTDIR="$PWD/root" prefix=/usr
	[ -f "root$(pkg-config --variable=completionsdir bash-completion)/mkeyfile" ]
}
