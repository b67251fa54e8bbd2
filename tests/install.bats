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
./usr/share/fish/vendor_completions.d/mkeyfile.fish
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
./usr/share/man/man7/mkeyfile-rotation.7
./usr/share/zsh/site-functions/_mkeyfile" "$(cd root && find . -type f | sort)"
	run -0 root/usr/bin/mkeyfile --version
	run -0 make_quietly uninstall DESTDIR="$PWD/root" prefix=/usr
	same "" "$(find root -type f)"
}

@test "the completions go where bash-completion and fish look, and where configure is told" {
	run -0 make_quietly install DESTDIR="$PWD/root" prefix=/usr zshcompletiondir=/usr/share/zsh/vendor-completions
	[ -f "root$(pkg-config --variable=completionsdir bash-completion)/mkeyfile" ]
	[ -f "root$(pkg-config --variable=completionsdir fish)/mkeyfile.fish" ]
	[ -f root/usr/share/zsh/vendor-completions/_mkeyfile ]
}

@test "make install says when no server told where it looks for plugins" {
	grep -q '^serverplugindir_from = [a-z]' "$abs_top_builddir/Makefile" || skip "built without the server plugin"
	run -0 make_quietly install-exec-hook serverplugindir_from=guess serverplugindir=/here
	same "warning: mkeyfile_key_management.so was installed in /here, but no MariaDB server was found
hint: run SELECT @@plugin_dir in your server, and configure with --with-plugin-dir=DIR if it differs" "$output"
	run -0 make_quietly install-exec-hook serverplugindir_from=guess DESTDIR=/package
	same "" "$output"
	run -0 make_quietly install-exec-hook serverplugindir_from=server
	same "" "$output"
}

@test "make html renders every page, and each link between them leads to one" {
	run -0 make_quietly html
	same "$(cd "$abs_top_srcdir/man" && printf '%s.html\n' mkeyfile*.[157] | sort)" \
		"$(cd "$abs_top_builddir/html" && printf '%s\n' * | sort)"
	cd "$abs_top_builddir/html"
	local link
	while read -r link; do
		[ -z "$link" ] || [[ $link == https://manpages.debian.org/* ]] || [ -s "$link" ] || { echo "leads nowhere: $link"; return 1; }
	done < <(grep -oh 'href="[^"#]*' ./*.html | sed 's/^href="//' | sort -u)
	grep -q 'href="mkeyfile-verify.1.html"' mkeyfile.1.html
}
