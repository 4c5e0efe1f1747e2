// A language model that runs in this process: loaded once, shared by every worker and command that needs it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/chat_format/chat_format.hpp"
#include "xrouter/grammar/matcher.hpp"
#include "xrouter/lm/generator.hpp"

namespace xrouter::app {

struct LanguageModelOptions {
  std::string model;               ///< name of a pulled model, folder, or GGUF file
  std::string data_dir;            ///< of the shipped data, which lists the models that have names
  std::string precision = "auto";  ///< auto | bf16 | f32
  std::string adapter = {};        ///< folder of a LoRA adapter; "" without
  std::string device = "cpu";
  int threads = 0;                 ///< of a forward pass; 0 = all cores
  bool yields = false;             ///< beside threads that answer requests: those go first
  lm::GeneratorOptions generator = {};
};

/// What there is after loading. Thread-safe.
struct LoadedLanguageModel {
  std::string name;     ///< "smollm2-135m": the given name, or what the files are called
  std::string version;  ///< of weights and adapter: name and a hash of where the files lie, how large and how old they are
  std::shared_ptr<const chat_format::ChatFormat> format;
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer;
  std::vector<tokenizer::TokenId> end_tokens;  ///< of the files and of the format
  std::shared_ptr<const grammar::Vocabulary> vocabulary;
  lm::ModelShape shape;
  std::shared_ptr<lm::Generator> generator;  ///< its thread runs
};

/// Loads and starts it. The same options give the model that is loaded already, as long as somebody holds it: a reload
/// of the configuration does not read the weights again. Errors: config or io, each with what to do: the runtime is not
/// installed, the model is not pulled, its files are broken, there is not enough memory.
Result<std::shared_ptr<const LoadedLanguageModel>> load_language_model(const LanguageModelOptions& options);

/// Threads of a forward pass beside this many threads that answer requests: the cores that are left, at least one.
int threads_beside(int request_threads);

}  // namespace xrouter::app
