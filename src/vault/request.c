/* SPDX-License-Identifier: MIT */
#include "vault/request.h"

#include "core/deadline.h"

#include <stdlib.h>
#include <string.h>

/* More than any request: a key file has a million bytes at most. */
#define REQUEST_MAX (8u << 20)

const char *request_text(const struct request *request, const char *name)
{
	const char *text = json_string_value(json_object_get(request->settings, name));

	return text ? text : "";
}

uint32_t request_number(const struct request *request, const char *name)
{
	json_int_t number = json_integer_value(json_object_get(request->settings, name));

	return number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* The line at *position, without its end, or NULL; *position is then after the line. */
static const unsigned char *next_line(const struct secret *text, size_t *position, size_t *ret_size)
{
	const unsigned char *line = text->data + *position;
	const unsigned char *end = memchr(line, '\n', text->size - *position);

	if (!end)
		return NULL;
	*ret_size = (size_t)(end - line);
	*position += *ret_size + 1;
	return line;
}

static bool take_number(const unsigned char **text, const unsigned char *end, uint32_t *ret_number)
{
	uint64_t number = 0;

	for (; *text < end && **text >= '0' && **text <= '9' && number <= UINT32_MAX; ++*text)
		number = 10 * number + (unsigned int)(**text - '0');
	if (!number || number > UINT32_MAX || *text == end || **text != ';')
		return false;
	++*text;
	*ret_number = (uint32_t)number;
	return true;
}

static bool take_key(const unsigned char *text, size_t size, struct key_line *line)
{
	const unsigned char *end = text + size;

	if (!take_number(&text, end, &line->id) || !take_number(&text, end, &line->version))
		return false;
	line->hex = text;
	line->digits = (size_t)(end - text);
	for (; text < end; text++)
		if ((*text < '0' || *text > '9') && (*text < 'a' || *text > 'f'))
			return false;
	return line->digits == 32 || line->digits == 48 || line->digits == 64;
}

static bool is_after(const struct key_line *line, const struct key_line *before)
{
	return line->id != before->id ? line->id > before->id : line->version > before->version;
}

static bool take_keys(struct request *request, size_t position)
{
	struct key_line *list = calloc(secret_count_lines(&request->text, position) + 1, sizeof(*list));
	const unsigned char *line;
	size_t count = 0;
	size_t size;

	request->lines.list = list;
	while (list && (line = next_line(&request->text, &position, &size))) {
		if (!take_key(line, size, &list[count]) || (count && !is_after(&list[count], &list[count - 1])))
			return false;
		count++;
	}
	request->lines.count = count;
	return list && position == request->text.size;
}

static bool take_numbers(const struct request *request, const char *name, uint32_t **ret_numbers, size_t *ret_count)
{
	const json_t *array = json_object_get(request->settings, name);
	uint32_t *numbers;

	if (!json_array_size(array))
		return true;
	numbers = calloc(json_array_size(array), sizeof(*numbers));
	for (size_t i = 0; numbers && i < json_array_size(array); i++)
		numbers[(*ret_count)++] = (uint32_t)json_integer_value(json_array_get(array, i));
	*ret_numbers = numbers;
	return numbers != NULL;
}

static bool take_text(struct request *request)
{
	const unsigned char *line;
	size_t position = 0;
	size_t size;

	line = next_line(&request->text, &position, &size);
	if (line)
		request->settings = json_loadb((const char *)line, size, 0, NULL);
	line = next_line(&request->text, &position, &size);
	return line && json_is_object(request->settings) && !secret_copy(&request->token, line, size).code &&
	       take_numbers(request, "ids", &request->ids, &request->id_count) &&
	       take_numbers(request, "kept", &request->lines.kept, &request->lines.kept_count) &&
	       take_keys(request, position);
}

bool request_read(int descriptor, struct request *ret_request)
{
	struct request request = { 0 };
	bool is_good = !secret_allocate(&request.text, REQUEST_MAX).code &&
		       !deadline_fill(descriptor, REQUEST_MAX, DEADLINE_NONE, &request.text).code &&
		       take_text(&request);

	if (is_good)
		*ret_request = request;
	else
		request_free(&request);
	return is_good;
}

void request_free(struct request *request)
{
	json_decref(request->settings);
	free(request->lines.list);
	free(request->lines.kept);
	free(request->ids);
	secret_free(&request->token);
	secret_free(&request->text);
	*request = (struct request){ .settings = NULL };
}
