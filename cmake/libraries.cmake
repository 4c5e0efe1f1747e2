# What the libtorch module is made of; it is loaded by the commands that run a language model, and by no other.
set(XROUTER_MODULE_LIBRARIES base json tokenizer weights grammar lm learner torch_module transformer torch_learner)

# Every test that starts no program of ours: what the sanitizers run.
add_custom_target(in_process_tests)

# xrouter_library(<name> [USES <ours>...] [LINKS <third party>...])
#
# Defines xrouter_<name> from src/xrouter/<name>/*.cpp, its unit tests from *_test.cpp and its
# micro-benchmarks from *_bench.cpp. USES is the only list of what a library may include:
# tools/check_includes.py reads the same lines.
function(xrouter_library name)
  cmake_parse_arguments(ARG "" "" "USES;LINKS" ${ARGN})
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set(benches ${all})
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")

  list(TRANSFORM ARG_USES PREPEND "xrouter_")
  add_library(xrouter_${name} STATIC ${sources})
  if(name IN_LIST XROUTER_MODULE_LIBRARIES)
    set_target_properties(xrouter_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
  target_include_directories(xrouter_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(xrouter_${name} PUBLIC ${ARG_USES} ${ARG_LINKS})
  xrouter_use_pch(xrouter_${name} ${name})

  if(XROUTER_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE xrouter_${name} xrouter_testing GTest::gmock GTest::gtest_main)
    xrouter_use_pch(${name}_test ${name})
    add_test(NAME unit.${name} COMMAND ${name}_test)
    add_dependencies(in_process_tests ${name}_test)
    set_tests_properties(unit.${name} PROPERTIES TIMEOUT 300 LABELS unit)
  endif()
  if(XROUTER_BENCH AND benches)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE xrouter_${name} benchmark::benchmark_main)
  endif()
endfunction()

# Asio costs 2.5 s and more in every file; the libraries that use it share one precompiled header.
set(XROUTER_ASIO_LIBRARIES async engine net upstream policy recorded service server testing mock baselines eval policy_lm host samples rollout replay trainer)
function(xrouter_use_pch target name)
  if(name IN_LIST XROUTER_ASIO_LIBRARIES)
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch_asio.hpp)
  endif()
  # So does libtorch: 8 s and more.
  if(name STREQUAL "transformer" OR name STREQUAL "torch_learner")
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch_torch.hpp)
  endif()
endfunction()
