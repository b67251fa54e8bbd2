/* SPDX-License-Identifier: MIT */
#include "data.h"

FUZZ_FILE("binlog.000001")
