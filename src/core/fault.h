/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* What went wrong. core returns faults by value and never prints. The command line turns
 * a fault into a message and an exit status, the plugin into an SQL error. */
enum fault_code {
	FAULT_NONE = 0,

	/* the machine */
	FAULT_MEMORY,	 /* out of memory */
	FAULT_RANDOM,	 /* the random generator returned no usable bytes */
	FAULT_THREAD,	 /* a thread could not be started; error_number is errno */
	FAULT_ALGORITHM, /* a digest or cipher is missing, or a policy forbids it */

	/* files; error_number is errno */
	FAULT_OPEN,
	FAULT_READ,
	FAULT_PIPE_TIMEOUT, /* no process wrote to a named pipe, or closed it, in time */
	FAULT_NOT_REGULAR,  /* a directory, a device, a named pipe */
	FAULT_TOO_LARGE,    /* more than FILE_MAX_SIZE bytes */
	FAULT_LOCK,
	FAULT_BUSY,	   /* locked by another process: holder, if known */
	FAULT_READ_ONLY,   /* the file system is mounted read-only */
	FAULT_IMMUTABLE,   /* chattr +i or +a on the file or its directory */
	FAULT_MOUNT_POINT, /* the file itself is a mount point (a bind mount) and cannot be renamed */
	FAULT_DIRECTORY,   /* no files can be created in the directory */
	FAULT_UNTRUSTED,   /* someone else owns or can replace a part of its path: trust_refusal() */
	FAULT_EXISTS,
	FAULT_CREATE,
	FAULT_OWNER,	  /* owner or group could not be copied to the new file */
	FAULT_ATTRIBUTES, /* mode, ACL or extended attributes could not be copied to the new file */
	FAULT_ACCESS,	  /* owner, group or mode could not be changed */
	FAULT_WRITE,
	FAULT_READ_BACK, /* reading the file back returned different content */
	FAULT_TORN,	 /* writing in place failed: the file has neither its old nor its new content */
	FAULT_PUBLISH,	 /* renaming failed */
	FAULT_BACKUP,
	FAULT_CHANGED,	      /* another program that ignores the lock changed the file */
	FAULT_DIRECTORY_SYNC, /* the new content is in place, but may not be durable */
	FAULT_OLD_LEFT,	      /* the new content is in place, but the old file could not be removed */
	FAULT_STRANDED,	      /* as FAULT_CHANGED, but the other program's version could not be restored */
	FAULT_INTERRUPTED,    /* a signal arrived before anything changed */

	/* the key file; line and column count from 1, as in the server's messages */
	FAULT_SYNTAX,
	FAULT_KEY_ID,
	FAULT_KEY_VERSION,
	FAULT_KEY,
	FAULT_SYSTEM_KEY, /* key ID 1 is missing; line counts from 0 here, as in the server's message */

	/* the encrypted form */
	FAULT_NOT_ENCRYPTED,
	FAULT_ENCRYPTED, /* and no password was given */
	FAULT_TRUNCATED,
	FAULT_WRONG_PASSWORD,
	FAULT_NOT_A_KEYFILE, /* the decrypted text is readable but has no key */

	/* the password */
	FAULT_PASSWORD_EMPTY, /* no bytes */
	FAULT_PASSWORD_BLANK, /* only line breaks, or a NUL as the first byte */
	FAULT_PASSWORD_TOO_LONG,
	FAULT_PASSWORD_NUL,
	FAULT_PASSWORD_NEWLINE,

	/* another program */
	FAULT_COMMAND_FAILED, /* error_number is the wait status, or -errno if the program could not be run */
	FAULT_TIMEOUT,
	FAULT_NO_VERSION, /* its output contains no version */
};

struct fault {
	enum fault_code code;
	int error_number;
	unsigned int line;
	unsigned int column;
	pid_t holder; /* 0: unknown */
};

#define MUST_CHECK __attribute__((warn_unused_result))

static inline struct fault fault_none(void)
{
	return (struct fault){ .code = FAULT_NONE };
}

static inline struct fault fault_of(enum fault_code code)
{
	return (struct fault){ .code = code };
}

/* error_number is an argument, not errno, so that cleanup between the failed call and the
 * report cannot change it. */
static inline struct fault fault_errno(enum fault_code code, int error_number)
{
	return (struct fault){ .code = code, .error_number = error_number };
}

/* Returns whether the file has its new content, even if a later step failed. */
static inline bool fault_is_published(struct fault fault)
{
	return fault.code == FAULT_NONE || fault.code == FAULT_DIRECTORY_SYNC || fault.code == FAULT_OLD_LEFT ||
	       fault.code == FAULT_STRANDED;
}

static inline struct fault fault_at(enum fault_code code, unsigned int line, unsigned int column)
{
	return (struct fault){ .code = code, .line = line, .column = column };
}
