/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/seal_rule.h"

#include "cli/words/message.h"
#include "cli/words/refusal_hint.h"
#include "cli/words/shell_word.h"
#include "core/cleanup.h"
#include "core/format.h"

bool seal_is_accepted(const struct options *options, enum seal seal)
{
	return seal != SEAL_BROKEN && !(seal == SEAL_MISSING && options->require_seal);
}

static const char *what_is_wrong(enum seal seal)
{
	return seal == SEAL_BROKEN ? "was changed without mkeyfile: its seal is broken"
				   : "has no seal, and the option files set require-seal";
}

static void hint(const char *name, const char *given)
{
	HEAP char *word = given || is_input_name(name) ? NULL : shell_word(name);
	HEAP char *file = word ? format_text(" --file=%s", word) : NULL;

	message_hint(SEAL_HINT, given ? given : file ? file : "");
}

enum status seal_require(const struct options *options, const char *name, const char *given, enum seal seal)
{
	if (seal_is_accepted(options, seal))
		return STATUS_DONE;
	if (options->writing.any_seal) {
		message_warning("'%s' %s", name, what_is_wrong(seal));
		return STATUS_DONE;
	}
	message_error("'%s' %s", name, what_is_wrong(seal));
	hint(name, given);
	return STATUS_REFUSED;
}

void seal_warn(const struct options *options, const char *name, const char *given, enum seal seal)
{
	if (seal_is_accepted(options, seal))
		return;
	message_warning("'%s' %s", name, what_is_wrong(seal));
	hint(name, given);
}

const char *seal_words(enum seal seal)
{
	return seal == SEAL_INTACT ? "sealed" : seal == SEAL_BROKEN ? "seal broken" : "not sealed";
}

const char *seal_name(enum seal seal)
{
	return seal == SEAL_INTACT ? "sealed" : seal == SEAL_BROKEN ? "broken" : "missing";
}
