/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/password.h"

/* The steps between what a file holds on disk and the key file in it, with
 * everything that goes wrong said. */

/* A key file, opened: the text, and what opened it when it was encrypted. */
struct content {
	bool encrypted;
	struct password password; /* when encrypted */
	struct kdf kdf;		  /* when encrypted */
	struct keyfile keyfile;
};

#define CONTENT __attribute__((cleanup(content_free)))

void content_free(struct content *content);

/* Opens and parses what was read from the file called name. raw stays the
 * caller's. */
MUST_CHECK enum status content_open(const struct password_source *source, struct kdf kdf, const char *name,
				    const struct secret *raw, struct content *ret_content);

/* Opens and parses raw, which is encrypted, with the password that content has. */
MUST_CHECK struct fault content_unseal(const struct secret *raw, struct kdf kdf, struct content *content);

/* The hint of a command that does not look for what opens a file instead. */
void hint_at_verify(void);

/* "sha1, 1 iteration", "sha256, PBKDF2 with 10000 iterations" in static memory. */
const char *kdf_words(struct kdf kdf);

/* Warns when the target, if one is named, would not load the text, or not open its
 * encrypted form. kdf NULL: it is plain. disk_size: bytes of the file. */
void warn_unless_target_loads(const struct target *target, const char *name, const struct secret *text,
			      const struct kdf *kdf, size_t disk_size);

/* What encrypts a text. */
struct sealing {
	const struct password *password;
	struct kdf kdf;
};

/* Turns text into what is to be written for the file called name: parses it
 * again, makes sure that the target, or else some server, loads it and that it
 * is not too large, and, when older is given, that every key of it is still
 * there and no ID and version stands twice; then seals it and opens that again.
 * sealing NULL: it stays plain. STATUS_REFUSED says what would go wrong. */
MUST_CHECK enum status content_make(const struct target *target, const char *name, const struct secret *text,
				    const struct keyfile *older, const struct sealing *sealing, struct secret *ret_raw);

/* Refuses a KDF that the server cannot read: the target, or where there is none, the server
 * that is installed here. */
MUST_CHECK enum status require_readable_kdf(const struct options *options, struct kdf kdf);

/* The checks of content_make alone, which say what it would. */
MUST_CHECK enum status content_check(const struct target *target, const char *name, const struct secret *text,
				     const struct keyfile *older, const struct sealing *sealing);
