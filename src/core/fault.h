/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* What went wrong. The core returns it by value and never prints: the command
 * line turns it into words and an exit status, the plugin into an SQL error. */
enum fault_code {
	FAULT_NONE = 0,

	/* the machine */
	FAULT_MEMORY,	 /* no memory */
	FAULT_RANDOM,	 /* the random generator gave nothing */
	FAULT_THREAD,	 /* no thread can be started; error_number holds errno */
	FAULT_ALGORITHM, /* a digest or cipher is missing, or policy forbids it */

	/* files; error_number holds errno */
	FAULT_OPEN,
	FAULT_READ,
	FAULT_PIPE_TIMEOUT, /* nobody wrote to a named pipe, or to its end, in time */
	FAULT_NOT_REGULAR,  /* a directory, a device, a named pipe */
	FAULT_TOO_LARGE,    /* above FILE_MAX_SIZE bytes */
	FAULT_LOCK,
	FAULT_BUSY,	   /* locked by another process; holder, when known */
	FAULT_READ_ONLY,   /* the file system is mounted read-only */
	FAULT_IMMUTABLE,   /* chattr +i or +a on the file or its directory */
	FAULT_MOUNT_POINT, /* a single file bind-mounted: it cannot be renamed */
	FAULT_DIRECTORY,   /* the directory does not allow new files */
	FAULT_UNTRUSTED,   /* someone else owns or can replace a part of its path: trust_refusal() */
	FAULT_EXISTS,
	FAULT_CREATE,
	FAULT_OWNER,	  /* owner or group cannot be kept */
	FAULT_ATTRIBUTES, /* mode, ACL or extended attributes cannot be kept */
	FAULT_ACCESS,	  /* owner, group or mode cannot be changed */
	FAULT_WRITE,
	FAULT_READ_BACK, /* what was written does not read back the same */
	FAULT_TORN,	 /* written in place, and neither old nor new */
	FAULT_PUBLISH,	 /* rename failed */
	FAULT_BACKUP,
	FAULT_CHANGED,	      /* somebody who ignores the lock changed the file */
	FAULT_DIRECTORY_SYNC, /* new content is in place, but maybe not durable */
	FAULT_OLD_LEFT,	      /* new content is in place; the old could not be removed */
	FAULT_STRANDED,	      /* as FAULT_CHANGED, but the change could not be put back */
	FAULT_INTERRUPTED,    /* a signal arrived before anything was changed */

	/* the key file; line and column count from 1, as the server's do */
	FAULT_SYNTAX,
	FAULT_KEY_ID,
	FAULT_KEY_VERSION,
	FAULT_KEY,
	FAULT_SYSTEM_KEY, /* ID 1 is missing; line counts from 0 here, as the server does */

	/* the encrypted form */
	FAULT_NOT_ENCRYPTED,
	FAULT_ENCRYPTED, /* and there is no password */
	FAULT_TRUNCATED,
	FAULT_WRONG_PASSWORD,
	FAULT_NOT_A_KEYFILE, /* opens to clean text that holds no key */

	/* the password */
	FAULT_PASSWORD_EMPTY, /* not a byte */
	FAULT_PASSWORD_BLANK, /* nothing but line ends, or a NUL first */
	FAULT_PASSWORD_TOO_LONG,
	FAULT_PASSWORD_NUL,
	FAULT_PASSWORD_NEWLINE,

	/* another program */
	FAULT_COMMAND_FAILED, /* error_number holds its wait status, or -errno when it could not be run */
	FAULT_TIMEOUT,
	FAULT_NO_VERSION, /* what it prints of itself has no version */
};

struct fault {
	enum fault_code code;
	int error_number;
	unsigned int line;
	unsigned int column;
	pid_t holder; /* 0: not known */
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

/* error_number is taken as an argument, not from errno, so that no clean-up
 * between the failed call and the report can change it. */
static inline struct fault fault_errno(enum fault_code code, int error_number)
{
	return (struct fault){ .code = code, .error_number = error_number };
}

/* The file has its new content, whatever else went wrong. */
static inline bool fault_is_published(struct fault fault)
{
	return fault.code == FAULT_NONE || fault.code == FAULT_DIRECTORY_SYNC || fault.code == FAULT_OLD_LEFT ||
	       fault.code == FAULT_STRANDED;
}

static inline struct fault fault_at(enum fault_code code, unsigned int line, unsigned int column)
{
	return (struct fault){ .code = code, .line = line, .column = column };
}
