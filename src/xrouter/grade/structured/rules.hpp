// The rules of this family. Each is described where it is defined.
#pragma once

#include "xrouter/grade/structured/rule.hpp"

namespace xrouter::grade::structured {

extern const Rule kZebra;
extern const Rule kOrdering;
extern const Rule kGraph;
extern const Rule kGrid;
extern const Rule kCodeIo;
extern const Rule kTable;
extern const Rule kBbeh;
extern const Rule kLiteral;

// What the seed does, faults included; they evaluate nothing all the same.
extern const Rule kSeedZebra;
extern const Rule kSeedOrdering;
extern const Rule kSeedGraph;
extern const Rule kSeedGrid;
extern const Rule kSeedCodeIo;
extern const Rule kSeedTable;
/// Not the seed's: how the recorded CRUXEval answers were labelled.
extern const Rule kRecordedLiteral;

}  // namespace xrouter::grade::structured
