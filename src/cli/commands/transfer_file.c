/* SPDX-License-Identifier: MIT */
#include "cli/commands/transfer_file.h"

#include "cli/commands/transfer_proof.h"

enum status transfer_to_file(struct transfer *transfer, const struct manager *reader, const struct keyfile *source,
			     struct target_file *target)
{
	const struct keyfile *present = &target->content.keyfile;
	enum status status = transfer_compare(transfer, source, present);

	if (!status && transfer->what->options->writing.no_dates)
		transfer_forget_dates(transfer);
	if (!status && transfer->copied.count)
		status = target_file_add(target, &transfer->missing);
	if (!status)
		status = transfer_prove(transfer, reader, transfer->copied.count ? &target->text : &present->text);
	if (!status && transfer->copied.count)
		status = target_file_write(target);
	if (!status)
		transfer_say(transfer, target);
	return status;
}
