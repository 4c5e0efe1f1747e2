#include "xrouter/weights/model_store.hpp"

#include <gmock/gmock.h>

#include <map>

#include "xrouter/weights/sha256.hpp"
#include "xrouter/weights/test_files.hpp"

namespace xrouter::weights {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Environment variables(std::map<std::string, std::string> values) {
  return [values](const std::string& name) { return values.contains(name) ? std::optional(values.at(name)) : std::nullopt; };
}

std::string sha256_of(std::string_view text, std::size_t step) {
  Sha256 hash;
  for (std::size_t at = 0; at < text.size(); at += step) {
    const std::string_view part = text.substr(at, step);
    hash.add(std::as_bytes(std::span(part.data(), part.size())));
  }
  return hash.finish();
}

TEST(Sha256, gives_the_standards_examples) {
  EXPECT_EQ(sha256_of("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const std::string thousand(1'000, 'a');
  for (const std::size_t step : {1UL, 63UL, 64UL, 65UL, 1'000UL})
    EXPECT_EQ(sha256_of(thousand, step), "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3") << step;
  EXPECT_EQ(sha256_of(std::string(100'000, 'a'), 100'000), "6d1cf22d7cc09b085dfc25ee1a1f3ae0265804c607bc2074ad253bcc82fd81ee");
}

TEST(ModelList, the_shipped_one_is_sound) {
  const auto models = read_model_list(model_list_path((fs::path(XROUTER_SOURCE_DIR) / "data").string()));
  ASSERT_TRUE(models.has_value()) << models.error().describe();
  ASSERT_FALSE(models->empty());
  EXPECT_EQ(models->front().name, "smollm2-135m");
}

std::string list_with(const std::string& field, const std::string& value) {
  std::map<std::string, std::string> fields{{"name", "\"tiny\""}, {"description", "\"d\""},   {"package", "\"p\""},
                                            {"version", "\"1\""}, {"member", "\"p/m.gguf\""}, {"sha256", '"' + std::string(64, 'a') + '"'},
                                            {"bytes", "3"},       {"licence", "\"MIT\""}};
  fields[field] = value;
  std::string out;
  for (const auto& [name, text] : fields) out += (out.empty() ? "{\"" : ",\"") + name + "\":" + text;
  return "{\"models\":[" + out + "}]}";
}

TEST(ModelList, refuses_names_that_would_mean_more_than_a_name) {
  const TestFolder folder;
  const auto refusal = [&](const std::string& field, const std::string& value) {
    const auto models = read_model_list(folder.put("list.json", list_with(field, value)));
    return models ? std::string("was read") : models.error().public_text;
  };
  EXPECT_EQ(refusal("bytes", "3"), "was read");
  EXPECT_THAT(refusal("name", "\"../up\""), HasSubstr("'models[0].name'"));
  EXPECT_THAT(refusal("package", "\"--index-url\""), HasSubstr("'models[0].package'"));
  EXPECT_THAT(refusal("version", "\"1 evil\""), HasSubstr("'models[0].version'"));
  EXPECT_THAT(refusal("member", "\"p/\""), HasSubstr("'models[0].member'"));
  EXPECT_THAT(refusal("sha256", "\"abc\""), HasSubstr("64 lower-case hex digits"));
  EXPECT_THAT(refusal("bytes", "0"), HasSubstr("'models[0].bytes'"));
}

TEST(ModelCache, lies_where_the_environment_says) {
  EXPECT_EQ(model_cache(variables({{"XROUTER_MODELS_DIR", "/m"}, {"HOME", "/h"}})).value(), "/m");
  EXPECT_EQ(model_cache(variables({{"XDG_CACHE_HOME", "/c"}, {"HOME", "/h"}})).value(), "/c/xrouter/models");
  EXPECT_EQ(model_cache(variables({{"XDG_CACHE_HOME", "relative"}, {"HOME", "/h"}})).value(), "/h/.cache/xrouter/models");
  EXPECT_THAT(model_cache(variables({})).error().public_text, HasSubstr("set XROUTER_MODELS_DIR"));
}

TEST(ResolveModel, turns_a_name_into_the_cached_file_and_leaves_paths_alone) {
  const TestFolder folder;
  fs::create_directories(folder.path() / "data/models");
  folder.put("data/models/language_models.json", list_with("bytes", "3"));
  const std::string data = (folder.path() / "data").string();
  const Environment environment = variables({{"XROUTER_MODELS_DIR", folder.path() / "cache"}});
  EXPECT_THAT(resolve_model("tiny", data, environment).error().public_text, HasSubstr("'xrouter models pull tiny' obtains it"));
  fs::create_directories(folder.path() / "cache/tiny");
  folder.put("cache/tiny/m.gguf", "ab");
  EXPECT_THAT(resolve_model("tiny", data, environment).error().public_text, HasSubstr("is not on this machine")) << "of another size";
  folder.put("cache/tiny/m.gguf", "abc");
  EXPECT_EQ(resolve_model("tiny", data, environment).value(), folder.path() / "cache/tiny/m.gguf");
  EXPECT_EQ(resolve_model("./tiny", data, environment).value(), "./tiny");
  EXPECT_EQ(resolve_model("file.gguf", data, environment).value(), "file.gguf");
  EXPECT_THAT(resolve_model("tinny", data, environment).error().public_text, HasSubstr("did you mean 'tiny'?"));
  EXPECT_EQ(resolve_model("", data, environment).error().kind, ErrorKind::config);
}

TEST(ResolveModel, knows_what_the_data_folder_ships_with_weights) {
  const TestFolder folder;
  fs::create_directories(folder.path() / "data/models/ours");
  folder.put("data/models/language_models.json", list_with("bytes", "3"));
  const std::string data = (folder.path() / "data").string();
  EXPECT_FALSE(resolve_model("ours", data, variables({}))) << "a shape without weights decides nothing";
  folder.put("data/models/ours/model.safetensors", "abc");
  EXPECT_EQ(resolve_model("ours", data, variables({})).value(), folder.path() / "data/models/ours");
}

}  // namespace
}  // namespace xrouter::weights
