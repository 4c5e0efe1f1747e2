// Writing a result file so that it is there in full or not at all.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "command.hpp"

namespace xrouter::app {

inline void write_whole_file(const std::string& path, const std::string& bytes) {
  const std::string part = path + ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(part, path, error);
  if (!out || error) throw CommandFailure{kFailed, "cannot write " + path};
}

}  // namespace xrouter::app
