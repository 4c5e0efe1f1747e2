// The corpus files that a command line means: those named, else the shipped ones.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "command.hpp"
#include "config_option.hpp"
#include "xrouter/corpus/corpus.hpp"

namespace xrouter::app {

/// A folder stands for every corpus file in it; nothing for the data folder's `recorded`.
inline std::shared_ptr<const corpus::Corpus> open_corpora(std::vector<std::string> paths, const ConfigOption& option) {
  if (paths.empty()) paths.push_back(option.load()->data_dir + "/recorded");
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (std::string& file : require(corpus::corpus_files_in(path))) files.push_back(std::move(file));
  }
  return require(corpus::Corpus::open(files));
}

}  // namespace xrouter::app
