/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/password.h"

/* Decrypts and parses a key file, and checks and encrypts a new one. These functions report
 * what fails. */

/* An open key file, with its password and KDF if it was encrypted. */
struct content {
	bool encrypted;
	struct password password; /* when encrypted */
	struct kdf kdf;		  /* when encrypted */
	enum seal seal;
	struct keyfile keyfile;
};

#define CONTENT __attribute__((cleanup(content_free)))

void content_free(struct content *content);

/* The password of an encrypted key file, which belongs to content. NULL: the file is plain. */
const struct secret *content_password(const struct content *content);

/* Opens and parses raw, the bytes of the file called name. The caller keeps raw. */
MUST_CHECK enum status content_open(const struct password_source *source, struct kdf kdf, const char *name,
				    const struct secret *raw, struct content *ret_content);

/* Opens and parses raw, which is encrypted, with the password in content. */
MUST_CHECK struct fault content_decrypt(const struct secret *raw, struct kdf kdf, struct content *content);

/* The hint of commands that do not try other digests and iteration counts themselves. */
void content_hint_at_verify(void);

/* "sha1, 1 iteration", "sha256, PBKDF2 with 10000 iterations" in static memory. */
const char *kdf_words(struct kdf kdf);

/* Warns if the target, where there is one, would not load the text or could not decrypt it.
 * kdf NULL: the file is plain. disk_size: bytes of the file. */
void content_warn_unless_target_loads(const struct target *target, const char *name, const struct secret *text,
				      const struct kdf *kdf, size_t disk_size);

/* How to encrypt a text. */
struct encryption {
	const struct password *password;
	struct kdf kdf;
};

/* Turns text into the new bytes of the file called name. Parses text again and checks that
 * the target (without one: some server) loads it and that it is not too large. If older is
 * given, also checks that text has every key of older, and no ID and version twice. Old seals are
 * removed first. Then seals and encrypts text, and decrypts the result again. encryption NULL: the
 * text stays plain. */
MUST_CHECK enum status content_make(const struct target *target, const char *name, const struct secret *text,
				    const struct keyfile *older, const struct encryption *encryption,
				    struct secret *ret_raw);

/* Refuses a KDF that the server cannot read. The server is the target, or without one the
 * server installed on this host. */
MUST_CHECK enum status content_require_kdf(const struct options *options, struct kdf kdf);

/* Only the checks of content_make, with the same messages. */
MUST_CHECK enum status content_check(const struct target *target, const char *name, const struct secret *text,
				     const struct keyfile *older, const struct encryption *encryption);
