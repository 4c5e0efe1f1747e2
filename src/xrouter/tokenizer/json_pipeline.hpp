// normalizer, pre_tokenizer and decoder of a tokenizer.json. Errors: config or invalid_request, naming the step.
#pragma once

#include <boost/json/value.hpp>

#include "xrouter/base/result.hpp"
#include "xrouter/tokenizer/pre_tokenizer.hpp"

namespace xrouter::tokenizer {

/// The field, or null for one that is absent.
const boost::json::value& or_null(const boost::json::value* value);

/// Whether it is NFC; null and empty sequences are none. Others are refused.
Result<bool> read_normalizer(const boost::json::value* value);
/// Split, Digits, ByteLevel and sequences of these; ByteLevel comes last and once.
Result<PreTokenizer> read_pre_tokenizer(const boost::json::value* value);
/// ByteLevel, alone or as the only step of a sequence.
Result<void> check_decoder(const boost::json::value* value);

}  // namespace xrouter::tokenizer
