// Writes the tensors of a model as they are handed out, for comparison with another reader; says how long it took.
//
//   weights_dump MODEL [DUMP]        MODEL is a folder or a GGUF file
//   weights_dump --copy MODEL FOLDER [SHARD_BYTES]
//                                    writes the model as a Hugging Face folder, for other readers to open
//   weights_dump --copy-adapter ADAPTER FOLDER
//                                    reads a PEFT adapter and writes it again
//
// DUMP gets "NAME TYPE BYTES\n" and the bytes of each tensor.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "xrouter/weights/adapter.hpp"
#include "xrouter/weights/expected_tensors.hpp"
#include "xrouter/weights/model_files.hpp"
#include "xrouter/weights/safetensors_writer.hpp"

using namespace xrouter;
using namespace xrouter::weights;

namespace {

template <class T>
T require(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().describe().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

const char* name_of(DType dtype) { return dtype == DType::f32 ? "f32" : dtype == DType::f16 ? "f16" : "bf16"; }

void dump(const ModelFiles& model, std::ofstream out) {
  std::size_t tensors = 0, bytes = 0;
  for (const std::string& name : model.tensor_names()) {
    const Tensor tensor = require(model.tensor(name));
    ++tensors;
    bytes += tensor.bytes.size();
    if (!out.is_open()) continue;
    out << name << ' ' << name_of(tensor.dtype) << ' ' << tensor.bytes.size() << '\n';
    out.write(reinterpret_cast<const char*>(tensor.bytes.data()), static_cast<std::streamsize>(tensor.bytes.size()));
  }
  std::printf("%zu tensors, %zu bytes, %lld parameters\n", tensors, bytes, static_cast<long long>(model.config().parameters()));
}

void copy(const ModelFiles& model, const std::filesystem::path& from, const std::filesystem::path& to, std::uint64_t shard_bytes) {
  std::vector<NamedTensor> tensors;
  for (const ExpectedTensor& expected : expected_tensors(model.config()))
    tensors.push_back({expected.name, require(model.tensor(expected.name))});
  const FolderOptions options{.max_shard_bytes = shard_bytes, .end_tokens = model.end_tokens(), .tokenizer_from = from};
  require(write_model_folder(to, model.config(), tensors, options));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "--copy-adapter") {
    require(write_adapter(words[2], require(read_adapter(words[1]))));
    return 0;
  }
  const bool copies = !words.empty() && words[0] == "--copy";
  if (words.size() < (copies ? 3U : 1U)) return 2;
  const auto start = std::chrono::steady_clock::now();
  const auto model = require(open_model(words[copies ? 1 : 0]));
  if (copies)
    copy(*model, words[1], words[2], words.size() > 3 ? std::stoull(words[3]) : 5'000'000'000);
  else
    dump(*model, words.size() > 1 ? std::ofstream(words[1], std::ios::binary) : std::ofstream());
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("%.0f ms\n", took.count());
}
