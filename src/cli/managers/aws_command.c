/* SPDX-License-Identifier: MIT */
#include "cli/managers/aws_command.h"

#include "cli/words/message.h"
#include "core/base64.h"
#include "core/child.h"
#include "core/cleanup.h"
#include "core/file.h"
#include "core/format.h"
#include "core/key.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 16
#define PARALLEL 4
/* base64: four digits for three bytes, and a line end */
#define OUTPUT_MAX_SIZE (AWS_BLOB_MAX_SIZE / 3 * 4 + 16)
/* The exit status of a shell for a command that is not found (POSIX, Shell Command Language, 2.8.2). */
#define STATUS_NOT_FOUND 127

/* Runs the command with these arguments. input: NULL: none. silent: discards its error messages. */
static struct fault start(const struct manager *manager, const char *const words[], const struct secret *input,
			  bool silent, struct running_child *ret_running)
{
	const char *command = manager->how->aws_command ? manager->how->aws_command : "aws";
	HEAP char *script = format_text("exec %s \"$@\"", command);
	char *arguments[WORDS_MAX] = { (char[]){ "sh" }, (char[]){ "-c" }, script, (char[]){ "sh" } };
	const struct child child = {
		.program = "/bin/sh",
		.arguments = arguments,
		.environment = manager->options->host.environment,
		.timeout = manager->how->timeout,
		.silent = silent,
		.has_input = input,
		.input = CHILD_INPUT_PIPE,
	};
	struct fault fault;

	for (size_t i = 0; words[i]; i++)
		arguments[4 + i] = (char *)words[i];
	fault = script ? child_start(&child, ret_running) : fault_of(FAULT_MEMORY);
	if (!fault.code && input) {
		/* fits in a pipe; a command that does not read its input shows why by its status */
		struct fault ignored = file_write(ret_running->input, input);

		(void)ignored;
		close(ret_running->input);
	}
	return fault;
}

static void hint_at_failure(struct fault fault)
{
	if (fault.code == FAULT_TIMEOUT)
		message_hint("use --manager-timeout=SECONDS to allow more time");
	else if (fault.error_number >= 0 && WIFEXITED(fault.error_number) &&
		 WEXITSTATUS(fault.error_number) == STATUS_NOT_FOUND)
		message_hint("install the AWS command line interface, or use --aws-command=COMMAND to name it");
	else
		message_hint("check with 'aws sts get-caller-identity' that the command reaches AWS");
}

/* An action of the command, with its words for messages. */
struct operation {
	const char *name;
	const char *const *words;
	size_t input; /* offsets of the members of struct aws_key */
	size_t output;
};

static struct secret *member(struct aws_key *key, size_t offset)
{
	return (struct secret *)(void *)((char *)key + offset);
}

static enum status refuse(const struct operation *operation, const struct aws_key *key, struct fault fault)
{
	HEAP char *program = format_text("aws kms %s", operation->name);

	if (fault.code == FAULT_SYNTAX) {
		message_error("cannot %s '%s': the answer from AWS KMS is not base64", operation->name, key->name);
		return STATUS_FAILED;
	}
	if (!program || (fault.code != FAULT_COMMAND_FAILED && fault.code != FAULT_TIMEOUT))
		return message_fault(fault, key->name);
	message_error("cannot %s '%s' with AWS KMS", operation->name, key->name);
	if (message_program_fault(fault, program))
		hint_at_failure(fault);
	return STATUS_FAILED;
}

static enum status finish(const struct operation *operation, const struct running_child *running, struct aws_key *key)
{
	SECRET struct secret output = { 0 };
	struct fault fault = child_finish(running, OUTPUT_MAX_SIZE, &output);

	if (!fault.code)
		fault = base64_decode(&output, member(key, operation->output));
	return fault.code ? refuse(operation, key, fault) : STATUS_DONE;
}

/* Several commands run at the same time, since each takes about a second to start. */
static enum status run_some(const struct manager *manager, const struct operation *operation, struct aws_key *keys,
			    size_t count)
{
	struct running_child running[PARALLEL];
	enum status status = STATUS_DONE;
	size_t started = 0;

	while (!status && started < count) {
		struct aws_key *key = &keys[started];
		struct fault fault =
			start(manager, operation->words, member(key, operation->input), false, &running[started]);

		if (fault.code)
			status = refuse(operation, key, fault);
		else
			started++;
	}
	for (size_t i = 0; i < started; i++) {
		if (!status) {
			status = finish(operation, &running[i], &keys[i]);
			continue;
		}
		close(running[i].output);
		child_end(&running[i], 0);
	}
	return status;
}

static enum status run(const struct manager *manager, const struct operation *operation, struct aws_key *keys,
		       size_t count)
{
	enum status status = STATUS_DONE;

	for (size_t i = 0; !status && i < count; i += PARALLEL)
		status = run_some(manager, operation, keys + i, count - i < PARALLEL ? count - i : PARALLEL);
	return status;
}

/* The history is a database in the user's home directory, which has the answers of KMS with
 * the keys in them (awscli/customizations/history). */
enum status aws_check_history(const struct manager *manager)
{
	static const char *const words[] = { "configure", "get", "cli_history", NULL };
	SECRET struct secret output = { 0 };
	struct running_child running;
	struct fault fault = start(manager, words, NULL, true, &running);

	if (!fault.code)
		fault = child_finish(&running, OUTPUT_MAX_SIZE, &output);
	if (fault.code || strncmp((const char *)output.data, "enabled", strlen("enabled")))
		return STATUS_DONE;
	message_error("the AWS configuration sets cli_history to 'enabled': the history would contain the keys");
	message_hint("run 'aws configure set cli_history disabled', or use another profile");
	return STATUS_REFUSED;
}

static enum status decrypt(const struct manager *manager, struct aws_key *keys, size_t count)
{
	static const char *const words[] = { "kms",	"decrypt",   "--ciphertext-blob", "fileb:///dev/stdin",
					     "--query", "Plaintext", "--output",	  "text",
					     NULL };
	const struct operation operation = { "decrypt", words, offsetof(struct aws_key, blob),
					     offsetof(struct aws_key, key) };

	return run(manager, &operation, keys, count);
}

enum status aws_decrypt(const struct manager *manager, struct aws_key *keys, size_t count)
{
	enum status status = decrypt(manager, keys, count);

	for (size_t i = 0; !status && i < count; i++) {
		if (key_size_is_valid(keys[i].key.size))
			continue;
		message_error("'%s' decrypts to %zu bytes: a key has 16, 24 or 32", keys[i].name, keys[i].key.size);
		status = STATUS_FAILED;
	}
	return status;
}

/* Decrypts the encrypted keys again, for comparison. */
static enum status check(const struct manager *manager, struct aws_key *keys, size_t count)
{
	struct aws_key *again = calloc(count + 1, sizeof(*again));
	enum status status = STATUS_DONE;

	if (!again)
		return out_of_memory();
	for (size_t i = 0; !status && i < count; i++) {
		again[i].name = strdup(keys[i].name);
		status = again[i].name
				 ? message_fault(secret_copy(&again[i].blob, keys[i].blob.data, keys[i].blob.size),
						 keys[i].name)
				 : out_of_memory();
	}
	if (!status)
		status = decrypt(manager, again, count);
	for (size_t i = 0; !status && i < count; i++) {
		if (secret_equals(&keys[i].key, &again[i].key))
			continue;
		message_error("cannot encrypt '%s': the answer from AWS KMS decrypts to another value", keys[i].name);
		status = STATUS_FAILED;
	}
	aws_keys_free(again, again ? count : 0);
	return status;
}

enum status aws_encrypt(const struct manager *manager, struct aws_key *keys, size_t count)
{
	const char *const words[] = { "kms",	     "encrypt",
				      "--key-id",    manager->how->kms_key_id,
				      "--plaintext", "fileb:///dev/stdin",
				      "--query",     "CiphertextBlob",
				      "--output",    "text",
				      NULL };
	const struct operation operation = { "encrypt", words, offsetof(struct aws_key, key),
					     offsetof(struct aws_key, blob) };
	enum status status = run(manager, &operation, keys, count);

	for (size_t i = 0; !status && i < count; i++) {
		if (keys[i].blob.size <= AWS_BLOB_MAX_SIZE)
			continue;
		message_error("cannot encrypt '%s': the answer from AWS KMS is too large", keys[i].name);
		status = STATUS_FAILED;
	}
	return status ? status : check(manager, keys, count);
}

void aws_keys_free(struct aws_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(keys[i].name);
		secret_free(&keys[i].key);
		secret_free(&keys[i].blob);
	}
	free(keys);
}
