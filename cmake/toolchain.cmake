# Language level, warnings, sanitizers, ccache and linker: everything that every target shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# -O2: the request path is bound by system calls, and -O3 costs a quarter more compile time.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(XROUTER_CCACHE ccache)
if(XROUTER_CCACHE)
  # Precompiled headers are cached only when ccache may ignore their time stamps; BASEDIR and NOHASHDIR
  # let every checkout on this machine share the cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=true ${XROUTER_CCACHE})
endif()
find_program(XROUTER_MOLD mold)
if(XROUTER_MOLD AND NOT XROUTER_FUZZ)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(XROUTER_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False reports on std::string and coroutine frames when optimising (GCC bugs 105329, 105562, 109224);
  # clang, the sanitizers and valgrind watch over what these would find.
  add_compile_options(-fcoroutines -Wno-restrict -Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-stringop-overread)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug" OR XROUTER_SANITIZE)
  add_compile_options(-D_GLIBCXX_ASSERTIONS)
endif()
if(XROUTER_SANITIZE)
  add_compile_options(-fsanitize=${XROUTER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${XROUTER_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND XROUTER_SANITIZE MATCHES "undefined")
    # clang 14 cannot compile coroutines with it ("cannot represent a difference across sections").
    add_compile_options(-fno-sanitize=function)
  endif()
  if(XROUTER_SANITIZE MATCHES "thread")
    # Asio uses fences that TSan cannot model; it warns about them at compile time.
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(XROUTER_FUZZ)
  # Coverage of every library, or the fuzzer is blind; tests/fuzz adds the main function.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
