// Model files made by tests: byte for byte as a test wants them, right or wrong.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/weights/file_bytes.hpp"
#include "xrouter/weights/safetensors_writer.hpp"

namespace xrouter::weights {

class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "weights_test_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path put(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline FileBytes bytes_in_memory(std::string text, const std::string& name = "test") {
  const auto owner = std::make_shared<const std::string>(std::move(text));
  return {.name = name, .bytes = std::as_bytes(std::span(owner->data(), owner->size())), .owner = owner};
}

template <class Number>
std::string packed(Number number) {
  return std::string(reinterpret_cast<const char*>(&number), sizeof number);
}
inline std::string counted(std::string_view text) { return packed<std::uint64_t>(text.size()) + std::string(text); }

inline std::string safetensors(std::string_view header, std::string_view data = "") { return counted(header) + std::string(data); }

/// Metadata entries and tensors of a GGUF file.
struct GgufText {
  std::uint32_t version = 3;
  std::uint64_t keys = 0, tensors = 0;
  std::string metadata, infos, data;

  GgufText& key(std::string_view name, std::uint32_t kind, std::string_view value) {
    ++keys;
    metadata += counted(name) + packed(kind) + std::string(value);
    return *this;
  }
  GgufText& tensor(std::string_view name, const std::vector<std::uint64_t>& dims, std::uint32_t type, std::uint64_t offset) {
    ++tensors;
    infos += counted(name) + packed(static_cast<std::uint32_t>(dims.size()));
    for (const std::uint64_t length : dims) infos += packed(length);
    infos += packed(type) + packed(offset);
    return *this;
  }
  std::string text() const {
    std::string out = "GGUF" + packed(version) + packed(tensors) + packed(keys) + metadata + infos;
    out.resize((out.size() + 31) / 32 * 32);
    return out + data;
  }
};

/// A small model whose tensor values are those of value(NAME, i) of tests/golden/lm/weights.py.
inline std::vector<float> known_values(std::string_view name, std::size_t count) {
  std::int64_t seed = 0;
  for (const char c : name) seed = (seed * 31 + static_cast<unsigned char>(c)) % 65521;
  std::vector<float> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t at = static_cast<std::int64_t>(i);
    const std::int64_t steps = i % 32 == 0 ? 127 : (seed + at * 7 + at / 32 * 5) % 255 - 127;
    out[i] = static_cast<float>(steps) / 64.0F;
  }
  return out;
}

inline std::filesystem::path golden(const char* source_dir, const std::string& name) {
  return std::filesystem::path(source_dir) / "tests" / "golden" / "lm" / "weights" / name;
}

}  // namespace xrouter::weights
