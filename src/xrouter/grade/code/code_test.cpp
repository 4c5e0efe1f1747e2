// Programs and their verdicts: what passes, what does not, and every way of cheating that is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrouter/grade/code/code_test_support.hpp"

namespace xrouter::grade::code {
namespace {

using ::testing::HasSubstr;

constexpr const char* kCheck = "def check(c):\n    assert c(1) == 2\n    assert c(-1) == 0\ncheck(f)";

GradeResult grade(std::string_view program, const Value& truth, std::string_view source = "codegen__primeintellect",
                  const Value& extra = {}) {
  return grade_with(strict(), source, fenced(program), truth, extra);
}

// Tests that cannot become data, in the dialect that grades them all the same.
GradeResult grade_beside(std::string_view program) {
  return grade_with(trusting(), "codegen__primeintellect", fenced(program), functional("x = f(1)\nassert x + 0 == 2"));
}

TestStatus last_status(const GradeResult& result) {
  return result.tests.empty() ? TestStatus::infrastructure_error : result.tests.back().status;
}

testing::AssertionResult passes(const GradeResult& result) {
  if (result.correct && result.score == 1.0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << to_text(result.status) << ": " << result.reason;
}

/// Scored, and zero.
testing::AssertionResult fails(const GradeResult& result) {
  if (!result.correct && result.score == 0.0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << to_text(result.status) << ", score " << result.score << ": " << result.reason;
}

TEST(Code, passes_a_right_function_with_full_trust) {
  const GradeResult result = grade("def f(x): return x + 1", functional(kCheck));
  EXPECT_TRUE(passes(result));
  EXPECT_EQ(result.trust, Trust::full);
  EXPECT_EQ(result.tests.size(), 2u);
}

TEST(Code, fails_a_wrong_function_at_its_first_wrong_answer) {
  const GradeResult result = grade("def f(x): return 2", functional(kCheck));
  EXPECT_TRUE(fails(result));
  EXPECT_EQ(result.tests.size(), 2u);
  EXPECT_EQ(last_status(result), TestStatus::wrong_answer);
}

TEST(Code, an_empty_reply_and_talk_are_no_answer) {
  for (const char* reply : {"", "   ", "I cannot do that.", "<think>```python\ndef f(x): return x+1\n```"}) {
    const GradeResult result = grade_with(strict(), "codegen__mbpp", reply, functional(kCheck));
    EXPECT_EQ(result.status, GradeStatus::no_answer) << reply;
    EXPECT_EQ(result.score, 0.0);
  }
}

TEST(Code, reads_the_shapes_of_test_that_data_sets_use) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"assert f(1) == 2\nassert f(2) == 3", "def f(x): return x + 1"},
      {"def check_f():\n    assert Solution().f(1, 2) == 3\n    assert Solution().f(0, 2) == 2\n\ncheck_f()",
       "class Solution:\n  def f(self, a, b): return a + b"},
      {"def check(candidate):\n    assert candidate(nums = [2, 7], target = 9) == [0, 1]\n\ncheck(Solution().two)",
       "class Solution:\n  def two(self, nums, target): return [0, 1]"},
      {"_inputs = [[1], [2.5]]\n_outputs = [[2], [3.5000001]]\nimport math\ndef _deep_eq(a, b, tol=1e-5):\n    if isinstance(a, float) or "
       "isinstance(b, float):\n"
       "        return math.isclose(a, b, rel_tol=tol, abs_tol=tol)\n    return a == b\n\nfor i, o in zip(_inputs, _outputs):\n    assert "
       "_deep_eq(f(*i), o[0])",
       "def f(x): return x + 1"},
      {"import numpy as np\n\ndef is_floats(x) -> bool:\n    return isinstance(x, float)\n\ndef assertion(out, exp, atol):\n    "
       "exact_match = out == exp\n    assert exact_match\n\n"
       "def check(candidate):\n    inputs = [[[1.0, 2.0], 0.3], [[], 1.0]]\n    results = [False, True]\n    for i, (inp, exp) in "
       "enumerate(zip(inputs, results)):\n"
       "        assertion(candidate(*inp), exp, 0)\n\ncheck(f)",
       "def f(a, b): return not a"},
      {"assert abs(f(2) - 1.4142) < 1e-3", "def f(x): return x ** 0.5"},
      {"import math\nassert math.isclose(f(2), 1.4142, rel_tol=1e-3)", "def f(x): return x ** 0.5"},
      {"assert set(f([1, 2, 2])) == {1, 2}\nassert sorted(f([3, 1])) == [1, 3]\nassert len(f([])) == 0", "def f(x): return list(x)"},
      {"assert f(1)\nassert not f(0)\nassert f(1) is True\nassert f(1) != 5\nassert f(1) in (True, 3)", "def f(x): return x == 1"},
      {"assert all(f(x) == y for x, y in [(1, 2), (2, 3)])", "def f(x): return x + 1"},
      {"assert f((1, 2)) == (2, 1)\nassert f('ab') == 'ba'\nassert f(b'ab') == b'ba'", "def f(x): return x[::-1]"},
      {"c = Cache(2)\nc.put(1, 'a')\nassert c.get(1) == 'a'\nassert c.get(2) == None",
       "class Cache:\n  def __init__(self, n): self.d = {}\n  def put(self, k, v): self.d[k] = v\n  def get(self, k): return "
       "self.d.get(k)"},
      {"assert f({1: [2, {3}]}) == {1: [2, {3}]}\nassert f(float('inf')) == float('inf')\nassert f(10**30) == 10**30\nassert f(None) is "
       "None",
       "def f(x): return x"},
      {"assert f(true) == false", "def f(x): return not x"},
  };
  for (const auto& [tests, program] : cases) {
    const GradeResult result = grade(program, functional(tests));
    EXPECT_TRUE(passes(result)) << tests;
    EXPECT_EQ(result.trust, Trust::full) << tests << "\n" << result.reason;
    EXPECT_TRUE(fails(
        grade("def f(*a, **k): return 77\nclass Solution:\n  f = two = f\nclass Cache:\n  __init__ = lambda *a: None\n  put = get = f",
              functional(tests))))
        << tests;
  }
}

TEST(Code, tests_that_look_closer_run_beside_the_program_only_where_that_is_trusted) {
  for (const char* tests :
       {"r = f(1)\nif r == 2: pass\nelse: raise ValueError\nassert r == 2",
        "try:\n    f('x')\n    assert False\nexcept TypeError:\n    pass\nassert f(1) == 2", "assert f(1) == 2 or f(1) == 3",
        "assert f(f(1)) == 3", "x = [f(i) for i in range(3)]\nassert x[1] + x[2] == 5", "assert any(f(i) == 2 for i in range(3))"}) {
    const auto trusted = [&](std::string_view program) { return grade_with(trusting(), "codegen__mbpp", fenced(program), functional(tests)); };
    const GradeResult result = trusted("def f(x): return x + 1");
    EXPECT_TRUE(passes(result)) << tests;
    EXPECT_EQ(result.trust, Trust::in_process) << tests;
    EXPECT_TRUE(fails(trusted("def f(x): return 17"))) << tests;
    EXPECT_EQ(grade("def f(x): return x + 1", functional(tests)).status, GradeStatus::unsupported) << "success could be forged: " << tests;
  }
}

TEST(Code, uses_the_prefix_of_the_question) {
  const Value extra = fields({{"prefix",
                               "from typing import List\nclass Node:\n  def __init__(self, v): self.v = v\ndef make(v): return "
                               "Node(v)\ndef same(a, b): return a.v == b.v\n"}});
  const Value truth = functional("assert same(f(make(1)), make(2))");
  const auto trusted = [&](std::string_view program) { return grade_with(trusting(), "codegen__leetcode2k", fenced(program), truth, extra); };
  EXPECT_TRUE(passes(trusted("def f(n: List): return Node(n.v + 1)")));
  EXPECT_TRUE(fails(trusted("def f(n): return n")));
}

TEST(Code, examples_beside_a_function_decide_nothing) {
  EXPECT_TRUE(passes(grade("def g(x): return x\ndef f(x): return g(x) + 1\nassert f(1) == 3\nprint(input())",
                           functional("assert f(1) == 2"), "codegen__mbpp")));
}

TEST(Code, the_last_program_that_parses_and_defines_the_function_is_judged) {
  const Value truth = functional("assert f(1) == 2");
  const std::string right = fenced("def f(x): return x + 1");
  for (const std::string& reply : std::vector<std::string>{
           right, fenced("def f(x): return 0") + "\nbetter:\n" + right, right + "\nUse it:\n" + fenced("print(f(1))"),
           right + "\nOutput:\n" + fenced("2 3", ""), right + "\n" + fenced("def f(x:", "python"),
           "   ```python\n   def f(x):\n     return x + 1\n   ```", std::string("```python\r\ndef f(x):\r\n  return x + 1\r\n```"),
           std::string("```python\ndef f(x): return x + 1"), std::string("Sure:\ndef f(x):\n  return x + 1\n\nThat is all."),
           fenced("def f(x): return x + 1", "")}) {
    EXPECT_TRUE(passes(grade_with(strict(), "codegen__mbpp", reply, truth))) << reply;
  }
  EXPECT_TRUE(fails(grade_with(strict(), "codegen__mbpp", right + "\nno:\n" + fenced("def f(x): return 0"), truth)));
}

TEST(Code, a_text_that_does_not_parse_is_a_compile_error) {
  const GradeResult result = grade("def f(x:", functional(kCheck));
  EXPECT_TRUE(fails(result));
  EXPECT_EQ(result.status, GradeStatus::answer_parse_error);
  EXPECT_EQ(last_status(result), TestStatus::compile_error);
}

// Section by section: the ways in which the seed's grader can be fooled.
TEST(Loophole, ending_the_process_with_success_is_no_success) {
  for (const char* program :
       {"import os\nos._exit(0)", "import sys\nsys.exit(0)", "raise SystemExit", "exit()", "import os\ndef f(x): os._exit(0)",
        "import sys\ndef f(x): sys.exit(0)", "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGTERM)"}) {
    EXPECT_TRUE(fails(grade(program, functional(kCheck)))) << program;
    EXPECT_TRUE(fails(grade_beside(program))) << program;
    EXPECT_TRUE(fails(grade(program, stdio({{"1", "2"}})))) << program;
  }
}

TEST(Loophole, hooks_at_the_end_are_not_heard) {
  for (const char* program : {"import atexit, os\natexit.register(lambda: os._exit(0))\ndef f(x): return 9",
                              "import sys, os\nsys.excepthook = lambda *a: os._exit(0)\ndef f(x): return 9",
                              "import threading, os\nthreading.excepthook = lambda *a: os._exit(0)\ndef f(x): return 9"}) {
    EXPECT_TRUE(fails(grade(program, functional(kCheck)))) << program;
    EXPECT_TRUE(fails(grade_beside(program))) << program;
  }
}

constexpr const char* kEqualToAll =
    "class A(int):\n  def __eq__(s, o): return True\n  def __ne__(s, o): return False\n  def __hash__(s): return 0\n"
    "  def __add__(s, o): return s\n  def __radd__(s, o): return s\n  def __bool__(s): return True\n  def __len__(s): return 2\n  def "
    "__iter__(s): return iter([1, 2])\n";

TEST(Loophole, an_object_equal_to_everything_equals_nothing) {
  EXPECT_TRUE(fails(grade("class A:\n  def __eq__(s, o): return True\ndef f(x): return A()", functional(kCheck))));
  EXPECT_TRUE(fails(grade(std::string(kEqualToAll) + "def f(x): return A(17)", functional(kCheck))));
  EXPECT_TRUE(fails(grade_beside(std::string(kEqualToAll) + "def f(x): return A(17)")));
  EXPECT_TRUE(fails(grade("class A:\n  def __eq__(s, o): return True\ndef f(x): return [A()]", functional("assert f(1) == [2]"))));
  EXPECT_TRUE(fails(grade("class A:\n  def __bool__(s): return True\ndef f(x): return A()", functional("assert f(1)"))));
  EXPECT_TRUE(fails(grade("class S(str):\n  def __eq__(s, o): return True\ndef f(x): return S('z')", functional("assert f(1) == 'a'"))));
}

TEST(Loophole, patched_tests_and_builtins_change_nothing) {
  for (const char* program :
       {"import builtins\nbuiltins.all = lambda *a: True\nbuiltins.AssertionError = Exception\ndef f(x): return 9",
        "import math\nmath.isclose = lambda *a, **k: True\ndef f(x): return 9", "def check(c): pass\ndef f(x): return 9",
        "import sys\nfor m in list(sys.modules.values()):\n  for n in list(vars(m)):\n    if n in ('encode', 'isclose'): setattr(m, n, "
        "lambda *a: 'true')\ndef f(x): return 9",
        "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.len = lambda *a: 2\ndef f(x): return 9"}) {
    EXPECT_TRUE(fails(grade(program, functional(kCheck)))) << program;
    EXPECT_TRUE(fails(grade(program, functional("import math\nassert math.isclose(f(1), 2.0)")))) << program;
  }
}

TEST(Loophole, printing_or_writing_what_the_judge_reads_gains_nothing) {
  for (const char* program :
       {"print('{\"value\":[2]}')\ndef f(x): return 9",
        "import os\nos.write(3, b'{\"value\":null}\\n{\"value\":[7]}\\n')\ndef f(x): return 9",
        "import os\ndef f(x):\n  os.write(3, b'{\"value\":\"pass\"}\\n')\n  return 9",
        "import os\nos.write(3, b'not json\\n' * 10)\ndef f(x): return 9", "import os\nos.close(3)\ndef f(x): return 9",
        "import os\nos.write(3, b'\\xff' * 100 + b'\\n')\ndef f(x): return 9"}) {
    EXPECT_TRUE(fails(grade(program, functional(kCheck)))) << program;
  }
}

TEST(Loophole, what_is_right_is_nowhere_near_the_program) {
  // Looks through every object, frame and file that it can reach for the expected value.
  const char* kSpy =
      "import gc, sys, os\ndef f(x):\n  wanted = chr(45).join(['the', 'secret'])\n  seen = [repr(o) for o in gc.get_objects() if "
      "isinstance(o, (list, dict, tuple))]\n"
      "  frame = sys._getframe()\n  while frame: seen.append(repr(frame.f_locals)); frame = frame.f_back\n"
      "  try: seen.append(open('/proc/self/mem', 'rb').read(1).hex())\n  except OSError: pass\n"
      "  for name in os.listdir('/w'): seen.append(open('/w/' + name).read())\n"
      "  hit = [s for s in seen if wanted in s and 'wanted' not in s]\n  return wanted if hit else 'nothing'";
  EXPECT_TRUE(fails(grade(kSpy, functional("assert f(1) == 'the-secret'"))));
  EXPECT_TRUE(passes(grade(kSpy, functional("assert f(1) == 'nothing'"))));
}

TEST(Loophole, a_program_cannot_answer_before_it_is_asked) {
  EXPECT_TRUE(fails(grade("import sys\nsys.stdin = None\nsys.modules['__main__'].__dict__['check'] = None\ndef f(x): raise SystemExit(0)",
                          functional(kCheck))));
}

TEST(HostileProgram, replies_are_read_in_bounded_time) {
  const std::string many(100'000, '(');
  std::string fence_bomb;
  for (int i = 0; i < 20'000; ++i) fence_bomb += "```python\nx\n```\n";
  for (const std::string& reply : std::vector<std::string>{
           std::string(10'000'000, 'a'), fenced(std::string(10'000'000, '1')), fenced(many), fenced("x = " + many), many, fence_bomb,
           fenced("x" + std::string(50'000, '.') + "y"), fenced(std::string("def f(x):\0 return 2", 20)), fenced("\xff\xfe\x80"),
           fenced("f = lambda x: " + std::string(90'000, '-') + "1"), std::string(3'000'000, '`')}) {
    const auto from = std::chrono::steady_clock::now();
    const GradeResult result = grade_with(strict(), "codegen__mbpp", reply, functional("assert f(1) == 2"));
    EXPECT_TRUE(fails(result)) << reply.substr(0, 40);
    EXPECT_LT(std::chrono::steady_clock::now() - from, std::chrono::seconds(60)) << reply.substr(0, 40);
  }
}

TEST(Stdio, compares_what_is_printed) {
  const Value truth = stdio({{"1 2\n", "3\n"}, {"5 5\n", "10\n"}});
  EXPECT_TRUE(passes(grade("a, b = map(int, input().split())\nprint(a + b)", truth)));
  const GradeResult wrong = grade("print(3)", truth);
  EXPECT_TRUE(fails(wrong));
  EXPECT_EQ(wrong.tests.size(), 2u);
  EXPECT_TRUE(passes(
      grade("def main():\n  a, b = map(int, input().split())\n  print(a + b)\nif __name__ == '__main__':\n  main()\n  exit()", truth)));
}

TEST(Stdio, tells_the_ways_of_failing_apart) {
  const Value truth = stdio({{"", "1"}});
  const Value quick = fields({{"timeout_s", 1}});
  EXPECT_EQ(last_status(grade("raise ValueError", truth)), TestStatus::runtime_error);
  EXPECT_EQ(last_status(grade("print(1)\nimport sys\nsys.exit(1)", truth)), TestStatus::runtime_error);
  EXPECT_EQ(last_status(grade("print(2)", truth)), TestStatus::wrong_answer);
  EXPECT_EQ(last_status(grade("while True: pass", truth, "codeforces", quick)), TestStatus::time_limit);
  EXPECT_EQ(last_status(grade("import time\ntime.sleep(600)", truth, "codeforces", quick)), TestStatus::time_limit);
  EXPECT_EQ(last_status(grade("while True: print('x' * 99999)", truth)), TestStatus::output_limit);
  EXPECT_EQ(last_status(grade("x = bytearray(100 << 30)", truth)), TestStatus::memory_limit);
  EXPECT_EQ(grade("while True: pass", truth, "codegen__taco", quick).status, GradeStatus::answer_timeout);
}

TEST(Stdio, gives_the_share_of_tests_where_the_data_set_does) {
  const GradeResult result = grade("print(1)", stdio({{"", "1"}, {"", "2"}, {"", "1"}, {"", "2"}}), "apps");
  EXPECT_EQ(result.score, 0.5);
  EXPECT_FALSE(result.correct);
  EXPECT_EQ(result.tests.size(), 4u);
}

TEST(Functional, tells_the_ways_of_failing_apart) {
  const Value truth = functional("assert f(1) == 2");
  const Value quick = fields({{"timeout_s", 1}});
  EXPECT_EQ(last_status(grade("def f(x): raise ValueError", truth)), TestStatus::runtime_error);
  EXPECT_EQ(last_status(grade("def f(x): assert False", truth)), TestStatus::runtime_error);
  EXPECT_EQ(last_status(grade("def g(x): return 2", truth)), TestStatus::runtime_error);
  EXPECT_EQ(last_status(grade("def f(x):\n  while True: pass", truth, "codegen__taco", quick)), TestStatus::time_limit);
  EXPECT_EQ(last_status(grade("while True: pass", truth, "codegen__taco", quick)), TestStatus::time_limit);
  EXPECT_EQ(last_status(grade("def f(x): return [0] * (1 << 40)", truth)), TestStatus::memory_limit);
  EXPECT_EQ(last_status(grade("def f(x): return 'x' * (64 << 20)", truth)), TestStatus::output_limit);
  EXPECT_EQ(last_status(grade("def f(x): return f(x)", truth)), TestStatus::runtime_error);
  EXPECT_EQ(last_status(grade("def f(x):\n  r = []\n  r.append(r)\n  return r", truth)), TestStatus::wrong_answer);
}

TEST(Functional, prints_do_not_disturb) {
  EXPECT_TRUE(
      passes(grade("import sys\nprint('x' * 100000)\ndef f(x):\n  print('debug' * 1000, file=sys.stderr)\n  print(x)\n  return x + 1",
                   functional("assert f(1) == 2"))));
}

TEST(Functional, results_are_compared_as_python_does) {
  const auto is_right = [](const char* result, const char* key) {
    return grade(std::string("def f(): return ") + result, functional(std::string("assert f() == ") + key)).correct;
  };
  EXPECT_TRUE(is_right("2", "2.0"));
  EXPECT_TRUE(is_right("True", "1"));
  EXPECT_TRUE(is_right("{1: 2, 3: 4}", "{3: 4, 1: 2}"));
  EXPECT_TRUE(is_right("{2, 1}", "{1, 2}"));
  EXPECT_FALSE(is_right("(1, 2)", "[1, 2]"));
  EXPECT_FALSE(is_right("9007199254740993", "9007199254740992"));
  EXPECT_FALSE(is_right("9007199254740993", "9007199254740992.0"));
  EXPECT_FALSE(is_right("0.30000000000000004", "0.3"));
  EXPECT_FALSE(is_right("float('nan')", "float('nan')"));
  EXPECT_FALSE(is_right("'1'", "1"));
  EXPECT_FALSE(is_right("None", "0"));
  EXPECT_TRUE(is_right("'\\u00e9\\ud83d\\n'", "'\\u00e9\\ud83d\\n'"));
}

TEST(Task, bad_tests_are_found_at_load) {
  const auto grader = builtin_registry().grader_for("codegen__mbpp", strict());
  const Value none;
  EXPECT_FALSE((*grader)->validate(Value("{}"), none));
  EXPECT_FALSE((*grader)->validate(Value("no json"), none));
  EXPECT_FALSE((*grader)->validate(functional("  "), none));
  EXPECT_FALSE((*grader)->validate(stdio({}), none));
  EXPECT_FALSE((*grader)->validate(Value(R"({"inputs": ["1"], "outputs": []})"), none));
  EXPECT_FALSE((*grader)->validate(functional("assert f()"), fields({{"checker", "magic"}})));
  EXPECT_TRUE((*grader)->validate(Value(R"({"inputs": ["1"], "outputs": ["2"]})"), none));
  EXPECT_EQ(grade("def f(): pass", functional("assert f( == 2")).status, GradeStatus::target_error);
}

TEST(Code, without_a_sandbox_there_is_no_grade) {
  GradeContext context;
  const auto grader = builtin_registry().grader_for("codegen__mbpp", strict());
  const Value truth = functional("assert f(1) == 2");
  const Value none;
  EXPECT_EQ((*grader)->grade({.data_source = "codegen__mbpp", .response = "x", .ground_truth = truth, .extra = none}, context).status,
            GradeStatus::unsupported);
}

}  // namespace
}  // namespace xrouter::grade::code
