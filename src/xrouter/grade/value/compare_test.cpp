#include "xrouter/grade/value/compare.hpp"

#include <gtest/gtest.h>

namespace xrouter::grade {
namespace {

Value of(std::string_view text) { return parse_python(text).value(); }

bool python(std::string_view a, std::string_view b) {
  EXPECT_EQ(python_equal(of(a), of(b)), python_equal(of(b), of(a)));
  return python_equal(of(a), of(b));
}

bool typed(std::string_view a, std::string_view b, const CompareOptions& options = {}) { return equal(of(a), of(b), options); }

TEST(PythonEqual, mixes_numbers_and_booleans) {
  EXPECT_TRUE(python("1", "1.0"));
  EXPECT_TRUE(python("1", "True"));
  EXPECT_TRUE(python("[0, {1: 2}]", "[False, {True: 2.0}]"));
  EXPECT_TRUE(python("0", "-0.0"));
  EXPECT_FALSE(python("1", "'1'"));
  EXPECT_FALSE(python("None", "False"));
  EXPECT_FALSE(python("''", "None"));
}

TEST(PythonEqual, compares_integers_exactly_and_floats_as_doubles) {
  EXPECT_FALSE(python("9007199254740993", "9007199254740992"));
  EXPECT_FALSE(python("9007199254740993", "9007199254740992.0"));
  EXPECT_TRUE(python("9007199254740992", "9007199254740993.0"));
  EXPECT_TRUE(python("0.1", "0.1000000000000000055"));
  EXPECT_TRUE(python("99999999999999991611392", "1e23"));
  EXPECT_FALSE(python("100000000000000000000000", "1e23"));
  EXPECT_TRUE(python("1e999", "1e998"));
}

TEST(PythonEqual, tells_lists_tuples_and_sets_apart) {
  EXPECT_FALSE(python("[1]", "(1,)"));
  EXPECT_FALSE(python("{1}", "[1]"));
  EXPECT_TRUE(python("{1, 2, 3}", "{3, 2.0, 1}"));
  EXPECT_TRUE(python("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"));
  EXPECT_FALSE(python("{'a': 1}", "{'a': 1, 'b': 2}"));
  EXPECT_FALSE(python("['ab', 'c']", "['a', 'bc']"));
  EXPECT_FALSE(python("[[1], 2]", "[[1, 2]]"));
}

TEST(PythonEqual, lets_nan_equal_nothing) {
  const Value nan(Number{"nan"});
  EXPECT_FALSE(python_equal(nan, nan));
  EXPECT_FALSE(python_equal(Value(Value::List{.items = {nan}}), Value(Value::List{.items = {nan}})));
}

TEST(Equal, keeps_types_apart) {
  EXPECT_FALSE(typed("1", "True"));
  EXPECT_FALSE(typed("0", "False"));
  EXPECT_FALSE(typed("1", "1.0"));
  EXPECT_TRUE(typed("1", "1.0", {.int_equals_float = true}));
  EXPECT_FALSE(typed("True", "1.0", {.int_equals_float = true}));
  EXPECT_FALSE(typed("{1: 2}", "{True: 2}"));
  EXPECT_FALSE(typed("None", "0"));
  EXPECT_FALSE(typed("'1'", "1"));
}

TEST(Equal, compares_numbers_as_quantities_without_loss) {
  EXPECT_TRUE(typed("1.50", "1.5"));
  EXPECT_TRUE(typed("1e2", "100.0"));
  EXPECT_TRUE(typed("0.0", "-0.0"));
  EXPECT_FALSE(typed("123456789012345678901234567890", "123456789012345678901234567891"));
  EXPECT_FALSE(typed("9007199254740993.0", "9007199254740992.0"));
  EXPECT_TRUE(typed("1e400", "10e399"));
  EXPECT_FALSE(typed("1e400", "1e401"));
}

TEST(Equal, gives_tolerance_to_floats_only) {
  const CompareOptions loose{.int_equals_float = true, .rel_tol = 1e-3, .abs_tol = 1e-3};
  EXPECT_TRUE(typed("0.3333", "0.33333", loose));
  EXPECT_FALSE(typed("0.3333", "0.33333"));
  EXPECT_FALSE(typed("1000000", "1000001", loose));
  EXPECT_FALSE(typed("1000000", "1000000.5", loose));
  EXPECT_TRUE(typed("[1.0, {'a': 2.0}]", "[1.0001, {'a': 2.0001}]", loose));
  EXPECT_FALSE(typed("1e400", "1e401", loose));
}

TEST(Equal, takes_tuples_for_lists_when_asked) {
  EXPECT_FALSE(typed("(1, 2)", "[1, 2]"));
  EXPECT_TRUE(typed("[(1, 2)]", "[[1, 2]]", {.tuple_equals_list = true}));
  EXPECT_FALSE(typed("{1, 2}", "[1, 2]", {.tuple_equals_list = true}));
}

TEST(Equal, lets_a_value_equal_itself) {
  for (const char* text : {"NaN", "Infinity", "[1, \"a\", null, {\"b\": NaN}]"}) {
    const Value value = parse_json(text).value();
    EXPECT_TRUE(equal(value, value)) << text;
  }
}

TEST(Compare, orders_decimals_of_any_length) {
  const auto order = [](const char* a, const char* b) { return compare(*decimal_of({a}), *decimal_of({b})); };
  EXPECT_TRUE(order("-1", "1") < 0);
  EXPECT_TRUE(order("-2", "-1") < 0);
  EXPECT_TRUE(order("0", "0.000") == 0);
  EXPECT_TRUE(order("1e100", "999") > 0);
  EXPECT_TRUE(order("0.0012", "0.00123") < 0);
  EXPECT_TRUE(order("12.50", "1.25e1") == 0);
  EXPECT_EQ(decimal_of({"inf"}), std::nullopt);
  EXPECT_EQ(decimal_of({"1e9999999999999999999"}), std::nullopt);
}

TEST(Compare, is_linear_for_colliding_integers) {
  std::string text = "{";
  for (int i = 0; i < 2000; ++i) text += "1" + std::string(300, '0') + std::to_string(10000 + i) + ",";
  const Value set = of(text + "}");
  EXPECT_EQ(set.if_list()->items.size(), 2000U);
  EXPECT_TRUE(python_equal(set, set));
}

}  // namespace
}  // namespace xrouter::grade
