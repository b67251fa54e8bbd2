/* SPDX-License-Identifier: MIT */
#include "cli/commands/transfer.h"

#include "cli/keyfile/report.h"
#include "cli/managers/key_text.h"
#include "cli/options/defaults.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "cli/words/shell_word.h"
#include "core/cleanup.h"

#include <string.h>

enum status take_transfer_operand(const struct option_spec *spec, const char *value, void *place)
{
	struct transfer_operands *operands = place;

	if (operands->place)
		return option_take_key_ids(spec, value, &operands->ids);
	operands->place = value;
	return STATUS_DONE;
}

void free_transfer_operands(void *place)
{
	struct transfer_operands *operands = place;

	key_ids_free(&operands->ids);
}

void transfer_free(struct transfer *transfer)
{
	keyset_free(&transfer->of_source);
	keyset_free(&transfer->of_target);
	new_keys_free(&transfer->missing);
	keyset_free(&transfer->copied);
	json_decref(transfer->conflicts);
}

enum status transfer_complete(struct transfer_options *what)
{
	struct options *options = what->options;
	int uses = is_standard_stream(what->named.place) + reads_standard_input(&options->password) +
		   reads_standard_input(&what->how.other_password);
	enum status status = key_ids_check_version(&what->named.ids, what->version);

	options->writing.any_seal = what->force;
	if (status)
		return status;
	if (uses > 1)
		return usage_error("only one of the files and passwords can come from standard input");
	if (what->datadirs.of_server)
		status = defaults_complete_host(options);
	return status ? status : datadirs_complete(&what->datadirs, &options->host);
}

struct key_choice transfer_choice(const struct transfer_options *what)
{
	return (struct key_choice){ &what->named.ids, what->version };
}

/* ---- the comparison ---- */

static enum status refuse_absent(const struct transfer *transfer, uint32_t id)
{
	if (transfer->what->version)
		message_error(KEY_VERSION_ABSENT, id, transfer->what->version, transfer->from);
	else
		message_error(KEY_ID_ABSENT, id, transfer->from);
	return STATUS_FAILED;
}

/* Each given ID must be in the source. */
static enum status check_choice(const struct transfer *transfer, const struct keyfile *source)
{
	const struct key_ids *ids = &transfer->what->named.ids;
	uint32_t version = transfer->what->version;
	size_t count;

	for (size_t i = 0; i < ids->count; i++)
		if (version ? !keyfile_find_version(source, ids->ids[i], version)
			    : !keyfile_find(source, ids->ids[i], &count))
			return refuse_absent(transfer, ids->ids[i]);
	if (source->count)
		return STATUS_DONE;
	message_error("'%s' contains no keys", transfer->from);
	return STATUS_FAILED;
}

static void say_conflict(const struct transfer *transfer, const struct keyset_member *from,
			 const struct keyset_member *to)
{
	message_error("key ID %u version %u differs: fingerprint %s in '%s', %s in '%s'", from->id, from->version,
		      from->fingerprint.text, transfer->from, to->fingerprint.text, transfer->to);
	json_array_append_new(transfer->conflicts, json_pack("{s:o, s:o}", "source", report_member_json(from), "target",
							     report_member_json(to)));
}

static struct fault compare(struct transfer *transfer, const struct keyfile *source)
{
	const struct keyset_member *from;
	const struct keyset_member *to;
	struct keyset_walk walk = { 0 };
	struct fault fault = fault_none();

	while (!fault.code && keyset_next(&transfer->of_source, &transfer->of_target, &walk, &from, &to)) {
		if (from && !to) {
			new_keys_copy(&transfer->missing, source,
				      keyfile_find_version(source, from->id, from->version));
			fault = keyset_add(&transfer->copied, from);
		} else if (from && strcmp(from->fingerprint.text, to->fingerprint.text)) {
			say_conflict(transfer, from, to);
		} else if (from) {
			transfer->present++;
		}
	}
	return fault;
}

static struct fault find_keysets(struct transfer *transfer, const struct keyfile *source, const struct keyfile *target)
{
	struct fault fault = keyset_of_keyfile(source, &transfer->of_source);

	if (!fault.code && target->count)
		fault = keyset_of_keyfile(target, &transfer->of_target);
	return fault;
}

enum status transfer_compare(struct transfer *transfer, const struct keyfile *source, const struct keyfile *target)
{
	enum status status = check_choice(transfer, source);

	if (!status)
		status = message_fault(find_keysets(transfer, source, target), transfer->from);
	if (!status)
		status = new_keys_allocate(&transfer->missing, source->count, NULL);
	transfer->conflicts = json_array();
	if (!status)
		status = message_fault(compare(transfer, source), transfer->from);
	if (status || !json_array_size(transfer->conflicts))
		return status;
	message_hint("run 'mkeyfile verify --datadir=DIR' with each of them to find out which key the data needs");
	return STATUS_REFUSED;
}

void transfer_forget_dates(struct transfer *transfer)
{
	new_keys_forget_dates(&transfer->missing);
	for (size_t i = 0; i < transfer->copied.count; i++)
		transfer->copied.members[i].created = (struct date){ "" };
}

/* ---- what was done ---- */

void transfer_say(const struct transfer *transfer, const struct target_file *target)
{
	const struct keyset *copied = &transfer->copied;
	bool is_new = target && target->is_new;
	const char *done = is_new ? "created" : "changed";

	if (!copied->count) {
		if (transfer->present == 1)
			message_note("'%s' already has the key of '%s'", transfer->to, transfer->from);
		else
			message_note("'%s' already has all %zu keys of '%s'", transfer->to, transfer->present,
				     transfer->from);
		return;
	}
	if (transfer->what->options->writing.dry_run)
		done = is_new ? "would create" : "would change";
	message_note("%s '%s'%s", done, transfer->to, target && target->content.encrypted ? ", encrypted" : "");
	report_say_keyset(copied);
	if (transfer->present)
		message_note("  %zu key%s already there", transfer->present,
			     transfer->present == 1 ? " was" : "s were");
}

void transfer_say_proof(const struct transfer *transfer, const char *name)
{
	HEAP char *word = transfer->what->datadirs.count ? NULL : shell_word(name);

	if (word)
		message_step("run 'mkeyfile verify --file=%s --server-data' to prove that the keys decrypt the data",
			     word);
}

void transfer_set_json(const struct transfer *transfer, enum status status, const char *role,
		       const struct target_file *target)
{
	const struct options *options = transfer->what->options;
	bool has_conflicts = json_array_size(transfer->conflicts) > 0;
	bool changed = !has_conflicts && transfer->copied.count;
	json_t *object;

	if (!options->talk.json || (status && !has_conflicts))
		return;
	object = report_change_json(options->file, &options->writing, target && target->content.encrypted,
				    target && changed ? &target->store : NULL, target ? target->options->file : "");
	json_object_set_new(object, "changed", json_boolean(changed));
	json_object_set_new(object, role, json_text(transfer->what->named.place));
	json_object_set_new(object, "keys", report_keyset_json(&transfer->copied));
	json_object_set_new(object, "present", json_integer((json_int_t)transfer->present));
	json_object_set(object, "conflicts", transfer->conflicts);
	document_set(object);
}
