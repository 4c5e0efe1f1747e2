#include "language_model.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "xrouter/base/clock.hpp"
#include "xrouter/base/log.hpp"
#include "xrouter/base/rng.hpp"
#include "xrouter/config/load.hpp"
#include "xrouter/torch_module/loader.hpp"
#include "xrouter/weights/model_files.hpp"
#include "xrouter/weights/model_store.hpp"

namespace xrouter::app {
namespace {

namespace fs = std::filesystem;
using ModelPtr = std::shared_ptr<const LoadedLanguageModel>;

// Lets the threads that answer requests go first: a pass takes tens of milliseconds of every core, a request tens of
// microseconds. The threads that a pass starts inherit the niceness of the one that starts them.
class YieldingModel final : public lm::LanguageModel {
 public:
  explicit YieldingModel(std::shared_ptr<lm::LanguageModel> model) : model_(std::move(model)) {}
  const lm::ModelShape& shape() const override { return model_->shape(); }
  std::unique_ptr<lm::KvSequence> new_sequence() override { return model_->new_sequence(); }
  void forward(std::span<const lm::ForwardInput> inputs, lm::Logits& out) override {
    if (!nice_) become_nice();
    model_->forward(inputs, out);
  }

 private:
  void become_nice() {
    constexpr int kNiceness = 10;
    nice_ = true;
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness));
  }
  std::shared_ptr<lm::LanguageModel> model_;
  bool nice_ = false;
};

std::string hex(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(value >> shift) & 15];
  return text;
}

std::string identity_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  const auto changed = fs::last_write_time(file, error).time_since_epoch().count();
  return file.string() + ' ' + std::to_string(size) + ' ' + std::to_string(changed) + '\n';
}

// Reading gigabytes to hash them would cost more than loading them.
std::string identity_of_all(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return identity_of(fs::weakly_canonical(path, error));
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::weakly_canonical(path, error), error))
    if (entry.is_regular_file(error)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string all;
  for (const fs::path& file : files) all += identity_of(file);
  return all;
}

// What ledgers and clients see: of a path no more than its end.
std::string name_of(const std::string& model) {
  fs::path path = fs::path(model).lexically_normal();
  if (path == "." || path.filename() == "..") path = fs::absolute(path).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  return path.extension() == ".gguf" ? path.stem().string() : path.filename().string();
}

Result<transformer::Precision> precision_of(const std::string& text) {
  if (text == "auto") return transformer::Precision::automatic;
  if (text == "bf16") return transformer::Precision::bf16;
  if (text == "f32") return transformer::Precision::f32;
  return fail(ErrorKind::config, "precision must be auto, bf16 or f32, not '" + text + "'");
}

Result<std::shared_ptr<const chat_format::ChatFormat>> format_of(const weights::ModelFiles& files) {
  if (!files.chat_template().empty()) return chat_format::ChatFormat::of_template(files.chat_template());
  return fail(ErrorKind::config, "the model " + files.name() + " has no chat template: an instruction-tuned model is needed");
}

std::vector<tokenizer::TokenId> all_end_tokens(const weights::ModelFiles& files, const chat_format::ChatFormat& format) {
  // The format's own come first: where only the end is left, the first is written, and it is what ends a turn.
  std::vector<tokenizer::TokenId> all = format.end_tokens(*files.tokenizer());
  for (const tokenizer::TokenId id : files.end_tokens())
    if (std::find(all.begin(), all.end(), id) == all.end()) all.push_back(id);
  return all;
}

double seconds_since(TimePoint begun) { return std::chrono::duration<double>(system_clock().now() - begun).count(); }

Result<ModelPtr> load(const LanguageModelOptions& options, const fs::path& path, const std::string& identity) {
  const TimePoint begun = system_clock().now();
  const auto precision = precision_of(options.precision);
  if (!precision) return fail(precision.error());
  const auto files = weights::open_model(path);
  if (!files) return fail(files.error());
  auto format = format_of(**files);
  if (!format) return fail(format.error());
  transformer::LoadOptions how{.precision = *precision, .device = options.device, .threads = options.threads, .adapter = options.adapter};
  auto model = torch_module::load_model(**files, how);
  if (!model) return fail(model.error());

  auto loaded = std::make_shared<LoadedLanguageModel>();
  loaded->name = name_of(options.model);
  loaded->version = loaded->name + "@" + hex(fnv1a64(identity));
  loaded->format = std::move(*format);
  loaded->tokenizer = (*files)->tokenizer();
  loaded->end_tokens = all_end_tokens(**files, *loaded->format);
  loaded->vocabulary = grammar::Vocabulary::make(loaded->tokenizer, loaded->end_tokens);
  loaded->shape = (*model)->shape();
  std::shared_ptr<lm::LanguageModel> running = std::move(*model);
  if (options.yields) running = std::make_shared<YieldingModel>(std::move(running));
  loaded->generator = lm::start_generator({std::move(running), loaded->tokenizer, loaded->end_tokens}, options.generator, system_clock());
  log::info("language_model", "loaded " + loaded->name + " (" + std::to_string(loaded->shape.parameters / 1'000'000) + "M parameters, format " +
                                  std::string(loaded->format->name()) + ", context " + std::to_string(loaded->shape.max_positions) + ") in " +
                                  std::to_string(seconds_since(begun)) + " s");
  return loaded;
}

std::string key_of(const LanguageModelOptions& options, const std::string& identity) {
  const lm::GeneratorOptions& g = options.generator;
  std::string key = identity + options.precision + ' ' + options.device + ' ' + std::to_string(options.threads) + ' ' + std::to_string(options.yields);
  for (const std::size_t number : {static_cast<std::size_t>(g.max_batch), static_cast<std::size_t>(g.max_queue), static_cast<std::size_t>(g.prefill_chunk),
                                   static_cast<std::size_t>(g.look_ahead_nodes), g.prefix_cache_bytes})
    key += ' ' + std::to_string(number);
  return key;
}

}  // namespace

Result<ModelPtr> load_language_model(const LanguageModelOptions& options) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const LoadedLanguageModel>> known;
  const auto path = weights::resolve_model(options.model, options.data_dir, config::process_environment);
  if (!path) return fail(path.error());
  std::string identity = identity_of_all(*path);
  if (!options.adapter.empty()) identity += identity_of_all(options.adapter);
  const std::string key = key_of(options, identity);
  const std::lock_guard lock(mutex);
  if (ModelPtr running = known[key].lock()) return running;
  auto loaded = load(options, *path, identity);
  if (loaded) known[key] = *loaded;
  return loaded;
}

int threads_beside(int request_threads) {
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return std::max(1, cores - request_threads);
}

}  // namespace xrouter::app
