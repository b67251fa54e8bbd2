/* SPDX-License-Identifier: MIT */
#include "cli/managers/key_text.h"

#include "cli/words/message.h"

enum status new_keys_of_keyfile(const struct keyfile *keyfile, const struct key_choice *choice, struct new_keys *keys)
{
	enum status status = new_keys_allocate(keys, keyfile->count, NULL);

	for (size_t i = 0; !status && i < keyfile->count; i++) {
		const struct entry *entry = keyfile->sorted[i];
		const struct entry *next = i + 1 < keyfile->count ? keyfile->sorted[i + 1] : NULL;
		bool is_displaced = next && next->id == entry->id && next->version == entry->version;

		if (!is_displaced && key_choice_has(choice, entry->id, entry->version))
			new_keys_copy(keys, keyfile, entry);
	}
	return status;
}

enum status key_text_make(const struct new_keys *keys, struct secret *ret_text)
{
	const struct keyfile nothing = { 0 };

	return message_fault(keyfile_extend(&nothing, keys->items, keys->count, true, ret_text), "");
}

enum status key_text_parse(const struct manager *manager, const struct secret *text, struct keyfile *ret_keyfile)
{
	SECRET struct secret copy = { 0 };
	struct fault fault = secret_copy(&copy, text->data, text->size);

	if (!fault.code)
		fault = keyfile_parse(&copy, SYNTAX_VERSIONED, ret_keyfile);
	return message_fault(fault, manager->name);
}
