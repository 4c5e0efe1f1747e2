// An Error as the client sees it: status, OpenAI envelope, retry headers. The only place where an
// error becomes HTTP.
#pragma once

#include "xrouter/base/error.hpp"
#include "xrouter/net/http.hpp"

namespace xrouter::server {

/// The error with a text that may be shown: what is our own fault gets a general sentence.
Error for_client(Error error);

/// `paid`: something was spent on this request, so the client must not simply send it again.
net::HttpResponse error_response(const Error& error, bool paid);

}  // namespace xrouter::server
