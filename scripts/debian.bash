# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Functions for scripts that make a Debian system in a directory.

# Prints the archive of this machine's packages; nothing if there is none.
debian_archive() {
	# shellcheck disable=SC2016 # apt-get fills it in
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1
}

# Scripts of packages must not start or stop services in the system.
without_services() { # root
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
	chmod 755 "$1/usr/sbin/policy-rc.d"
}
