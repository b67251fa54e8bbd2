/* SPDX-License-Identifier: MIT */
#pragma once

/* Whether the processor and the kernel support an extension of x86. It has two names, those of
 * glibc and of the compiler: PROCESSOR_HAS(AVX, "avx"). glibc (from 2.33 on) knows the answer since
 * the start of the program. The compiler's own function would ask the processor several times at
 * each start, and in a virtual machine each question interrupts it for some 25 microseconds. */
#ifdef HAVE_SYS_PLATFORM_X86_H
#include <sys/platform/x86.h>
#define PROCESSOR_HAS(glibc_name, compiler_name) CPU_FEATURE_ACTIVE(glibc_name)
#else
#define PROCESSOR_HAS(glibc_name, compiler_name) __builtin_cpu_supports(compiler_name)
#endif
