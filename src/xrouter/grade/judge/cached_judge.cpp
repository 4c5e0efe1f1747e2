#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>

#include "xrouter/grade/judge/judge.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::grade {
namespace {

using Key = std::pair<std::string, std::string>;  // system, user

std::string text_at(const Value& object, std::string_view name) {
  const Value* value = object.find(name);
  return value && value->if_string() ? *value->if_string() : std::string();
}

}  // namespace

struct CachedJudge::State {
  explicit State(JudgeModel& model) : judge(model) {}

  JudgeModel& judge;
  std::mutex mutex = {};
  std::map<Key, std::string> replies = {};
  std::ofstream file = {};

  void load(const std::string& path) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
      const auto kept = parse_json(line);
      if (!kept || text_at(*kept, "judge") != judge.id()) continue;
      replies.emplace(Key(text_at(*kept, "system"), text_at(*kept, "user")), text_at(*kept, "reply"));
    }
  }

  void keep(const Key& key, const std::string& reply) {
    const std::lock_guard lock(mutex);
    if (!replies.emplace(key, reply).second || !file.is_open()) return;
    json::Writer out;
    out.begin_object().field("judge", judge.id()).field("system", key.first).field("user", key.second).field("reply", reply).end_object();
    file << out.take() << '\n' << std::flush;
  }

  const std::string* find(const Key& key) {
    const std::lock_guard lock(mutex);
    const auto found = replies.find(key);
    return found == replies.end() ? nullptr : &found->second;  // nodes stay where they are
  }
};

Result<std::unique_ptr<CachedJudge>> CachedJudge::open(JudgeModel& judge, const std::string& path) {
  auto state = std::make_unique<State>(judge);
  if (!path.empty()) {
    state->load(path);
    state->file.open(path, std::ios::app);
    if (!state->file) return fail(ErrorKind::io, "cannot open the judge's cache " + path + ": " + std::strerror(errno));
    state->file << '\n';  // ends a line that a crash has cut off
  }
  return std::unique_ptr<CachedJudge>(new CachedJudge(std::move(state)));
}

CachedJudge::CachedJudge(std::unique_ptr<State> state) : state_(std::move(state)) {}
CachedJudge::~CachedJudge() = default;

std::string_view CachedJudge::id() const { return state_->judge.id(); }

Result<std::string> CachedJudge::ask(std::string_view system, std::string_view user) {
  const Key key{std::string(system), std::string(user)};
  if (const std::string* reply = state_->find(key)) return *reply;
  auto reply = state_->judge.ask(system, user);
  // A reply without a verdict would fail for ever after.
  if (reply && verdict_of(*reply)) state_->keep(key, *reply);
  return reply;
}

}  // namespace xrouter::grade
