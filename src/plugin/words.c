/* SPDX-License-Identifier: MIT */
#include "plugin/words.h"

#include "core/words.h"

#include <stdio.h>

void words_fault(struct keyring_fault what, char words[static WORDS_SIZE])
{
	words_of_plugin(what.fault, what.path, words, WORDS_SIZE);
}

void words_loss(struct keyring_loss loss, const char *path, char words[static WORDS_SIZE])
{
	snprintf(words, WORDS_SIZE, "Key ID %u version %u, which the server has loaded, %s %s", loss.id, loss.version,
		 loss.changed ? "is another key in" : "is missing in", path);
}
