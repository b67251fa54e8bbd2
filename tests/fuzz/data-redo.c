/* SPDX-License-Identifier: MIT */
#include "data.h"

FUZZ_FILE("ib_logfile0")
