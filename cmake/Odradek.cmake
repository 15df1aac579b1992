# How every folder of src/ is built: one library, and one test program from the *_test.cc beside it.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
endif()

option(ODRADEK_PCH "Precompile the headers that every file includes" ON)
option(ODRADEK_TESTS "Build the unit tests" ON)
set(ODRADEK_SANITIZE "" CACHE STRING "address (with undefined) or thread; empty for none")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror -fno-omit-frame-pointer)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # -O2 without NDEBUG: ensure() and the assertions of libraries stay on in what users run.
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
endif()
add_link_options(-fuse-ld=lld)
if(ODRADEK_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
elseif(ODRADEK_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
endif()

find_package(Threads REQUIRED)
if(ODRADEK_TESTS)
  find_package(GTest REQUIRED)
  enable_testing()
endif()

# odradek_folder(NAME <folder> [DEPS <folder>...] [LIBS <external>...] [SOURCES <extra>...])
# makes odradek_<folder> of the .cc files here (and in sub-folders), and <folder>_test of the *_test.cc files.
# Files named *_fixture.h/.cc belong to the tests. DEPS are other folders of src/, without the prefix.
function(odradek_folder)
  cmake_parse_arguments(ARG "" "NAME" "DEPS;LIBS;SOURCES;TEST_LIBS" ${ARGN})
  file(GLOB_RECURSE all CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "(_test|_fixture|/main)\\.cc$")
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "(_test|_fixture)\\.cc$")

  set(library odradek_${ARG_NAME})
  list(TRANSFORM ARG_DEPS PREPEND odradek_)
  if(sources OR ARG_SOURCES)
    add_library(${library} STATIC ${sources} ${ARG_SOURCES})
    set(scope PUBLIC)
  else()
    add_library(${library} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${library} ${scope} "${CMAKE_SOURCE_DIR}/src")
  target_link_libraries(${library} ${scope} ${ARG_DEPS} ${ARG_LIBS} Threads::Threads)
  if(ODRADEK_PCH AND scope STREQUAL PUBLIC)
    odradek_precompile(${library})
  endif()

  if(ODRADEK_TESTS AND tests)
    add_executable(${ARG_NAME}_test ${tests})
    target_link_libraries(${ARG_NAME}_test PRIVATE ${library} ${ARG_TEST_LIBS} GTest::gmock GTest::gtest_main)
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME}_test)
  endif()
endfunction()

# The standard headers that nearly every file pulls in: parsed once per folder instead of once per file.
function(odradek_precompile target)
  target_precompile_headers(${target} PRIVATE
    <algorithm> <array> <chrono> <cstdint> <expected> <functional> <map> <memory> <optional> <span>
    <string> <string_view> <unordered_map> <utility> <variant> <vector>)
endfunction()
