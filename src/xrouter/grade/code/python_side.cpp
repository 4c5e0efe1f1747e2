#include "xrouter/grade/code/python_side.hpp"

#include "xrouter/grade/extract/extract.hpp"

namespace xrouter::grade::code {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxDetailBytes = 1024;
// A reply holds one value of a test; larger ones are not what a test expects.
constexpr std::int64_t kMaxReplyBytes = 16 << 20;

std::string text_at(const Value& reply, std::string_view name) {
  const Value* field = reply.find(name);
  const std::string* text = field ? field->if_string() : nullptr;
  return text ? *text : std::string{};
}

TestStatus status_of_kind(std::string_view kind) {
  if (kind == "memory") return TestStatus::memory_limit;
  if (kind == "assertion") return TestStatus::wrong_answer;
  return TestStatus::runtime_error;
}

}  // namespace

milliseconds wall_for(milliseconds cpu) { return cpu * 3 / 2 + milliseconds(1000); }

std::string last_words(std::string_view err) {
  err = extract::trimmed(err);
  if (err.size() > kMaxDetailBytes) err.remove_prefix(err.size() - kMaxDetailBytes);
  std::string words = extract::to_utf8(err);
  if (words.size() > kMaxDetailBytes) words = words.substr(words.size() - kMaxDetailBytes);
  return extract::to_utf8(words).substr(0, kMaxDetailBytes);
}

TestStatus status_of(const sandbox::RunResult& result) {
  using sandbox::RunStatus;
  switch (result.status) {
    case RunStatus::exited:
      return result.code == 0 ? TestStatus::pass : TestStatus::runtime_error;
    case RunStatus::signalled:
      return TestStatus::runtime_error;
    case RunStatus::time_limit:
      return TestStatus::time_limit;
    case RunStatus::memory_limit:
      return TestStatus::memory_limit;
    case RunStatus::output_limit:
      return TestStatus::output_limit;
    case RunStatus::infrastructure_error:
      return TestStatus::infrastructure_error;
  }
  return TestStatus::infrastructure_error;
}

Result<PythonSide> PythonSide::start(sandbox::Sandbox& sandbox, std::string_view driver, milliseconds total, bool with_site) {
  sandbox::Program program{.argv = {"python3", "-s", "-B"}, .files = {{"driver.py", std::string(driver)}}};
  if (!with_site) program.argv.emplace_back("-S");
  program.argv.emplace_back("driver.py");
  program.limits.cpu = total;
  program.limits.wall = wall_for(total);
  program.limits.output_bytes = kMaxReplyBytes;
  auto session = sandbox.start(program);
  if (!session) return tl::unexpected(session.error());
  return PythonSide(std::move(*session));
}

Answer PythonSide::ask(Request request, milliseconds limit) {
  const sandbox::Reply reply = session_->ask(request.take(), wall_for(limit));
  if (reply.status != sandbox::ReplyStatus::line) return end_of(reply);
  Answer answer{.status = TestStatus::runtime_error, .problem = "the reply is malformed", .wall = reply.wall};
  const auto parsed = parse_json(reply.line, {.max_bytes = kMaxReplyBytes, .max_depth = 200});
  if (!parsed || !parsed->if_dict()) return answer;
  if (const std::string error = text_at(*parsed, "error"); !error.empty()) {
    answer.status = status_of_kind(text_at(*parsed, "kind"));
    answer.problem = error;
    return answer;
  }
  return {.status = TestStatus::pass, .value = std::move(*parsed), .wall = reply.wall};
}

Answer PythonSide::end_of(const sandbox::Reply& reply) {
  const sandbox::RunResult end = session_->finish();
  Answer answer{.status = status_of(end), .problem = last_words(end.problem.empty() ? end.err : end.problem), .wall = reply.wall};
  // It left before it had answered, however politely.
  if (answer.status == TestStatus::pass) {
    answer.status = TestStatus::runtime_error;
    answer.problem = "the program ended before its tests";
  }
  return answer;
}

}  // namespace xrouter::grade::code
