#include "xrouter/config/yaml_tree.hpp"

#include <gtest/gtest.h>

namespace xrouter::config {
namespace {

/// "line:column text" of the problem, or "" when the text is accepted.
std::string problem_of(std::string_view text) {
  auto root = parse_yaml(text);
  if (root) return {};
  const Problem& problem = root.error();
  return std::to_string(problem.mark.line) + ":" + std::to_string(problem.mark.column) + " " + problem.text;
}

TEST(YamlTree, keeps_text_as_written_with_its_place) {
  auto root = parse_yaml("a: 010\nb:\n  - 'no'\n  - 2.50\n");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("a")->text, "010");
  EXPECT_FALSE(root->find("a")->quoted);
  const YamlNode& list = *root->find("b");
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_TRUE(list.items[0].quoted);
  EXPECT_EQ(list.items[1].text, "2.50");
  EXPECT_EQ(list.items[1].mark, (Mark{.line = 4, .column = 5}));
}

TEST(YamlTree, an_empty_text_is_a_null_node) {
  for (std::string_view text : {"", "\n", "# only a comment\n", "---\n"}) {
    auto root = parse_yaml(text);
    ASSERT_TRUE(root) << text;
    EXPECT_EQ(root->kind, YamlNode::Kind::null) << text;
  }
}

TEST(YamlTree, refuses_what_yaml_cpp_would_let_pass) {
  EXPECT_EQ(problem_of("a: 1\nb: 2\na: 3\n"), "3:1 key 'a' stands twice; first on line 1");
  EXPECT_EQ(problem_of("a: 1\n---\nb: 2\n"), "2:1 a second document; one file is one document");
  EXPECT_EQ(problem_of("a: &x 1\n"), "1:4 anchors (&name) are not supported; write the value out where it is needed");
  EXPECT_EQ(problem_of("a: &x 1\nb: *x\n"), "1:4 anchors (&name) are not supported; write the value out where it is needed");
  EXPECT_EQ(problem_of("a: {<<: {b: 1}}\n"), "1:5 merge keys (<<) are not supported; write the values out");
  EXPECT_EQ(problem_of("a: !!str 1\n"), "1:4 tags (!!type) are not supported");
  EXPECT_EQ(problem_of("? [a, b]\n: 1\n"), "1:3 a key must be plain text");
  EXPECT_EQ(problem_of("a: \"\xff\"\n"), "1:5 a byte that is not UTF-8 text");
  EXPECT_EQ(problem_of(std::string_view("a: \0b\n", 6)), "1:4 a byte that is not UTF-8 text");
}

TEST(YamlTree, syntax_errors_name_their_place) {
  EXPECT_EQ(problem_of("a: [1, 2\nb: 3\n").substr(0, 2), "2:");
  EXPECT_EQ(problem_of("a: 1\n  b: 2\n").substr(0, 2), "2:");
  EXPECT_EQ(problem_of("a:\n\t- 1\n").substr(0, 2), "2:");
}

TEST(YamlTree, depth_size_and_entries_are_bounded_and_the_bound_itself_is_accepted) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_EQ(problem_of(nested(kMaxYamlDepth)), "");
  EXPECT_EQ(problem_of(nested(kMaxYamlDepth + 1)), "1:17 nested more than 16 levels deep");
  EXPECT_NE(problem_of(nested(100'000)), "");

  EXPECT_EQ(problem_of("# " + std::string(kMaxYamlBytes - 2, 'x')), "");
  EXPECT_EQ(problem_of("# " + std::string(kMaxYamlBytes - 1, 'x')), "0:0 the file is larger than 1 MiB");

  const auto list = [](std::size_t items) {
    std::string text;
    for (std::size_t i = 0; i < items; ++i) text += "- a\n";
    return text;
  };
  EXPECT_EQ(problem_of(list(kMaxYamlEntries)), "");
  EXPECT_EQ(problem_of(list(kMaxYamlEntries + 1)), "4097:3 more than 4096 entries in one list or map");
}

}  // namespace
}  // namespace xrouter::config
