// A certificate authority for one test run.
#pragma once

#include <string>

namespace xrouter {

struct TestCertificates {
  std::string ca_pem;
  std::string certificate_pem;  ///< signed by the CA
  std::string key_pem;
};

/// `names` as OpenSSL writes subject alternative names: "DNS:localhost,IP:127.0.0.1".
TestCertificates make_test_certificates(const std::string& names);

}  // namespace xrouter
