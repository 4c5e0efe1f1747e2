// The shared vectors: what programs must and must not score, and which program of a reply is run.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "xrouter/grade/code/analyst.hpp"
#include "xrouter/grade/code/candidates.hpp"
#include "xrouter/grade/code/code_test_support.hpp"
#include "xrouter/grade/extract/extract.hpp"

namespace xrouter::grade::code {
namespace {

std::vector<Value> rows_of(const std::string& file) {
  std::ifstream in(std::string(XROUTER_SOURCE_DIR) + "/tests/vectors/graders/" + file);
  std::vector<Value> rows;
  for (std::string line; std::getline(in, line);) rows.push_back(*parse_json(line));
  EXPECT_FALSE(rows.empty()) << file;
  return rows;
}

std::string text(const Value& row, std::string_view name) {
  const Value* field = row.find(name);
  return field && field->if_string() ? *field->if_string() : std::string{};
}

GradeResult grade_row(const Dialect& dialect, const Value& row, const std::string& source) {
  const bool is_cpp = text(row, "language") == "cpp";
  std::vector<std::pair<std::string, Value>> extra = {{"timeout_s", *row.find("timeout_s")}, {"language", text(row, "language")}};
  if (text(row, "checker") == "exact_after_trailing_newline") extra.emplace_back("checker", text(row, "checker"));
  return grade_with(dialect, source, fenced(text(row, "code"), is_cpp ? "cpp" : "python"), *row.find("tests"), fields(std::move(extra)));
}

TEST(CodeVectors, every_policy_row_holds) {
  int policy_rows = 0;
  for (const Value& row : rows_of("code_exec.jsonl")) {
    const std::string policy = text(row, "policy_expected");
    if (policy.empty()) continue;
    ++policy_rows;
    EXPECT_EQ(grade_row(strict(), row, "codegen__mbpp").correct, policy == "pass") << text(row, "id") << ": " << text(row, "note");
  }
  EXPECT_EQ(policy_rows, 3);
}

TEST(CodeVectors, every_status_is_told_apart) {
  int status_rows = 0;
  for (const Value& row : rows_of("code_exec.jsonl")) {
    const Value* expected = row.find("expected");
    if (!expected) continue;
    ++status_rows;
    const GradeResult result = grade_row(strict(), row, "codeforces");
    const auto& wanted = expected->if_list()->items;
    ASSERT_EQ(result.tests.size(), wanted.size()) << text(row, "id") << to_text(result.status) << result.reason;
    for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(to_text(result.tests[i].status), *wanted[i].if_string()) << text(row, "id");
  }
  EXPECT_EQ(status_rows, 4);
}

TEST(CodeVectors, shares_are_those_of_the_first_ten_tests_in_the_seeds_dialect) {
  for (const Value& row : rows_of("code_exec.jsonl")) {
    const Value* expected = row.find("expected_score");
    if (expected) {
      EXPECT_EQ(grade_row(xrouter_compat(), row, "codecontests").score, expected->if_number()->to_double()) << text(row, "id");
    }
  }
}

TEST(CodeVectors, the_seeds_verdicts_are_repeated_in_its_dialect) {
  for (const Value& row : rows_of("code_exec.jsonl")) {
    const Value* observed = row.find("xr_observed_pass");
    if (observed) {
      EXPECT_EQ(grade_row(xrouter_compat(), row, "codegen__mbpp").correct, *observed->if_bool())
          << text(row, "id") << ": " << text(row, "note");
    }
  }
}

TEST(CodeVectors, the_seeds_false_positives_are_refused) {
  for (const Value& row : rows_of("code_exec.jsonl")) {
    const std::string id = text(row, "id");
    if (id == "code_exec-0023" || id == "code_exec-0022" || id == "code_exec-0019") {
      EXPECT_FALSE(grade_row(strict(), row, "codegen__mbpp").correct) << id;
    }
    if (id == "code_exec-0016" || id == "code_exec-0020" || id == "code_exec-0021") {
      EXPECT_TRUE(grade_row(strict(), row, "codegen__mbpp").correct) << id;
    }
  }
}

TEST(CodeVectors, structured_rows_are_repeated_in_the_seeds_dialect) {
  int rows = 0;
  for (const Value& row : rows_of("structured_observed.jsonl")) {
    const std::string source = text(row, "data_source");
    if (!source.starts_with("codegen") && !source.starts_with("simulation__cruxeval")) continue;
    ++rows;
    const GradeResult result = grade_with(xrouter_compat(), source, text(row, "response"), *row.find("ground_truth"));
    EXPECT_EQ(result.score, row.find("xr_observed_score")->if_number()->to_double()) << text(row, "id") << ": " << text(row, "note");
  }
  EXPECT_EQ(rows, 6);
}

std::string without_blank_lines(const std::string& code) {
  std::string kept, line;
  for (const char c : code + "\n") {
    line += c;
    if (c != '\n') continue;
    if (line.find_first_not_of(" \t\r\n") != line.npos) kept += line;
    line.clear();
  }
  return kept;
}

std::string chosen(const Value& row) {
  auto analyst = Analyst::start(test_sandbox());
  const std::string entry = text(row, "entry_point");
  const auto answer = extract::without_thinking(*row.find("response")->if_string(), ThinkPolicy::after_last);
  const Candidates candidates = candidates_of(*answer, Language::python);
  const auto program =
      analyst->choose(candidates.texts, entry.empty() ? std::vector<std::string>{} : std::vector{entry}, entry, candidates.bare);
  return program && *program ? (*program)->text : std::string{};
}

TEST(CodeVectors, programs_are_reduced_to_what_the_entry_point_reaches) {
  // evalplus keeps the first of two definitions of a name; Python, and so we, obey the last. The same
  // two rows therefore differ by that definition alone.
  const std::map<std::string, std::string> second_definitions = {
      {"code_extract-0004", "def g(x):\n    return sin(f(x))\n"},
      {"code_extract-0005", "class h():\n    def goodbye_world():\n        return 0\n"},
  };
  int rows = 0;
  for (const Value& row : rows_of("code_extract.jsonl")) {
    const std::string entry = text(row, "entry_point");
    if (entry.empty()) continue;
    ++rows;
    std::string ours = without_blank_lines(chosen(row));
    if (const auto second = second_definitions.find(text(row, "id")); second != second_definitions.end()) {
      const auto at = ours.find(second->second);
      ASSERT_NE(at, ours.npos) << text(row, "id") << ours;
      ours.erase(at, second->second.size());
    }
    EXPECT_EQ(ours, without_blank_lines(text(row, "expected"))) << text(row, "id");
  }
  EXPECT_EQ(rows, 4);
}

TEST(CodeVectors, without_an_entry_point_the_whole_program_is_kept) {
  for (const Value& row : rows_of("code_extract.jsonl")) {
    if (text(row, "function") != "sanitize" || !text(row, "entry_point").empty()) continue;
    const std::string program = chosen(row);
    EXPECT_TRUE(program.find("def f(x)") != program.npos && program.find("```") == program.npos) << text(row, "id");
  }
}

TEST(CodeVectors, fences_are_found_where_livecodebench_finds_them) {
  int rows = 0;
  for (const Value& row : rows_of("code_extract.jsonl")) {
    if (text(row, "function") != "fence_extraction_rules") continue;
    ++rows;
    std::string theirs = text(row, "livecodebench_last_pair");
    std::erase(theirs, '\r');
    EXPECT_EQ(extract::trimmed(chosen(row)), extract::trimmed(theirs)) << text(row, "id");
    EXPECT_EQ(program_as_seed(text(row, "response")), text(row, "xrouter_coder1")) << text(row, "id");
  }
  EXPECT_EQ(rows, 5);
}

}  // namespace
}  // namespace xrouter::grade::code
