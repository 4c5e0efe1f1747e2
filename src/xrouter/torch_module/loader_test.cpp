#include "xrouter/torch_module/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "xrouter/torch_module/environment.hpp"

namespace xrouter::torch_module {
namespace {

using testing::HasSubstr;

TEST(TorchModule, a_missing_module_is_an_error_that_says_what_to_install) {
  setenv("XROUTER_MODULE_PATH", "/nonexistent/folder", 1);
  const auto entry = load();
  unsetenv("XROUTER_MODULE_PATH");
  ASSERT_FALSE(entry);
  EXPECT_EQ(entry.error().kind, ErrorKind::config);
  EXPECT_THAT(entry.error().public_text, HasSubstr("libtorch-dev"));
  EXPECT_THAT(entry.error().public_text, testing::Not(HasSubstr("/nonexistent")));
  EXPECT_THAT(entry.error().internal_text, HasSubstr("/nonexistent/folder"));
}

TEST(TorchModule, a_library_that_is_no_module_of_this_build_is_refused) {
  const auto entry = load_from("libm.so.6");
  ASSERT_FALSE(entry);
  EXPECT_THAT(entry.error().public_text, HasSubstr("another build"));
}

TEST(TorchModule, a_file_that_is_no_library_is_refused) {
  const auto entry = load_from("/proc/self/cmdline");
  ASSERT_FALSE(entry);
  EXPECT_THAT(entry.error().public_text, HasSubstr("cannot be loaded"));
  EXPECT_NE(entry.error().internal_text, "");
}

TEST(TorchModule, what_the_user_has_set_in_the_environment_stays) {
  setenv("OMP_WAIT_POLICY", "active", 1);
  unsetenv("OPENBLAS_CORETYPE");
  prepare_environment();
  EXPECT_STREQ(std::getenv("OMP_WAIT_POLICY"), "active");
  const char* core = std::getenv("OPENBLAS_CORETYPE");
  EXPECT_STREQ(core == nullptr ? "" : core, openblas_core_type());
  unsetenv("OMP_WAIT_POLICY");
}

}  // namespace
}  // namespace xrouter::torch_module
