/* SPDX-License-Identifier: MIT */
#include "core/signals.h"

#include <unistd.h>

static const int ending_signals[] = { SIGINT,  SIGTERM, SIGHUP,	 SIGQUIT,   SIGALRM,
				      SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF };

#define ENDING_SIGNAL_COUNT (sizeof(ending_signals) / sizeof(ending_signals[0]))

static int final_status;

static bool is_ignored(int signal, struct sigaction *ret_action)
{
	return sigaction(signal, NULL, ret_action) || ret_action->sa_handler == SIG_IGN;
}

static void mask(int how, sigset_t *ret_before)
{
	sigset_t ending;

	sigemptyset(&ending);
	for (size_t i = 0; i < ENDING_SIGNAL_COUNT; i++)
		sigaddset(&ending, ending_signals[i]);
	sigprocmask(how, &ending, ret_before);
}

void signals_hold(sigset_t *ret_before)
{
	mask(SIG_BLOCK, ret_before);
}

struct fault signals_check(void)
{
	sigset_t pending;
	struct sigaction action;

	sigpending(&pending);
	for (size_t i = 0; i < ENDING_SIGNAL_COUNT; i++)
		/* a blocked signal is pending even if it is ignored, as after nohup */
		if (sigismember(&pending, ending_signals[i]) == 1 && !is_ignored(ending_signals[i], &action))
			return fault_of(FAULT_INTERRUPTED);
	return fault_none();
}

void signals_release(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}

static void end(int signal)
{
	(void)signal;
	_exit(final_status);
}

void signals_end_with(int status)
{
	const struct sigaction action = { .sa_handler = end };
	struct sigaction before;

	final_status = status;
	for (size_t i = 0; i < ENDING_SIGNAL_COUNT; i++)
		if (!is_ignored(ending_signals[i], &before))
			sigaction(ending_signals[i], &action, NULL);
	mask(SIG_UNBLOCK, NULL);
}
