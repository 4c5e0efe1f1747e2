// Machines that cannot isolate, and the words that bubblewrap is given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrouter/sandbox/command_line.hpp"
#include "xrouter/sandbox/sandbox.hpp"

namespace xrouter::sandbox {
namespace {

using ::testing::HasSubstr;

TEST(MakeSandbox, names_the_program_that_is_missing) {
  const auto no_bubblewrap = make_sandbox({.bubblewrap = "/nowhere/bwrap"});
  ASSERT_FALSE(no_bubblewrap);
  EXPECT_EQ(no_bubblewrap.error().kind, ErrorKind::config);
  EXPECT_THAT(no_bubblewrap.error().public_text, HasSubstr("Debian package bubblewrap"));
  const auto no_python = make_sandbox({.python = "/nowhere/python3"});
  ASSERT_FALSE(no_python);
  EXPECT_THAT(no_python.error().public_text, HasSubstr("Debian package python3"));
}

TEST(MakeSandbox, refuses_when_isolation_does_not_work) {
  // Programs that do not isolate; the second would run ours as it stands.
  for (const char* not_bubblewrap : {"/bin/false", "/usr/bin/env", "/bin/true"}) {
    const auto made = make_sandbox({.bubblewrap = not_bubblewrap});
    ASSERT_FALSE(made) << not_bubblewrap;
    EXPECT_EQ(made.error().kind, ErrorKind::config);
    EXPECT_THAT(made.error().public_text, HasSubstr("user namespaces"));
  }
}

TEST(CommandLine, isolates_before_it_names_the_program) {
  const Host host{.bubblewrap = "/usr/bin/bwrap", .python = "/usr/bin/python3"};
  const auto words =
      command_line(host, {.argv = {"--share-net", "x"}, .files = {{"a.py", ""}}}, {.seccomp = 3, .info = 4, .block = 5, .first_file = 6});
  const auto at = [&](std::string_view word) { return std::ranges::find(words, word) - words.begin(); };
  const auto end_of_options = at("--");
  for (const char* word :
       {"--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--clearenv", "--seccomp", "--remount-ro"}) {
    EXPECT_LT(at(word), end_of_options) << word;
  }
  // What the program is called can never be an option of bubblewrap's.
  EXPECT_GT(at("--share-net"), end_of_options);
  EXPECT_EQ(std::ranges::count(words, "--bind"), 0);
}

}  // namespace
}  // namespace xrouter::sandbox
