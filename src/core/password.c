/* SPDX-License-Identifier: MIT */
#include "core/password.h"

#include "core/child.h"
#include "core/cleanup.h"
#include "core/crypto.h"
#include "core/file.h"
#include "core/key.h"

#include <openssl/rand.h>
#include <string.h>

static void trim_line_ends(struct password *password)
{
	struct secret *text = &password->secret;

	while (text->size && (text->data[text->size - 1] == '\r' || text->data[text->size - 1] == '\n')) {
		text->size--;
		password->had_carriage_return |= text->data[text->size] == '\r';
	}
}

struct fault password_from_bytes(struct secret *raw, struct password *ret_password)
{
	PASSWORD struct password password = { .secret = secret_take(raw) };
	struct secret *text = &password.secret;
	struct fault fault = fault_none();
	const unsigned char *nul;

	if (!text->size)
		return fault_of(FAULT_PASSWORD_EMPTY);
	if (text->size > PASSWORD_MAX_SIZE + 1)
		text->size = PASSWORD_MAX_SIZE + 1;
	trim_line_ends(&password);
	if (text->size > PASSWORD_MAX_SIZE) {
		fault = fault_of(FAULT_PASSWORD_TOO_LONG);
		text->size = PASSWORD_MAX_SIZE;
		trim_line_ends(&password);
	}
	nul = text->size ? memchr(text->data, '\0', text->size) : NULL;
	if (nul) {
		password.cut_at_nul = true;
		text->size = (size_t)(nul - text->data);
	}
	if (!text->size && !fault.code)
		fault = fault_of(FAULT_PASSWORD_BLANK);
	password.has_line_break =
		text->size && (memchr(text->data, '\n', text->size) || memchr(text->data, '\r', text->size));
	*ret_password = password;
	password = (struct password){ 0 };
	return fault;
}

struct fault password_from_descriptor(int descriptor, struct password *ret_password)
{
	SECRET struct secret raw = { 0 };
	struct fault fault = file_read_start(descriptor, PASSWORD_MAX_SIZE + 1, &raw);

	return fault.code ? fault : password_from_bytes(&raw, ret_password);
}

struct fault password_from_file(const char *path, struct password *ret_password)
{
	DESCRIPTOR int descriptor = -1;
	struct fault fault = file_open(path, &descriptor);

	return fault.code ? fault : password_from_descriptor(descriptor, ret_password);
}

struct fault password_from_command(const char *command, char *const environment[], unsigned int timeout,
				   struct password *ret_password)
{
	char shell[] = "sh";
	char flag[] = "-c";
	char *arguments[] = { shell, flag, (char *)command, NULL };
	const struct child child = {
		.program = "/bin/sh", .arguments = arguments, .environment = environment, .timeout = timeout
	};
	SECRET struct secret raw = { 0 };
	struct fault fault = child_read(&child, PASSWORD_MAX_SIZE + 1, &raw);
	struct fault failed = fault;

	if (fault.code && fault.code != FAULT_COMMAND_FAILED)
		return fault;
	if (raw.data)
		fault = password_from_bytes(&raw, ret_password);
	/* a command that writes too much is killed by SIGPIPE: the length is the cause */
	if (!failed.code || fault.code == FAULT_PASSWORD_TOO_LONG)
		return fault;
	if (!fault.code)
		password_free(ret_password);
	return failed;
}

struct fault password_from_text(const char *text, struct password *ret_password)
{
	size_t size = strlen(text);

	if (!size)
		return fault_of(FAULT_PASSWORD_BLANK);
	ret_password->has_line_break = strpbrk(text, "\r\n") != NULL;
	return secret_copy(&ret_password->secret, text, size);
}

struct fault password_check_new(const struct password *password)
{
	if (password->cut_at_nul)
		return fault_of(FAULT_PASSWORD_NUL);
	if (password->has_line_break)
		return fault_of(FAULT_PASSWORD_NEWLINE);
	return fault_none();
}

struct fault password_generate(struct secret *ret_text)
{
	SECRET struct secret bytes = { 0 };
	SECRET struct secret text = { 0 };
	struct fault fault = secret_allocate(&bytes, PASSWORD_RANDOM_BYTES);

	if (!fault.code)
		fault = secret_allocate(&text, 2 * PASSWORD_RANDOM_BYTES + 1);
	if (!fault.code)
		fault = crypto_start();
	if (fault.code)
		return fault;
	if (RAND_priv_bytes(bytes.data, PASSWORD_RANDOM_BYTES) != 1)
		return crypto_fault(FAULT_RANDOM);
	key_to_hex(bytes.data, PASSWORD_RANDOM_BYTES, text.data);
	text.size = (size_t)2 * PASSWORD_RANDOM_BYTES;
	secret_append(&text, "\n", 1);
	*ret_text = secret_take(&text);
	return fault_none();
}

void password_free(struct password *password)
{
	secret_free(&password->secret);
	*password = (struct password){ 0 };
}
