/* SPDX-License-Identifier: MIT */
#include "data.h"

FUZZ_FILE("t.ibd")
