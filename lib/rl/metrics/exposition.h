#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rl/metrics/histogram.h"

namespace prometheus {
struct MetricFamily;
}  // namespace prometheus

namespace rl {

/// One reading of all metrics, to be written in the text format of Prometheus (version 0.0.4).
/// Samples of one name are added one after the other; their help is that of the first.
class Exposition {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  struct Name {
    std::string name;  ///< "rl_…", with its unit last; that of a counter ends in _total
    std::string help;
  };

  Exposition();
  Exposition(const Exposition&) = delete;
  Exposition& operator=(const Exposition&) = delete;
  ~Exposition();

  void counter(const Name& name, std::uint64_t value, const Labels& labels = {});
  void gauge(const Name& name, double value, const Labels& labels = {});
  void histogram(const Name& name, const Histogram::Totals& totals, const Labels& labels = {});

  std::string text() const;

  /// The media type of text().
  static constexpr char kContentType[] = "text/plain; version=0.0.4; charset=utf-8";

 private:
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace rl
