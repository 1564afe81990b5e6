#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rl/http/exchange.h"

namespace rl::http {

/// The client's side of one streamed request, lent by its connection to whoever answers it. Nothing
/// here waits. One thread at a time, and none after give_back().
class ClientStream {
 public:
  enum class Come {
    kSome,     ///< of the body
    kNothing,  ///< yet: body_wants() says what for
    kEnd,      ///< the body has come in whole
    kBroken,   ///< it never will: refusal() says why, or the client has gone
  };
  struct Piece {
    Come come;
    std::size_t size = 0;  ///< bytes of it
  };

  enum class Sent { kAll, kSome, kFailed };

  enum class End {
    kWhole,  ///< the response is complete; further requests may follow
    kLast,   ///< the response is complete, and the connection ends with it
    kCut,    ///< it is not, and the client must see that
  };

  virtual ~ClientStream() = default;

  /// Good until give_back(), as ends().
  virtual const RequestHead& head() const = 0;
  virtual const Ends& ends() const = 0;

  /// To be watched, never read or written. Its errors and its end in both directions say that the
  /// client has gone or has waited long enough.
  virtual int socket() const = 0;

  /// What the socket has to be ready for before read_body(), or send(), can go on that came to
  /// nothing. Through TLS either may need the other direction.
  struct Wants {
    bool to_read = false;
    bool to_write = false;
  };
  virtual Wants body_wants() const = 0;
  virtual Wants send_wants() const = 0;

  /// Whether the listener stops. Reading may end on our side then, which says nothing of the
  /// client.
  virtual bool stopping() const = 0;

  /// The next piece of the body, at most `room` bytes, checked and without its chunks. A client
  /// that waits for 100 is told to go on with the first call.
  virtual Piece read_body(char* into, std::size_t room) = 0;
  virtual bool body_is_whole() const = 0;

  /// The rest of the body is not waited for, unless it is read again.
  virtual void leave_body() = 0;
  virtual const std::optional<Refusal>& refusal() const = 0;

  /// To be called once, before the response is begun: whether the connection ends after it, which
  /// it then has to say. So it does when the body has not come in whole.
  virtual bool begin_response() = 0;

  /// Takes bytes of the response, to be sent. Whoever calls it bounds unsent().
  virtual void hold(std::string_view bytes) = 0;
  virtual std::size_t unsent() const = 0;

  /// Sends what the client takes of that now.
  virtual Sent send() = 0;

  /// The connection is the listener's again, or gone. What is unsent of a complete response is
  /// still sent.
  virtual void give_back(End end) = 0;
};

/// What a handler keeps of a request that it admitted, until it is lent the connection.
class Admitted {
 public:
  virtual ~Admitted() = default;
};

/// Hears what a handler decided about a request: one of the two, once, on any thread, maybe before
/// StreamedHandler::decide() has returned.
class Verdict {
 public:
  virtual ~Verdict() = default;

  /// StreamedHandler::begin() follows.
  virtual void admit(std::shared_ptr<Admitted> admitted) = 0;

  /// Takes the whole response. Afterwards neither this nor the request is there any more.
  virtual void reject(std::string response) = 0;
};

/// A request of which the head has come in.
struct Arrival {
  const RequestHead& head;
  const Ends& ends;
  bool last;  ///< the connection ends after a rejection, which has to say so
  Verdict& verdict;
};

/// Answers requests that it takes after their head, and streams their bodies: what takes its time
/// runs on threads of its own. Safe from several threads.
class StreamedHandler {
 public:
  virtual ~StreamedHandler() = default;

  /// Whether the request is for it.
  virtual bool takes(const RequestHead& head) const = 0;

  /// Decides about a request, now or later; until then no thread waits for it.
  virtual void decide(const Arrival& arrival) = 0;

  /// Answers a request that it admitted; gives the client back some time later, on any thread.
  virtual void begin(std::shared_ptr<Admitted> admitted, ClientStream& client) = 0;

  /// Gives back, cut, all that was lent and that begin() is still lent, also after this has
  /// returned. Returns when nothing is lent.
  virtual void stop() = 0;
};

}  // namespace rl::http
