// `xrouter host` with a model that says what the checks of the official clients expect. Everything but the model is
// real: server, chat format, grammars, the generator with its batch and its prefix cache.
//   scripted_host ADDRESS:PORT      environment: XROUTER_HOST_KEY, the key that clients must send
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "xrouter/chat_format/fake_tokenizer.hpp"
#include "xrouter/host/host.hpp"
#include "xrouter/lm/toy_model.hpp"
#include "xrouter/server/auth.hpp"

namespace {

using namespace xrouter;
using tokenizer::TokenId;

constexpr std::string_view kHead = "<|im_start|>assistant\n";
constexpr std::string_view kEnd = "<|im_end|>";
constexpr std::string_view kUser = "<|im_start|>user\n";
constexpr float kCertain = 40;
constexpr int kContext = 8192;
constexpr int kVaryingDigits = 12;

std::string call(std::string_view city) {
  return "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"" + std::string(city) + "\"}}\n</tool_call>";
}

struct Conversation {
  std::string question;  ///< the last message of the user
  bool has_tools = false;
  bool has_result = false;
  std::string reply;  ///< so far
};

Conversation conversation_of(const std::string& text) {
  Conversation now;
  const std::size_t head = text.rfind(kHead);
  now.reply = text.substr(head + kHead.size());
  const std::size_t user = text.rfind(kUser, head) + kUser.size();
  now.question = text.substr(user, text.find(kEnd, user) - user);
  now.has_tools = text.find("<tools>\n") != std::string::npos;
  now.has_result = now.question.starts_with("<tool_response>");
  return now;
}

// What is to be said, by the name of the mock's model that behaves in this way; see to() in python_client.py.
std::string wanted_reply(const Conversation& now) {
  if (now.has_result) return "It is sunny.";
  if (now.question == "mock-parallel-tools") return call("Z\xc3\xbcrich") + "\n" + call("\xe6\x9d\xb1\xe4\xba\xac");
  if (now.has_tools) return call("Z\xc3\xbcrich");
  if (now.question == "schema") return "{\"answer\": 42}";
  if (now.question == "mock-stall" || now.question == "mock-drip") return now.reply + "and so on ";
  return "This is the mock answer of alpha.";
}

void say(const tokenizer::Tokenizer& words, std::span<const TokenId> read, std::span<float> row) {
  const std::string text = words.decode(read);
  if (text.rfind(kHead) == std::string::npos) return;  // a row in the middle of a prompt
  const Conversation now = conversation_of(text);
  const TokenId end = *words.id_of(kEnd);
  if (now.question == "vary" && now.reply.size() < kVaryingDigits) {
    for (char digit = '0'; digit <= '9'; ++digit) row[static_cast<std::size_t>(digit)] = kCertain;
    return;
  }
  if (now.question == "slow-start" && now.reply.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(700));
  if (now.question == "mock-drip" || now.question == "mock-stall") std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const std::string wanted = now.question == "vary" ? now.reply : wanted_reply(now);
  const bool goes_on = wanted.size() > now.reply.size() && wanted.starts_with(now.reply);
  row[goes_on ? static_cast<unsigned char>(wanted[now.reply.size()]) : static_cast<std::size_t>(end)] = kCertain;
}

host::HostedModel scripted_model() {
  const std::vector<std::string> special{"<|im_start|>", std::string(kEnd)};
  auto words = std::make_shared<chat_format::FakeTokenizer>(special);
  lm::ToyModelOptions options{.vocab = static_cast<int>(words->size()), .max_positions = kContext, .spread = 1};
  options.say = [words](std::span<const TokenId> read, std::span<float> row) { say(*words, read, row); };
  const lm::GenerationModel model{
      .model = std::make_shared<lm::ToyModel>(std::move(options)), .tokenizer = words, .end_tokens = {*words->id_of(kEnd)}};
  return {.name = "alpha",
          .format = *chat_format::ChatFormat::named("hermes"),
          .tokenizer = words,
          .generator = lm::start_generator(model, {}, system_clock()),
          .context_tokens = kContext};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: scripted_host ADDRESS:PORT\n");
    return 2;
  }
  host::HostOptions options;
  options.server.listen = argv[1];
  options.server.keep_alive_comment = std::chrono::milliseconds(100);
  options.server.header_hold = std::chrono::milliseconds(200);
  if (const char* key = std::getenv("XROUTER_HOST_KEY")) options.server.api_key_hashes = {server::hash_of_key(key)};
  const auto running = host::Host::start(scripted_model(), options);
  if (!running) {
    std::fprintf(stderr, "%s\n", running.error().describe().c_str());
    return 1;
  }
  std::printf("listens on port %u\n", (*running)->port());
  std::fflush(stdout);
  (*running)->run_until_signal();
  return 0;
}
