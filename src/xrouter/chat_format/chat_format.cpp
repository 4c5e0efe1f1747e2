#include "xrouter/chat_format/chat_format.hpp"
