#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# One data directory is upgraded through several server releases.
# bats file_tags=releases
bats_require_minimum_version 1.5.0
load common
load data
load plugin

teardown() {
	server_stop
}

# Runs verify with all keys, and without each key in turn.
proven_and_refuted() { # directory ID...
	local directory=$1 id
	shift
	run -0 mkeyfile verify -q --no-defaults --server-user=root -f keys --datadir="$directory" --full
	for id; do
		data_remove_key keys "$id" >lacks
		chmod 600 lacks
		run -1 mkeyfile verify -q --no-defaults --server-user=root -f lacks --datadir="$directory" --full
		cp keys less
		run -4 mkeyfile remove -q --no-defaults "${id%;*}" -f less --datadir="$directory"
		cmp keys less
	done
}

@test "verify finds right and wrong keys after upgrades from 10.5 to 10.11 and to 11.8" {
	local release plugins
	data_keys keys
	for release in bullseye bookworm trixie; do
		server_release $release
		[ -d data ] || data_install "$PWD/data"
		plugins=()
		[ $release != trixie ] || plugins=(--plugin-load-add=provider_lz4)
		data_start "$PWD/data" "$PWD/keys" "${plugins[@]}"
		[ -d data/db ] || data_tables 16 200 | data_sql "$PWD/data"
		mariadb-upgrade --no-defaults -uroot -S "$PWD/data.socket" >upgrade.log 2>&1 || { cat upgrade.log; false; }
		data_sql "$PWD/data" <<-END
			USE db;
			CREATE TABLE made_by_$release (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
			INSERT INTO made_by_$release SELECT * FROM source;
			UPDATE dynamic_ SET t = CONCAT(t, 'y') WHERE i % 3 = 0;
			DELETE FROM aria WHERE i % 5 = 0;
			REPLACE INTO fulltext_ SELECT i + 1000, CONCAT(t, ' $release') FROM source LIMIT 20;
		END
		data_wait_encrypted "$PWD/data"
		run -0 mkeyfile verify -q --no-defaults --server-user=root -f keys --datadir=data
		data_sql "$PWD/data" <<<"UPDATE db.compact_ SET t = CONCAT(t, 'z')"
		kill_server
		cp -a data killed
		proven_and_refuted killed 1 100 101
		rm -r killed
		data_start "$PWD/data" "$PWD/keys" "${plugins[@]}"
		server_stop
		proven_and_refuted data 1 100 101
		cp keys less
		run -0 mkeyfile remove -q --no-defaults 102 -f less --datadir=data
	done
}

@test "key versions of the plugin still work after an upgrade from 10.11 to 11.8" {
	local release version=1 plugin i
	[ -e "$abs_top_builddir/mkeyfile_key_management.so" ] || skip 'requires the server plugin'
	data_keys keys
	for release in bookworm trixie; do
		server_release $release
		plugin_dir=
		rm -rf plugins
		plugin_setup
		plugin=(--plugin-dir="$plugin_dir" --plugin-load-add=mkeyfile_key_management --mkeyfile-key-management=FORCE
			--mkeyfile-key-management-filename="$PWD/keys")
		[ -d data ] || data_install "$PWD/data"
		data_start "$PWD/data" '' "${plugin[@]}"
		[ -d data/db ] || data_sql "$PWD/data" <<-'END'
			CREATE DATABASE db; USE db;
			CREATE TABLE hundred (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
			CREATE TABLE other (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=101;
			CREATE TABLE aria (i INT PRIMARY KEY, t TEXT) ENGINE=Aria;
			INSERT INTO hundred SELECT seq, REPEAT(seq, 30) FROM seq_1_to_500;
			INSERT INTO other SELECT * FROM hundred;
			INSERT INTO aria SELECT * FROM hundred;
		END
		mariadb-upgrade --no-defaults -uroot -S "$PWD/data.socket" >upgrade.log 2>&1 || { cat upgrade.log; false; }
		# the server re-encrypts pages that are more than one version old
		mkeyfile rotate --all -q --no-defaults -t 11.8-enterprise -f keys
		mkeyfile rotate --all -q --no-defaults -f keys
		version=$((version + 2))
		data_sql "$PWD/data" <<<'SET GLOBAL mkeyfile_key_management_reload = ON'
		for ((i = 0; i < 600; i++)); do
			[ "$(data_sql "$PWD/data" <<<"SELECT COUNT(*) FROM information_schema.INNODB_TABLESPACES_ENCRYPTION
				WHERE MIN_KEY_VERSION < $version")" != 0 ] || break
			sleep 0.05
		done
		data_sql "$PWD/data" <<<'UPDATE db.hundred SET t = CONCAT(t, 1)'
		server_stop
		# the redo log and Aria tables keep their versions
		proven_and_refuted data "1;$version" "100;$version" "101;$version"
	done
}
