// The record of how a sample set was made: samples.json.
#pragma once

#include "xrouter/samples/sample_set.hpp"

namespace xrouter::samples {

/// `samples_text` is the whole of samples.jsonl.
std::string record_json(const SampleSetOptions& options, const BuildInputs& inputs, const BuiltSet& built, std::string_view samples_text);

/// Errors: io; config naming the file.
Result<SetRecord> read_record(const std::string& path);

}  // namespace xrouter::samples
