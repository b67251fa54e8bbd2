#!/usr/bin/env bats
bats_require_minimum_version 1.5.0
load common

make_quietly() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "${abs_top_builddir:?}" "$@"
}

@test "make install writes only below DESTDIR, make uninstall removes everything" {
	run -0 make_quietly install DESTDIR="$PWD/root" prefix=/usr
	# the server plugin is there when the server's headers are, the client of status when Connector/C is, and mkeyfile-vault when libcurl is
	local plugin='' client='' vault=''
	[ ! -e "$abs_top_builddir/mkeyfile_key_management.so" ] ||
		plugin=$'./usr/lib/mysql/plugin/mkeyfile_key_management.so\n'
	[ ! -x "$abs_top_builddir/mkeyfile-client" ] || client=$'./usr/libexec/mkeyfile/mkeyfile-client\n'
	[ ! -x "$abs_top_builddir/mkeyfile-vault" ] || vault=$'./usr/libexec/mkeyfile/mkeyfile-vault\n'
	same "./usr/bin/mkeyfile
$plugin$client$vault./usr/share/bash-completion/completions/mkeyfile
./usr/share/fish/vendor_completions.d/mkeyfile.fish
./usr/share/man/man1/mkeyfile-add.1
./usr/share/man/man1/mkeyfile-config.1
./usr/share/man/man1/mkeyfile-decrypt.1
./usr/share/man/man1/mkeyfile-diff.1
./usr/share/man/man1/mkeyfile-encrypt.1
./usr/share/man/man1/mkeyfile-ensure.1
./usr/share/man/man1/mkeyfile-export.1
./usr/share/man/man1/mkeyfile-generate.1
./usr/share/man/man1/mkeyfile-import.1
./usr/share/man/man1/mkeyfile-list.1
./usr/share/man/man1/mkeyfile-passwd.1
./usr/share/man/man1/mkeyfile-remove.1
./usr/share/man/man1/mkeyfile-rotate.1
./usr/share/man/man1/mkeyfile-seal.1
./usr/share/man/man1/mkeyfile-status.1
./usr/share/man/man1/mkeyfile-verify.1
./usr/share/man/man1/mkeyfile.1
./usr/share/man/man5/mkeyfile.5
./usr/share/man/man7/mkeyfile-migrate.7
./usr/share/man/man7/mkeyfile-plugin.7
./usr/share/man/man7/mkeyfile-rotation.7
./usr/share/man/man7/mkeyfile-troubleshooting.7
./usr/share/mkeyfile/mkeyfile.schema.json
./usr/share/zsh/site-functions/_mkeyfile" "$(cd root && find . -type f | sort)"
	run -0 root/usr/bin/mkeyfile --version
	run -0 make_quietly uninstall DESTDIR="$PWD/root" prefix=/usr
	same "" "$(find root -type f)"
}

@test "make uninstall leaves a prefix as it was before make install" {
	local before
	# what a prefix has anyway, and what other packages have in the same directories
	mkdir -p prefix/{bin,libexec,lib/mysql/plugin,share/{bash-completion/completions,fish/vendor_completions.d,zsh/site-functions,man/man{1,5,7}}}
	touch prefix/bin/other prefix/lib/mysql/plugin/other.so prefix/share/man/man1/other.1
	before=$(find prefix | sort)
	run -0 make_quietly install prefix="$PWD/prefix" serverplugindir="$PWD/prefix/lib/mysql/plugin" \
		bashcompletiondir="$PWD/prefix/share/bash-completion/completions" \
		fishcompletiondir="$PWD/prefix/share/fish/vendor_completions.d"
	run -0 prefix/bin/mkeyfile --version
	run -0 make_quietly uninstall prefix="$PWD/prefix" serverplugindir="$PWD/prefix/lib/mysql/plugin" \
		bashcompletiondir="$PWD/prefix/share/bash-completion/completions" \
		fishcompletiondir="$PWD/prefix/share/fish/vendor_completions.d"
	same "$before" "$(find prefix | sort)"
}

# Prints where configure looks for the server's plugin directory, with the programs in bin before all others.
configured_plugin_dir() {
	cat >configure.ac <<-END
		AC_INIT([plugin-dir], [1])
		AC_PROG_SED
		m4_include([$abs_top_srcdir/m4/server-plugin.m4])
		_MKEYFILE_SERVER_PLUGIN_DIR
		echo "\$serverplugindir \$serverplugindir_from" >found
	END
	autoconf --warnings=none
	PATH=$PWD/bin:$PATH PKG_CONFIG=false sh ./configure --no-create >/dev/null
	cat found
}

@test "the plugin is installed where the server loads plugins: from its option files, else from the server itself" {
	command -v autoconf >/dev/null || skip "autoconf is not installed"
	mkdir bin
	printf '#!/bin/sh\necho --plugin_dir=/first\necho --plugin-dir=/our/plugins/\n' >bin/my_print_defaults
	printf '#!/bin/sh\necho "plugin-dir      /built/in/"\n' >bin/mariadbd
	chmod +x bin/*
	same "/our/plugins server" "$(configured_plugin_dir)"
	printf '#!/bin/sh\n' >bin/my_print_defaults
	same "/built/in server" "$(configured_plugin_dir)"
}

@test "the completions are installed where bash-completion and fish look, or where configure is told" {
	run -0 make_quietly install DESTDIR="$PWD/root" prefix=/usr zshcompletiondir=/usr/share/zsh/vendor-completions
	[ -f "root$(pkg-config --variable=completionsdir bash-completion)/mkeyfile" ]
	[ -f "root$(pkg-config --variable=completionsdir fish)/mkeyfile.fish" ]
	[ -f root/usr/share/zsh/vendor-completions/_mkeyfile ]
}

@test "make install reports that no server told its plugin directory" {
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
	local page link
	while read -r link; do
		[ -z "$link" ] || [[ $link == https://manpages.debian.org/* ]] || [ -s "$link" ] || { echo "leads nowhere: $link"; return 1; }
	done < <(grep -oh 'href="[^"#]*' ./*.html | sed 's/^href="//' | sort -u)
	grep -q 'href="mkeyfile-verify.1.html"' mkeyfile.1.html
	# and each link within a page to an anchor of it
	for page in *.html; do
		while read -r link; do
			grep -qF "id=\"$link\"" "$page" || { echo "$page: no anchor $link"; return 1; }
		done < <(grep -o 'href="#[^"]*' "$page" | sed 's/^href="#//' | sort -u)
	done
}

# A release of the current directory that would begin; nothing is built.
try_release() { # key
	run env -u GNUPGHOME GNUPGHOME="$PWD/gnupg" scripts/release "$1"
	[ ! -e configure ]
}

@test "release: the tree and the key are checked before anything is built" {
	[ -e "$abs_top_srcdir/scripts/release" ] || skip 'not in the distribution'
	command -v gpg >/dev/null && command -v git >/dev/null || skip 'no gpg or git'
	mkdir -p scripts debian packaging
	mkdir -m 700 gnupg
	cp "$abs_top_srcdir/scripts/release" scripts/
	cp "$abs_top_srcdir/debian/changelog" debian/
	cp "$abs_top_srcdir/packaging/mkeyfile.spec.in" packaging/
	cp "$abs_top_srcdir/NEWS" .
	# it would be run after all checks
	printf '%s\n' 'AC_INIT([mkeyfile], ['"$(sed -n '1s/mkeyfile //p' NEWS)"'])' >configure.ac
	echo /gnupg >.gitignore
	git init -q .
	git add .
	git -c user.name=a -c user.email=a@b commit -q -m first
	local key
	for key in 'one key' 'another key' 'an expired key seconds=1'; do
		# shellcheck disable=SC2086
		GNUPGHOME=$PWD/gnupg gpg --batch --quiet --passphrase '' --quick-generate-key "${key% seconds=1}" ed25519 sign ${key##*key}
	done

	echo change >>NEWS
	try_release 'one key'
	same 1 "$status"
	same ' M NEWS
scripts/release: there are changes that are not committed' "$output"
	git checkout -q NEWS
	try_release nobody
	same "1 scripts/release: gpg has no secret key 'nobody'" "$status $output"
	try_release ''
	same "1 scripts/release: gpg has no secret key ''" "$status $output"
	try_release key
	same "1 scripts/release: gpg has 3 secret keys 'key': use a fingerprint" "$status $output"
	while [ "$(GNUPGHOME=$PWD/gnupg gpg --batch --with-colons --list-keys expired | grep -c '^pub:e')" = 0 ]; do
		sleep 0.1
	done
	try_release expired
	same "1 scripts/release: gpg cannot sign with key 'expired'" "$status $output"
	GNUPGHOME=$PWD/gnupg gpgconf --kill all
}

@test "every file of the Ansible collection is distributed" {
	same "$(cd "$abs_top_srcdir" && find ansible -type f | sort)" \
		"$(sed -n '/^COLLECTION =/,/[^\\]$/s|^\t\(ansible/[^ ]*\).*|\1|p' "$abs_top_srcdir/Makefile.am" | sort)"
}
