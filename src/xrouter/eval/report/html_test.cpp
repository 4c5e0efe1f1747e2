#include "xrouter/eval/report/html.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "xrouter/eval/report/escape.hpp"
#include "xrouter/eval/report/figures.hpp"
#include "xrouter/eval/report/plot.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::eval {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHostile = "</script><script>window.pwned=1</script><img src=x onerror=\"window.pwned=1\">'\"&<!--\xff\xe2\x80\xa8";

// Two singles, a policy and a swept baseline on one benchmark, with every text hostile.
struct Fixture {
  Summary summary;
  QuestionSet questions;
  std::vector<System> systems;
  std::vector<SampleRecord> records;
  std::string text = std::string("The answer is 4. ") + kHostile;

  static SystemFigures figures(std::string system, double accuracy, double cost) {
    SystemFigures f{.system = std::move(system), .questions = 40, .samples = 40, .scored = 40};
    f.accuracy = {.mean = accuracy, .standard_error = 0.03, .interval = {accuracy - 0.06, accuracy + 0.06}};
    f.usd_per_1000 = cost;
    f.usd_per_1000_interval = {cost * 0.8, cost * 1.2};
    f.usd_per_right = cost / 1000 / accuracy;
    f.behaviour.selected = 1;
    f.behaviour.calls_per_query = 1.2;
    f.behaviour.models = {{std::string("cheap") + kHostile, 0.7}, {"strong", 0.3}};
    f.calibration.bins = {{.low = 0.5, .high = 0.6, .samples = 10, .confidence = 0.55, .accuracy = 0.5},
                          {.low = 0.9, .high = 1.0, .samples = 30, .confidence = 0.95, .accuracy = 0.9}};
    f.calibration.samples = 40;
    return f;
  }

  Fixture() {
    summary.program = std::string("xrouter ") + kHostile;
    const auto add = [this](std::string id, SystemKind kind, std::string family, std::optional<double> dial, double accuracy, double cost) {
      summary.systems.push_back({.id = id, .label = id + kHostile, .description = kHostile, .kind = kind, .family = std::move(family), .dial = dial});
      section().systems.push_back(figures(id, accuracy, cost));
    };
    summary.sections.resize(1);
    section().task = "toy";
    section().title = std::string("Toy ") + kHostile;
    section().questions = 40;
    section().remarks = {kHostile};
    add("model:cheap", SystemKind::single, "", {}, 0.6, 0.05);
    add("model:strong", SystemKind::single, "", {}, 0.85, 3);
    add("policy", SystemKind::policy, "", {}, 0.84, 1);
    add("baseline:knn@0", SystemKind::baseline, "knn", 0, 0.8, 2);
    add("baseline:knn@1", SystemKind::baseline, "knn", 1, 0.7, 0.5);
    section().systems[2].hull = HullMargin{.margin = 0.04, .interval = {0.01, 0.07}, .wins = true, .p = 0.001, .p_holm = 0.002};
    section().singles = Curve{.family = "singles", .label = "singles", .hull = {{.usd_per_1000 = 0.05, .accuracy = 0.6}, {.usd_per_1000 = 3, .accuracy = 0.85}}};
    section().curves = {{.family = "knn", .label = kHostile, .points = {{2, 0.8, "baseline:knn@0"}, {0.5, 0.7, "baseline:knn@1"}}}};
    BenchmarkUse use;
    use.spec.name = "toy";
    use.spec.title = std::string("Toy ") + kHostile;
    questions.benchmarks.push_back(std::move(use));
    for (int i = 0; i < 40; ++i) {
      Question question;
      question.qid = "q" + std::to_string(i);
      question.prompt = "Question " + std::to_string(i) + kHostile;
      question.gold = std::string(kHostile);
      questions.questions.push_back(question);
    }
    for (const SystemText& system : summary.systems)
      for (const Question& question : questions.questions) add_record(system.id, question.qid);
  }
  Section& section() { return summary.sections[0]; }
  void add_record(const std::string& system, const std::string& qid) {
    SampleRecord record;
    record.task = "toy";
    record.system = system;
    record.qid = qid;
    record.response = "00ff";
    record.calls = {{.model = std::string("cheap") + kHostile, .turn = 1}, {.model = "strong", .turn = 2, .status = CallStatus::failed, .error = kHostile}};
    record.grade = {.status = grade::GradeStatus::scored, .score = 1, .correct = true, .extracted = kHostile, .reason = kHostile};
    record.source = AnswerSource::selected;
    record.confidence = 0.7;
    records.push_back(std::move(record));
  }
  std::string page(HtmlOptions options = {}) const {
    options.manifest.emplace_back(kHostile, kHostile);
    return render_html(summary, {.questions = questions, .systems = systems, .records = records, .response = [this](const std::string&) -> const std::string& { return text; }},
                       options);
  }
};

std::size_t count_of(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

std::string browser_json(const std::string& page) {
  constexpr std::string_view kBegin = "<script type=\"application/json\" id=\"browser-data\">";
  const std::size_t begin = page.find(kBegin) + kBegin.size();
  return page.substr(begin, page.find("</script>", begin) - begin);
}

TEST(Page, lets_no_foreign_text_become_markup) {
  const std::string page = Fixture().page();
  EXPECT_EQ(count_of(page, "<script"), 2U) << "the data and the script of the page itself";
  EXPECT_EQ(count_of(page, "</script"), 2U);
  EXPECT_EQ(count_of(page, "<img"), 0U);
  EXPECT_EQ(count_of(page, "<!--"), 0U);
  EXPECT_EQ(count_of(page, "onerror=\""), 0U);
  EXPECT_EQ(page.find('\xff'), std::string::npos) << "the page is valid UTF-8";
}

TEST(Page, loads_nothing_from_anywhere) {
  const std::string page = Fixture().page();
  for (const char* outside : {"http:", "https:", "url(", "@import", "src=\"", "//cdn"}) EXPECT_THAT(page, Not(HasSubstr(outside))) << outside;
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST(Page, is_the_same_for_the_same_run) { EXPECT_EQ(Fixture().page(), Fixture().page()); }

TEST(Page, gives_the_browser_valid_json_with_every_text_once) {
  const std::string text = browser_json(Fixture().page());
  ASSERT_TRUE(json::parse(text)) << text.substr(0, 200);
  EXPECT_EQ(count_of(text, "The answer is 4."), 1U);
  EXPECT_EQ(count_of(text, "\"p\":\"Question "), 40U);
}

TEST(Page, stays_within_its_limits_and_says_so) {
  Fixture fixture;
  const std::string few = fixture.page({.max_questions = 8, .max_prompt_bytes = 10});
  EXPECT_EQ(count_of(browser_json(few), "\"id\":\"q"), 8U);
  EXPECT_THAT(few, HasSubstr("8 of 40 answered questions are in this page"));
  EXPECT_THAT(browser_json(few), HasSubstr("Question 0 ... [cut: 10 of"));
  EXPECT_LT(count_of(browser_json(fixture.page({.max_browser_bytes = 8'000})), "\"id\":\"q"), 20U);
}

TEST(Page, says_who_wins_and_that_a_run_is_incomplete) {
  Fixture fixture;
  fixture.summary.complete = false;
  fixture.summary.stopped_by = "budget";
  const std::string page = fixture.page();
  EXPECT_THAT(page, HasSubstr("wins</span>"));
  EXPECT_THAT(page, HasSubstr("This run is not complete"));
  EXPECT_THAT(page, HasSubstr("+4.0 <small>+1.0 to +7.0</small>"));
}

TEST(Page, survives_a_run_without_anything) {
  Fixture fixture;
  fixture.summary = {};
  fixture.records.clear();
  fixture.questions = {};
  EXPECT_THAT(fixture.page(), HasSubstr("0 of 0 answered questions"));
}

TEST(Page, draws_free_and_unscored_systems_without_breaking_the_axis) {
  Fixture fixture;
  fixture.section().systems[0].usd_per_1000 = 0;
  fixture.section().systems[1].scored = 0;
  const std::string page = fixture.page();
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(page, Not(HasSubstr("inf")));
}

TEST(View, lets_the_point_next_to_the_usual_dial_stand_for_its_family) {
  const Fixture fixture;
  const report::View view(fixture.summary);
  EXPECT_TRUE(view.is_minor("baseline:knn@0"));
  EXPECT_FALSE(view.is_minor("baseline:knn@1"));
  EXPECT_FALSE(view.is_minor("policy"));
  EXPECT_EQ(view.series_of("model:cheap"), view.series_of("model:strong"));
}

TEST(Escape, cuts_at_characters_and_mends_faulty_bytes) {
  EXPECT_EQ(report::clean_text("caf\xC3\xA9!", 4), "caf ... [cut: 3 of 6 bytes]");
  EXPECT_EQ(report::clean_text("a\xC3(\xED\xA0\x80\x01z", 100), "a\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD z");
  EXPECT_EQ(report::html("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
  EXPECT_EQ(report::script_json("{\"a\":\"</script>&\xE2\x80\xA9\"}"), "{\"a\":\"\\u003c/script\\u003e\\u0026\\u2029\"}");
}

TEST(Numbers, read_as_people_write_them) {
  EXPECT_EQ(report::percent(0.84234), "84.2");
  EXPECT_EQ(report::points(-0.0041), "\xE2\x88\x92" "0.4");
  EXPECT_EQ(report::points(-0.0001), "+0.0");
  EXPECT_EQ(report::money(16.843), "16.8");
  EXPECT_EQ(report::money(0.04716), "0.0472");
  EXPECT_EQ(report::money(0), "0");
  EXPECT_EQ(report::money(1234.5), "1234");
  EXPECT_EQ(report::milliseconds(1530), "1.5 s");
}

// For looking at it: XROUTER_REPORT_OUT=/somewhere/page.html eval_test --gtest_filter=Page.can_be_kept_for_a_look
TEST(Page, can_be_kept_for_a_look) {
  const char* path = std::getenv("XROUTER_REPORT_OUT");
  if (path == nullptr) GTEST_SKIP() << "XROUTER_REPORT_OUT is not set";
  std::ofstream(path) << Fixture().page();
}

}  // namespace
}  // namespace xrouter::eval
