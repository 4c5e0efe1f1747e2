#include "test_certificates.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace xrouter {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void require(bool holds) {
  if (!holds) throw std::runtime_error("OpenSSL cannot make a test certificate");
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  require(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make(EVP_PKEY* key, const char* name, X509* issuer, EVP_PKEY* issuer_key, int nid, const std::string& extension) {
  Certificate made(X509_new(), X509_free);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), issuer ? 2 : 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509* signer = issuer ? issuer : made.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(signer));
  extend(made.get(), signer, nid, extension);
  require(X509_sign(made.get(), issuer_key, EVP_sha256()) > 0);
  return made;
}

template <class Write>
std::string pem(Write write) {
  std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  require(write(memory.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace

TestCertificates make_test_certificates(const std::string& names) {
  Key ca_key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  require(ca_key && key);
  Certificate ca = make(ca_key.get(), "Test CA", nullptr, ca_key.get(), NID_basic_constraints, "critical,CA:TRUE");
  Certificate certificate = make(key.get(), "test server", ca.get(), ca_key.get(), NID_subject_alt_name, names);
  return {.ca_pem = pem([&](BIO* out) { return PEM_write_bio_X509(out, ca.get()); }),
          .certificate_pem = pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); }),
          .key_pem = pem([&](BIO* out) { return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); })};
}

}  // namespace xrouter
