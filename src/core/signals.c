/* SPDX-License-Identifier: MIT */
#include "core/signals.h"

static const int ending_signals[] = { SIGINT,  SIGTERM, SIGHUP,	 SIGQUIT,   SIGALRM,
				      SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF };

#define ENDING_SIGNAL_COUNT (sizeof(ending_signals) / sizeof(ending_signals[0]))

void signals_hold(sigset_t *ret_before)
{
	sigset_t ending;

	sigemptyset(&ending);
	for (size_t i = 0; i < ENDING_SIGNAL_COUNT; i++)
		sigaddset(&ending, ending_signals[i]);
	sigprocmask(SIG_BLOCK, &ending, ret_before);
}

struct fault signals_check(void)
{
	sigset_t pending;
	struct sigaction action;

	sigpending(&pending);
	for (size_t i = 0; i < ENDING_SIGNAL_COUNT; i++)
		/* a blocked signal is pending even if it is ignored, as after nohup */
		if (sigismember(&pending, ending_signals[i]) == 1 && !sigaction(ending_signals[i], NULL, &action) &&
		    action.sa_handler != SIG_IGN)
			return fault_of(FAULT_INTERRUPTED);
	return fault_none();
}

void signals_release(struct fault fault, const sigset_t *before)
{
	if (!fault_is_published(fault))
		sigprocmask(SIG_SETMASK, before, NULL);
}
