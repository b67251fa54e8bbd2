# SPDX-License-Identifier: MIT
# Sets CODEC_CFLAGS and CODEC_LIBS, and for each library that is there defines
# CODEC_NAME_LIBRARY, the name under which mkeyfile opens it when a file needs it.

PKG_CHECK_MODULES([ZLIB], [zlib])
CODEC_CFLAGS=$ZLIB_CFLAGS
CODEC_LIBS=$ZLIB_LIBS
AC_CHECK_TOOL([READELF], [readelf])
AC_SEARCH_LIBS([dlopen], [dl])

# MKEYFILE_CODEC(NAME, MODULE, LIBRARY, FUNCTION): --without-name leaves it out.
# Where the module is not known to pkg-config, the library is looked for. A program
# that is linked with it tells the name that its first version has for good.
AC_DEFUN([MKEYFILE_CODEC], [
	AC_ARG_WITH(m4_tolower([$1]),
		[AS_HELP_STRING([--without-]m4_tolower([$1]),
			[pages compressed with ]m4_tolower([$1])[ will not be provable])],
		[], [with_]m4_tolower([$1])[=yes])
	codec_library=
	AS_IF([test "$with_]m4_tolower([$1])[" != no], [
		PKG_CHECK_MODULES([$1], [$2], [], [$1_LIBS=-l$3])
		AC_MSG_CHECKING([what lib$3 is called when it runs])
		codec_saved_LIBS=$LIBS
		LIBS="$$1_LIBS $LIBS"
		AC_LINK_IFELSE([AC_LANG_CALL([], [$4])], [
			codec_library=`$READELF -d conftest$ac_exeext | tr -d '@<:@@:>@' |
				$AWK '/NEEDED/ && $NF ~ /^lib$3\.so/ { print $NF }'`])
		LIBS=$codec_saved_LIBS
		AC_MSG_RESULT([${codec_library:-not found}])
	])
	AS_IF([test -n "$codec_library"], [
		AC_DEFINE_UNQUOTED([CODEC_$1_LIBRARY], ["$codec_library"], [The library of this codec, where it is there.])
		CODEC_CFLAGS="$CODEC_CFLAGS $$1_CFLAGS"
	], [AC_MSG_WARN([pages compressed with ]m4_tolower([$1])[ will not be provable])])
])
MKEYFILE_CODEC([LZ4], [liblz4], [lz4], [LZ4_decompress_safe])
MKEYFILE_CODEC([LZMA], [liblzma], [lzma], [lzma_stream_buffer_decode])
MKEYFILE_CODEC([BZIP2], [bzip2], [bz2], [BZ2_bzBuffToBuffDecompress])
MKEYFILE_CODEC([LZO], [lzo2], [lzo2], [lzo1x_decompress_safe])
MKEYFILE_CODEC([SNAPPY], [snappy], [snappy], [snappy_uncompress])
AC_SUBST([CODEC_CFLAGS])
AC_SUBST([CODEC_LIBS])
