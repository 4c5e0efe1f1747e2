#include "xrouter/weights/model_files.hpp"
