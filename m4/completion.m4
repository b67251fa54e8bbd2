# SPDX-License-Identifier: MIT
# MKEYFILE_COMPLETION_DIR(SHELL, PKG-CONFIG-MODULE, DEFAULT)
# Adds the option --with-SHELL-completion-dir. Sets SHELLcompletiondir to the
# directory of the option, or of the module, or else to the default, and the
# conditional INSTALL_SHELL_COMPLETION to whether the completion is installed.
AC_DEFUN([MKEYFILE_COMPLETION_DIR], [
AC_ARG_WITH([$1-completion-dir],
	[AS_HELP_STRING([--with-$1-completion-dir=DIR],
		[install the $1 completion in DIR ("no": do not install it)])],
	[], [with_$1_completion_dir=yes])
AS_IF([test "$with_$1_completion_dir" = yes], [
	$1completiondir=
	m4_ifval([$2], [$1completiondir=`$PKG_CONFIG --define-variable=prefix='${prefix}' \
		--define-variable=datadir='${datadir}' --variable=completionsdir $2 2>/dev/null`])
	AS_IF([test -z "$$1completiondir"], [$1completiondir=$3])
], [$1completiondir=$with_$1_completion_dir])
AC_SUBST([$1completiondir])
AM_CONDITIONAL(m4_toupper([INSTALL_$1_COMPLETION]), [test "$$1completiondir" != no])
])
