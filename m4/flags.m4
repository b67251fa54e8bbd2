# SPDX-License-Identifier: MIT

# MKEYFILE_CC_FLAGS(VARIABLE, FLAGS): append to VARIABLE each flag that the
# compiler accepts without a warning.
AC_DEFUN([MKEYFILE_CC_FLAGS], [
	for mkeyfile_flag in m4_normalize([$2]); do
		AC_MSG_CHECKING([whether $CC accepts $mkeyfile_flag])
		mkeyfile_saved_cflags=$CFLAGS
		CFLAGS="$CFLAGS -Werror $mkeyfile_flag"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
			[AC_MSG_RESULT([yes])
			 $1="$$1 $mkeyfile_flag"],
			[AC_MSG_RESULT([no])])
		CFLAGS=$mkeyfile_saved_cflags
	done
	AC_SUBST([$1])
])

# MKEYFILE_LD_FLAGS(VARIABLE, FLAGS): the same for the linker.
AC_DEFUN([MKEYFILE_LD_FLAGS], [
	for mkeyfile_flag in m4_normalize([$2]); do
		AC_MSG_CHECKING([whether the linker accepts $mkeyfile_flag])
		mkeyfile_saved_cflags=$CFLAGS
		mkeyfile_saved_ldflags=$LDFLAGS
		CFLAGS="$CFLAGS -fPIE"
		LDFLAGS="$LDFLAGS -Wl,--fatal-warnings $mkeyfile_flag"
		AC_LINK_IFELSE([AC_LANG_PROGRAM()],
			[AC_MSG_RESULT([yes])
			 $1="$$1 $mkeyfile_flag"],
			[AC_MSG_RESULT([no])])
		CFLAGS=$mkeyfile_saved_cflags
		LDFLAGS=$mkeyfile_saved_ldflags
	done
	AC_SUBST([$1])
])

# MKEYFILE_FORTIFY(VARIABLE): append the highest _FORTIFY_SOURCE that the C
# library supports. It requires optimization.
AC_DEFUN([MKEYFILE_FORTIFY], [
	for mkeyfile_level in 3 2; do
		AC_MSG_CHECKING([for _FORTIFY_SOURCE=$mkeyfile_level])
		mkeyfile_saved_cflags=$CFLAGS
		CFLAGS="$CFLAGS -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$mkeyfile_level"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]],
			[[
#if !defined __USE_FORTIFY_LEVEL || __USE_FORTIFY_LEVEL < $mkeyfile_level
#error not there
#endif
			]])],
			[AC_MSG_RESULT([yes])
			 mkeyfile_found=yes],
			[AC_MSG_RESULT([no])
			 mkeyfile_found=no])
		CFLAGS=$mkeyfile_saved_cflags
		AS_IF([test $mkeyfile_found = yes], [
			$1="$$1 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$mkeyfile_level"
			break
		])
	done
])
