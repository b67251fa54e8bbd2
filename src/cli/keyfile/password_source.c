/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/password_source.h"

#include "cli/words/finding_words.h"
#include "cli/words/message.h"
#include "core/cleanup.h"

#include <bsd/readpassphrase.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As su(1) and ssh(1). */
#define PROMPT_TRIES 3

bool password_source_is_given(const struct password_source *source)
{
	return source->file || source->command || source->descriptor >= 0 || source->text;
}

const char *password_source_name(const struct password_source *source)
{
	static char descriptor_name[sizeof("file descriptor ") + 11];

	if (source->command)
		return "the password command";
	if (source->descriptor >= 0) {
		snprintf(descriptor_name, sizeof(descriptor_name), "file descriptor %d", source->descriptor);
		return descriptor_name;
	}
	if (source->text)
		return "the setting filekey";
	return source->file ? input_name(source->file) : "the terminal";
}

struct fault password_source_read(const struct password_source *source, struct password *ret_password)
{
	if (source->command)
		return password_from_command(source->command, source->environment, source->timeout, ret_password);
	if (source->descriptor >= 0)
		return password_from_descriptor(source->descriptor, ret_password);
	if (source->text)
		return password_from_text(source->text, ret_password);
	if (is_standard_stream(source->file))
		return password_from_descriptor(STDIN_FILENO, ret_password);
	return password_from_file(source->file, ret_password);
}

/* Warns of what the server and openssl do with such a password. A short password gets a
 * warning only when a file is encrypted with it, not each time the file is opened. */
static enum status warn_of(const struct password *password, bool is_new)
{
	FINDINGS struct findings findings = { 0 };

	inspect_password(password, &findings);
	for (size_t i = 0; !findings.fault.code && i < findings.count; i++) {
		HEAP char *words = finding_words(&findings.items[i]);

		if (!words)
			return out_of_memory();
		if (!is_new && findings.items[i].kind == FINDING_SHORT_PASSWORD)
			continue;
		message_warning("%s", words);
		message_hint("%s", finding_hint(findings.items[i].kind));
	}
	return message_fault(findings.fault, "");
}

static void hint_at_source(const struct password_source *source)
{
	message_hint("%s",
		     source->hint ? source->hint
				  : "use --password-file, --password-fd, --password-command or MKEYFILE_PASSWORD_FILE");
}

/* Reads one line from the terminal without echo. readpassphrase(3) opens /dev/tty and
 * restores the echo on INT, TERM, HUP, QUIT and TSTP. */
static enum status prompt(const struct password_source *source, const char *question, const char *name,
			  struct secret *ret_line)
{
	char *visible = visible_text(name);
	char text[512];
	struct fault fault = secret_allocate(ret_line, PASSWORD_MAX_SIZE + 2);

	if (!visible && !fault.code)
		fault = fault_of(FAULT_MEMORY);
	snprintf(text, sizeof(text), "%s '%.400s': ", question, visible ? visible : "");
	free(visible);
	if (fault.code)
		return message_fault(fault, name);
	if (readpassphrase(text, (char *)ret_line->data, PASSWORD_MAX_SIZE + 2, RPP_REQUIRE_TTY)) {
		ret_line->size = strlen((const char *)ret_line->data);
		return STATUS_DONE;
	}
	if (errno == ENOTTY) {
		message_error("cannot ask for the password of '%s': no terminal is available", name);
		hint_at_source(source);
	} else {
		message_error("cannot read a password from the terminal: %s", strerror(errno));
	}
	return STATUS_FAILED;
}

static enum status no_source(const struct password_source *source, const char *name)
{
	message_error("cannot ask for the password of '%s': --no-prompt is set", name);
	hint_at_source(source);
	return STATUS_FAILED;
}

static bool is_blank(struct fault fault)
{
	return fault.code == FAULT_PASSWORD_EMPTY || fault.code == FAULT_PASSWORD_BLANK;
}

static enum status ask(const struct password_source *source, const char *question, const char *name,
		       struct password *ret_password)
{
	SECRET struct secret line = { 0 };
	struct fault fault = fault_of(FAULT_PASSWORD_BLANK);
	enum status status = STATUS_DONE;

	for (unsigned int tries = 0; !status && is_blank(fault) && tries < PROMPT_TRIES; tries++) {
		secret_free(&line);
		password_free(ret_password);
		status = prompt(source, question, name, &line);
		if (!status)
			fault = password_from_bytes(&line, ret_password);
	}
	return status ? status : message_fault(fault, "the terminal");
}

static enum status ask_twice(const struct password_source *source, const char *name, struct password *ret_password)
{
	for (unsigned int tries = 1;; tries++) {
		PASSWORD struct password again = { 0 };
		enum status status = ask(source, "New password for", name, ret_password);

		if (!status)
			status = ask(source, "Again, new password for", name, &again);
		if (status || secret_equals(&ret_password->secret, &again.secret))
			return status;
		if (tries == PROMPT_TRIES)
			break;
		message_note("the passwords do not match, try again");
	}
	message_error("the passwords do not match");
	return STATUS_FAILED;
}

bool password_source_may_retry(const struct password_source *source, const char *name, struct fault fault,
			       unsigned int *tries)
{
	if (fault.code != FAULT_WRONG_PASSWORD || password_source_is_given(source) || ++*tries >= PROMPT_TRIES)
		return false;
	message_note("wrong password for '%s', try again", name);
	return true;
}

static enum status read_source(const struct password_source *source, struct password *ret_password)
{
	struct fault fault = password_source_read(source, ret_password);

	return message_fault(fault, password_source_name(source));
}

enum status password_source_get(const struct password_source *source, const char *name, struct password *ret_password)
{
	enum status status;

	password_free(ret_password);
	if (password_source_is_given(source))
		status = read_source(source, ret_password);
	else
		status = source->no_prompt ? no_source(source, name) : ask(source, "Password of", name, ret_password);
	if (!status)
		status = warn_of(ret_password, false);
	return status;
}

enum status password_source_get_new(const struct password_source *source, const char *name,
				    struct password *ret_password)
{
	enum status status;
	struct fault fault;

	if (password_source_is_given(source))
		status = read_source(source, ret_password);
	else
		status = source->no_prompt ? no_source(source, name) : ask_twice(source, name, ret_password);
	if (status)
		return status;
	fault = password_check_new(ret_password);
	if (fault.code)
		return message_fault(fault, password_source_name(source));
	return warn_of(ret_password, true);
}

enum status new_password_file_make(struct new_password_file *file, struct password *ret_password)
{
	SECRET struct secret copy = { 0 };
	struct fault fault = store_open_absent(&file->store, file->path);

	if (!fault.code)
		fault = password_generate(&file->text);
	if (!fault.code)
		fault = secret_copy(&copy, file->text.data, file->text.size);
	if (!fault.code)
		fault = password_from_bytes(&copy, ret_password);
	return message_fault(fault, file->path);
}

void new_password_file_free(struct new_password_file *file)
{
	secret_free(&file->text);
	store_close(&file->store);
	*file = NEW_PASSWORD_FILE_AT(NULL);
}
