/* SPDX-License-Identifier: MIT */
#include "plugin/words.h"

#include "plugin/server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void words_fault(const struct keyring_source *source, struct keyring_fault what, struct words *words)
{
	bool of_password = what.path == source->password_path;
	enum words_release release = server_is_from_11_8() ? WORDS_FROM_11_8 : WORDS_BEFORE_11_8;

	/* a read error of the password file has the same words in every release */
	if (what.fault.code == FAULT_READ && of_password)
		release = WORDS_BEFORE_11_8;
	else if (what.fault.code == FAULT_READ && what.fault.error_number == EISDIR)
		what.fault = words_fault_of_directory(release);
	words->number = words_of_plugin(what.fault, what.path, release, words->text, WORDS_SIZE);
}

void words_loss(struct keyring_loss loss, const char *path, struct words *words)
{
	words_own(words, "Key ID %u version %u, which the server has loaded, %s %s", loss.id, loss.version,
		  loss.changed ? "has a different key in" : "is missing in", path);
}

void words_own(struct words *words, const char *format, ...)
{
	va_list arguments;

	words->number = WORDS_OWN;
	va_start(arguments, format);
	vsnprintf(words->text, WORDS_SIZE, format, arguments);
	va_end(arguments);
}
