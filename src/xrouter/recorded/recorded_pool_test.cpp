#include "xrouter/recorded/recorded_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrouter/testing/world.hpp"

namespace xrouter::recorded {
namespace {

using ::testing::HasSubstr;

class CollectingSink final : public DeltaSink {
 public:
  boost::asio::awaitable<Result<void>> write(const ChatDelta& delta, CallScope&) override {
    if (fail_at && deltas.size() == *fail_at) co_return fail(ErrorKind::cancelled, "gone");
    deltas.push_back(delta);
    co_return Result<void>();
  }
  std::vector<ChatDelta> deltas;
  std::optional<std::size_t> fail_at;
};

corpus::Record record_of(std::string qid, std::vector<std::string> models) {
  corpus::Record record;
  record.question = {.qid = qid, .source = "gsm", .domain = "math", .question = "Question " + qid, .prompt = "Please answer: Question " + qid,
                     .gold = "1", .grader = "numeric"};
  for (std::string& model : models) {
    const std::string response = model + " answers " + qid + " with a text long enough to be sent in several pieces, one after the other.";
    record.outcomes.push_back({.model = model, .correct = true, .in_tok = 100, .out_tok = 60, .response = response});
  }
  return record;
}

ModelSpec model_of(std::string id, std::string corpus_name = {}, std::string upstream = std::string(kRecordedUpstream)) {
  ModelSpec spec;
  spec.id = ModelId(std::move(id));
  spec.upstream = std::move(upstream);
  spec.upstream_model = std::move(corpus_name);
  spec.price.input = Usd::from_pico(1'000'000);
  spec.price.output = Usd::from_pico(5'000'000);
  spec.price.source = "test";
  return spec;
}

class Pool : public ::testing::Test {
 protected:
  Pool() {
    auto file = corpus::PackedFile::open(corpus::pack(corpus::Header{.corpus = "test"}, {record_of("a", {"Strong-1", "cheap"}), record_of("b", {"cheap"})}));
    std::vector<corpus::PackedFile> files;
    files.push_back(std::move(*file));
    corpus_ = corpus::Corpus::from_files(std::move(files));
    catalog_ = *ModelCatalog::make({model_of("strong", "Strong-1"), model_of("cheap"), model_of("live", "", "elsewhere")});
  }

  ModelCall call_of(const std::string& model, const std::string& text) const {
    ModelCall call;
    call.id = CallId("c1");
    call.model = catalog_->find(ModelId(model));
    call.request.messages.push_back({.role = Role::system, .content = std::string("You are terse.")});
    call.request.messages.push_back({.role = Role::user, .content = text});
    return call;
  }
  ModelReply ask(const ModelCall& call, DeltaSink* live = nullptr, RecordedPoolOptions options = {}, Deadline deadline = Deadline::never()) {
    RecordedPool pool(corpus_, options);
    CallScope scope(world_.executor(), world_.timers(), deadline, "test");
    return world_.run(pool.call(call, scope, live));
  }

  World world_;
  std::shared_ptr<const corpus::Corpus> corpus_;
  std::shared_ptr<const ModelCatalog> catalog_;
};

TEST_F(Pool, answers_with_the_recorded_text_tokens_and_the_catalogue_price) {
  const ModelReply reply = ask(call_of("strong", "Question a"));
  ASSERT_TRUE(reply.reply) << reply.reply.error().describe();
  EXPECT_THAT(reply.reply->text(), HasSubstr("Strong-1 answers a"));
  EXPECT_EQ(reply.reply->usage->prompt_tokens, 100);
  ASSERT_EQ(reply.attempts.size(), 1U);
  EXPECT_EQ(reply.attempts[0].usage_source, UsageSource::reported);
  EXPECT_EQ(reply.attempts[0].cost, Cost::exactly(Usd::from_pico(100 * 1'000'000 + 60 * 5'000'000)));
  EXPECT_FALSE(reply.relayed);
}

TEST_F(Pool, gives_the_same_answer_again_whatever_the_sampling) {
  ModelCall call = call_of("cheap", "Question b");
  const std::string first = ask(call).reply->text();
  call.request.sampling.temperature = 1.7;
  call.request.sampling.max_output_tokens = 1;
  EXPECT_EQ(ask(call).reply->text(), first);
}

TEST_F(Pool, tells_unknown_questions_from_models_without_an_answer) {
  const ModelReply unknown = ask(call_of("cheap", "Question z"));
  EXPECT_EQ(unknown.reply.error().kind, ErrorKind::question_not_recorded);
  EXPECT_THAT(unknown.reply.error().public_text, HasSubstr("xrouter data sample"));
  const ModelReply unanswered = ask(call_of("strong", "Question b"));
  EXPECT_EQ(unanswered.reply.error().kind, ErrorKind::question_not_recorded);
  EXPECT_THAT(unanswered.reply.error().public_text, HasSubstr("no answer of strong"));
  ASSERT_EQ(unanswered.attempts.size(), 1U);
  EXPECT_EQ(unanswered.attempts[0].error, ErrorKind::question_not_recorded);
  EXPECT_EQ(unanswered.attempts[0].cost, Cost{});
}

TEST_F(Pool, streams_the_whole_answer_in_pieces_without_waiting) {
  CollectingSink sink;
  const TimePoint before = world_.now();
  const ModelReply reply = ask(call_of("cheap", "Question a"), &sink);
  EXPECT_EQ(world_.now(), before);
  EXPECT_TRUE(reply.relayed);
  ASSERT_GT(sink.deltas.size(), 2U);
  ReplyAccumulator joined;
  for (const ChatDelta& delta : sink.deltas) joined.add(delta);
  EXPECT_TRUE(joined.finished());
  EXPECT_EQ(joined.reply().text(), reply.reply->text());
}

TEST_F(Pool, charges_a_stream_that_the_client_left) {
  CollectingSink sink;
  sink.fail_at = 1;
  const ModelReply reply = ask(call_of("cheap", "Question a"), &sink);
  EXPECT_EQ(reply.reply.error().kind, ErrorKind::cancelled);
  EXPECT_TRUE(reply.relayed);
  EXPECT_EQ(reply.attempts.at(0).usage.completion_tokens, 60);
  EXPECT_EQ(reply.attempts.at(0).error, ErrorKind::cancelled);
}

TEST_F(Pool, replays_a_synthetic_latency_only_when_asked) {
  const RecordedPoolOptions slow{.replay_latency = true, .first_token = std::chrono::milliseconds(500), .tokens_per_second = 30};
  const ModelReply reply = ask(call_of("cheap", "Question a"), nullptr, slow);
  EXPECT_EQ(reply.attempts.at(0).latency, std::chrono::milliseconds(2500));
  EXPECT_EQ(ask(call_of("cheap", "Question a")).attempts.at(0).latency, Duration::zero());
}

TEST_F(Pool, charges_nothing_when_the_deadline_passes_before_the_answer) {
  const RecordedPoolOptions slow{.replay_latency = true};
  const Deadline soon = Deadline::after(world_.now(), std::chrono::milliseconds(100));
  const ModelReply reply = ask(call_of("cheap", "Question a"), nullptr, slow, soon);
  EXPECT_EQ(reply.reply.error().kind, ErrorKind::deadline_exceeded);
  EXPECT_EQ(reply.attempts.at(0).usage_source, UsageSource::none);
  EXPECT_EQ(reply.attempts.at(0).latency, std::chrono::milliseconds(100));
}

TEST_F(Pool, narrows_the_offer_to_models_that_can_answer) {
  const RecordedPool pool(corpus_);
  const auto offered = offer_all(*catalog_);
  const auto ids = [&](const std::string& text, const std::vector<OfferedModel>& from) {
    std::string joined;
    const auto able = pool.narrowed(call_of("cheap", text).request, from);
    if (!able) return std::string(label_of(able.error().kind));
    for (const OfferedModel& model : *able) joined += model.spec->id.value + " ";
    return joined;
  };
  EXPECT_EQ(ids("Question a", offered), "strong cheap live ");
  EXPECT_EQ(ids("Question b", offered), "cheap live ");
  EXPECT_EQ(ids("Question z", offered), "live ");
  EXPECT_EQ(ids("Question z", {offered[0]}), label_of(ErrorKind::question_not_recorded));
  EXPECT_EQ(ids("Question b", {offered[0]}), label_of(ErrorKind::question_not_recorded));
  EXPECT_EQ(ids("Question z", {offered[2]}), "live ");
}

TEST(Pieces, join_to_the_text_and_never_cut_a_character) {
  const std::string text = "Caf\xC3\xA9s \xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC and more words behind them.";
  for (std::size_t size = 1; size < 12; ++size) {
    std::string joined;
    for (const std::string_view piece : pieces_of(text, size)) {
      ASSERT_FALSE(piece.empty());
      EXPECT_NE(static_cast<unsigned char>(piece[0]) & 0xC0U, 0x80U);
      joined += piece;
    }
    EXPECT_EQ(joined, text);
  }
  EXPECT_TRUE(pieces_of("", 8).empty());
}

}  // namespace
}  // namespace xrouter::recorded
