#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <string>

namespace rl::test {

/// A certificate and its key, as PEM files.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

/// An authority that issues certificates for 127.0.0.1 and localhost, below a directory of the
/// test's.
class Authority {
 public:
  Authority(std::string directory, const std::string& name)
      : directory_(std::move(directory)), name_(name), key_(EVP_EC_gen("P-256"), EVP_PKEY_free) {
    certificate_ = make(name, key_.get(), {.authority = true});
    write_certificate(file(), certificate_.get());
  }

  /// Its own certificate, for those who trust it.
  std::string file() const { return directory_ + "/" + name_ + ".pem"; }

  /// A certificate that is valid from yesterday for so many days; with less than one it has ended.
  CertificateFiles issue(const std::string& name, int days = 30) const {
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    CertificateFiles files{.certificate = directory_ + "/" + name + ".pem",
                           .key = directory_ + "/" + name + ".key"};
    write_certificate(files.certificate, make(name, key.get(), {.days = days}).get());
    std::FILE* const file = std::fopen(files.key.c_str(), "w");
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    ::chmod(files.key.c_str(), 0600);
    return files;
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  struct Kind {
    bool authority = false;
    int days = 30;
  };

  Certificate make(const std::string& name, EVP_PKEY* key, const Kind& kind) const {
    constexpr long kDay = 86'400;
    static int serial = 0;
    Certificate made(X509_new(), X509_free);
    X509* const x = made.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -kDay * 2);
    X509_gmtime_adj(X509_getm_notAfter(x), kDay * (kind.days - 1));
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* const issuer = kind.authority ? x : certificate_.get();
    X509_set_issuer_name(x, X509_get_subject_name(issuer));
    add(x, issuer, NID_basic_constraints, kind.authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!kind.authority) {
      add(x, issuer, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
    }
    X509_sign(x, key_.get(), EVP_sha256());
    return made;
  }

  static void add(X509* x, X509* issuer, int what, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static void write_certificate(const std::string& path, X509* certificate) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
  }

  std::string directory_;
  std::string name_;
  Key key_;
  Certificate certificate_{nullptr, X509_free};
};

}  // namespace rl::test
