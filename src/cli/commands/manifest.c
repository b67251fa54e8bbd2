/* SPDX-License-Identifier: MIT */
#include "cli/commands/manifest.h"

#include "cli/words/message.h"
#include "core/deadline.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

bool is_manifest(const struct secret *start)
{
	for (size_t i = 0; i < start->size; i++)
		if (!strchr(" \t\r\n", start->data[i]))
			return start->data[i] == '{';
	return false;
}

/* ---- bytes ---- */

struct stream {
	const struct secret *start;
	size_t used; /* bytes read so far, first from start */
	int descriptor;
	int error_number;
};

/* For json_load_callback: reads up to size bytes. */
static size_t read_more(void *buffer, size_t size, void *context)
{
	struct stream *stream = context;
	size_t left = stream->used < stream->start->size ? stream->start->size - stream->used : 0;
	size_t got = left < size ? left : size;

	if (left)
		memcpy(buffer, stream->start->data + stream->used, got);
	else
		stream->error_number =
			deadline_read(stream->descriptor, buffer, size, DEADLINE_NONE, &got).error_number;
	stream->used += got;
	if (stream->used > MANIFEST_MAX_SIZE)
		stream->error_number = EFBIG;
	return stream->error_number ? (size_t)-1 : got;
}

/* ---- members ---- */

static bool take_number(const json_t *object, const char *name, json_int_t most, uint32_t *ret_number)
{
	const json_t *value = json_object_get(object, name);
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 1 || number > most)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

static bool take_fingerprint(const json_t *object, struct fingerprint *ret_fingerprint)
{
	const char *text = json_string_value(json_object_get(object, "fingerprint"));

	if (!text || strlen(text) != sizeof(ret_fingerprint->text) - 1 ||
	    strspn(text, "0123456789abcdef") != sizeof(ret_fingerprint->text) - 1)
		return false;
	strcpy(ret_fingerprint->text, text);
	return true;
}

/* Earlier releases printed no dates. */
static bool take_date(const json_t *key, struct date *ret_date)
{
	const json_t *value = json_object_get(key, "created");
	const char *text = json_string_value(value);

	return !value || json_is_null(value) || (text && date_parse(text, strlen(text), ret_date));
}

/* False: the key does not have the form that list prints. */
static bool take_key(const json_t *key, struct keyset_member *ret_member)
{
	return take_number(key, "id", KEY_ID_MAX, &ret_member->id) &&
	       take_number(key, "version", KEY_VERSION_MAX, &ret_member->version) &&
	       take_number(key, "bits", (json_int_t)8 * KEY_MAX_SIZE, &ret_member->bits) && ret_member->bits % 8 == 0 &&
	       key_size_is_valid(ret_member->bits / 8) && take_fingerprint(key, &ret_member->fingerprint) &&
	       take_date(key, &ret_member->created);
}

static enum status not_a_manifest(const char *name)
{
	message_error("'%s' is JSON, but not the output of 'mkeyfile list --json'", name);
	return STATUS_FAILED;
}

static enum status take_keys(const char *name, const json_t *root, struct keyset *keyset)
{
	const json_t *keys = json_object_get(root, "keys");
	const json_t *key;
	size_t i;

	if (!json_array_size(keys))
		return not_a_manifest(name);
	json_array_foreach (keys, i, key) {
		struct keyset_member member = { 0 };
		struct fault fault;

		if (!take_key(key, &member))
			return not_a_manifest(name);
		fault = keyset_add(keyset, &member);
		if (fault.code)
			return message_fault(fault, name);
	}
	return keyset_sort(keyset) ? STATUS_DONE : not_a_manifest(name);
}

/* A list that was truncated or edited does not match its own fingerprint. */
static enum status check_whole(const char *name, const json_t *root, const struct keyset *keyset)
{
	struct fingerprint claimed;
	struct fingerprint whole;
	struct fault fault = keyset_fingerprint(keyset, &whole);

	if (fault.code)
		return message_fault(fault, name);
	if (!take_fingerprint(root, &claimed))
		return not_a_manifest(name);
	if (!strcmp(claimed.text, whole.text))
		return STATUS_DONE;
	message_error("'%s' is damaged: the fingerprint of all its keys is %s, not %s", name, whole.text, claimed.text);
	return STATUS_FAILED;
}

static enum status interpret(const char *name, const json_t *root, struct keyset *ret_keyset)
{
	const char *error = json_string_value(json_object_get(json_object_get(root, "error"), "message"));
	KEYSET struct keyset keyset = { 0 };
	enum status status;

	if (error) {
		message_error("'%s' contains the error message of another mkeyfile: %s", name, error);
		return STATUS_FAILED;
	}
	status = take_keys(name, root, &keyset);
	if (!status)
		status = check_whole(name, root, &keyset);
	if (status)
		return status;
	*ret_keyset = keyset;
	keyset = (struct keyset){ 0 };
	return STATUS_DONE;
}

enum status manifest_read(const char *name, const struct secret *start, int descriptor, struct keyset *ret_keyset)
{
	struct stream stream = { .start = start, .descriptor = descriptor };
	json_error_t error;
	json_t *root = json_load_callback(read_more, &stream, 0, &error);
	enum status status;

	if (root) {
		status = interpret(name, root, ret_keyset);
		json_decref(root);
		return status;
	}
	if (stream.error_number)
		return message_fault(fault_errno(FAULT_READ, stream.error_number), name);
	message_error("'%s' is neither a key file nor the JSON of 'mkeyfile list': %s at line %d, column %d", name,
		      error.text, error.line, error.column);
	return STATUS_FAILED;
}
