# SPDX-License-Identifier: MIT
# Sets CODEC_CFLAGS and CODEC_LIBS, and defines HAVE_NAME for each library that is
# there.

PKG_CHECK_MODULES([ZLIB], [zlib])
CODEC_CFLAGS=$ZLIB_CFLAGS
CODEC_LIBS=$ZLIB_LIBS

# MKEYFILE_CODEC(NAME, MODULE, [LIBRARY, FUNCTION]): --without-name leaves it out.
# Where the module is not known to pkg-config, the library is looked for.
AC_DEFUN([MKEYFILE_CODEC], [
	AC_ARG_WITH(m4_tolower([$1]),
		[AS_HELP_STRING([--without-]m4_tolower([$1]),
			[pages compressed with ]m4_tolower([$1])[ will not be provable])],
		[], [with_]m4_tolower([$1])[=yes])
	AS_IF([test "$with_]m4_tolower([$1])[" != no], [
		PKG_CHECK_MODULES([$1], [$2], [have_codec=yes], [have_codec=no])
		m4_ifval([$3], [AS_IF([test $have_codec = no], [
			AC_CHECK_LIB([$3], [$4], [have_codec=yes $1_LIBS=-l$3])])])
		AS_IF([test $have_codec = yes], [
			AC_DEFINE([HAVE_$1], [1], [Define to 1 if the library is there.])
			CODEC_CFLAGS="$CODEC_CFLAGS $$1_CFLAGS"
			CODEC_LIBS="$CODEC_LIBS $$1_LIBS"
		], [AC_MSG_WARN([pages compressed with ]m4_tolower([$1])[ will not be provable])])
	])
])
MKEYFILE_CODEC([LZ4], [liblz4])
MKEYFILE_CODEC([LZMA], [liblzma])
MKEYFILE_CODEC([BZIP2], [bzip2], [bz2], [BZ2_bzBuffToBuffDecompress])
MKEYFILE_CODEC([LZO], [lzo2])
MKEYFILE_CODEC([SNAPPY], [snappy])
AC_SUBST([CODEC_CFLAGS])
AC_SUBST([CODEC_LIBS])
