/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_KEYFILE_NEXT_SETTINGS_H
#define MKEYFILE_CLI_KEYFILE_NEXT_SETTINGS_H

#include "cli/options/options.h"

/* Prints the lines that the server's option file needs after its key file was encrypted, or no
 * longer needs after the file was decrypted, as 'mkeyfile config' writes them. password_file:
 * NULL or "-" if the password is not in a file. */
void next_settings_of_encrypted(const struct options *options, const char *password_file);
void next_settings_of_plain(const struct options *options, const char *password_file);

#endif
