// How recorded corpora and the catalogue name one model.
#pragma once

#include "xrouter/catalog/catalog.hpp"

namespace xrouter::samples {

/// The name by which corpora know a model of the catalogue.
inline const std::string& corpus_name_of(const ModelSpec& model) { return model.upstream_model.empty() ? model.id.value : model.upstream_model; }

/// Answered from recorded outcomes, at a price that is known: without one an episode has no cost.
inline bool is_recorded(const ModelSpec& model) { return model.upstream == kRecordedUpstream && model.price.known(); }

}  // namespace xrouter::samples
