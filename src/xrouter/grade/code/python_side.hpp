// Talking with a Python process in the sandbox: one request line, one reply line.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "xrouter/grade/grader.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/sandbox/sandbox.hpp"

namespace xrouter::grade::code {

/// ["operation", [arguments]]: JSON that is also a Python literal, so no true, false or null.
class Request {
 public:
  explicit Request(std::string_view operation) { out_.begin_array().value(operation).begin_array(); }
  Request& text(std::string_view text) {
    out_.value(text);
    return *this;
  }
  Request& number(int number) {
    out_.value(number);
    return *this;
  }
  Request& texts(const std::vector<std::string>& texts) {
    out_.begin_array();
    for (const std::string& text : texts) out_.value(text);
    out_.end_array();
    return *this;
  }
  std::string take() { return out_.end_array().end_array().take(); }

 private:
  json::Writer out_;
};

struct Answer {
  TestStatus status = TestStatus::infrastructure_error;  ///< pass: `value` is the reply
  Value value = {};
  std::string problem = {};
  std::chrono::milliseconds wall{0};
};

/// CPU decides; the wall clock only ends sleepers, so that a busy machine fails nobody.
std::chrono::milliseconds wall_for(std::chrono::milliseconds cpu);

/// Single-threaded, like the session below it.
class PythonSide {
 public:
  /// `total`: CPU time of the whole process. Errors: ErrorKind::io.
  static Result<PythonSide> start(sandbox::Sandbox& sandbox, std::string_view driver, std::chrono::milliseconds total,
                                  bool with_site = false);
  /// A process that is gone answers every further request with the status of its end.
  Answer ask(Request request, std::chrono::milliseconds limit);

 private:
  explicit PythonSide(std::unique_ptr<sandbox::Session> session) : session_(std::move(session)) {}
  Answer end_of(const sandbox::Reply& reply);
  std::unique_ptr<sandbox::Session> session_;
};

/// How a program's own end counts. `exited` with another code than 0 is a runtime error.
TestStatus status_of(const sandbox::RunResult& result);
/// The last lines of what a program said, at most 1 KiB of valid UTF-8.
std::string last_words(std::string_view err);

}  // namespace xrouter::grade::code
