// Precompiled for the library that uses libtorch. Nothing may rely on it: each header includes what it needs.
#pragma once
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>
