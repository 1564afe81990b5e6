#include "tests/http/framing_cases.h"

namespace rl::test {
namespace {

using Cases = std::vector<FramingCase>;

/// GET / with Host and these further field lines, each with its line end.
std::string get(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

/// POST / with Host, these further field lines, and what follows the head.
std::string post(const std::string& fields, const std::string& rest = "") {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + rest;
}

std::string chunked(const std::string& rest) {
  return post("Transfer-Encoding: chunked\r\n", rest);
}

std::string line(const std::string& request_line) {
  return request_line + "\r\nHost: x\r\n\r\n";
}

std::string host(const std::string& value) {
  return "GET / HTTP/1.1\r\nHost:" + value + "\r\n\r\n";
}

Cases request_lines() {
  return {
      {"plain", line("GET / HTTP/1.1"), "GET / "},
      {"query", line("GET /a/b?c=d&e=%20 HTTP/1.1"), "GET /a/b?c=d&e=%20 "},
      {"head", line("HEAD / HTTP/1.1"), "HEAD / "},
      {"put", line("PUT / HTTP/1.1"), "PUT / "},
      {"patch", line("PATCH / HTTP/1.1"), "PATCH / "},
      {"delete", line("DELETE / HTTP/1.1"), "DELETE / "},
      {"options", line("OPTIONS / HTTP/1.1"), "OPTIONS / "},
      {"asterisk of options", line("OPTIONS * HTTP/1.1"), "OPTIONS * "},
      {"asterisk of another", line("GET * HTTP/1.1"), "400"},
      {"unknown method", line("BREW / HTTP/1.1"), "501"},
      {"method in lower case", line("get / HTTP/1.1"), "501"},
      {"connect", line("CONNECT x:443 HTTP/1.1"), "501"},
      {"trace", line("TRACE / HTTP/1.1"), "501"},
      {"method is no token", line("GE(T / HTTP/1.1"), "400"},
      {"no method", line(" / HTTP/1.1"), "400"},
      {"no target", line("GET HTTP/1.1"), "400"},
      {"empty target", line("GET  HTTP/1.1"), "400"},
      {"two spaces", line("GET  / HTTP/1.1"), "400"},
      {"tab for a space", line("GET\t/ HTTP/1.1"), "400"},
      {"space at the end", line("GET / HTTP/1.1 "), "400"},
      {"space at the beginning", line(" GET / HTTP/1.1"), "400"},
      {"space in the target", line("GET /a b HTTP/1.1"), "400"},
      {"no version", line("GET /"), "400"},
      {"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "GET / "},
      {"HTTP/2", line("GET / HTTP/2.0"), "505"},
      {"preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
      {"HTTP/1.2", line("GET / HTTP/1.2"), "505"},
      {"HTTP/0.9", line("GET / HTTP/0.9"), "505"},
      {"version in lower case", line("GET / http/1.1"), "400"},
      {"version with two digits", line("GET / HTTP/1.10"), "400"},
      {"version without a dot", line("GET / HTTP/11"), "400"},
      {"another protocol", line("GET / HTPP/1.1"), "400"},
      {"nonsense", "nonsense\r\n\r\n", "400"},
      {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\n", 8), "400"},
      {"target of 8192 bytes", line("GET /" + std::string(8191, 'a') + " HTTP/1.1"),
       "GET /" + std::string(8191, 'a') + " "},
      {"target of 8193 bytes", line("GET /" + std::string(8192, 'a') + " HTTP/1.1"), "414"},
      {"target without end", "GET /" + std::string(20000, 'a'), "414"},
      {"fragment", line("GET /a#b HTTP/1.1"), "400"},
      {"control character in target", line("GET /a\x01 HTTP/1.1"), "400"},
      {"DEL in target", line("GET /a\x7f HTTP/1.1"), "400"},
      {"byte beyond ASCII in target", line("GET /\xc3\xa4 HTTP/1.1"), "400"},
      {"NUL in target", line(std::string("GET /a\0b HTTP/1.1", 17)), "400"},
      {"relative target", line("GET a HTTP/1.1"), "400"},
  };
}

Cases hosts() {
  const auto absolute = [](const std::string& target, const std::string& name) {
    return "GET " + target + " HTTP/1.1\r\nHost: " + name + "\r\n\r\n";
  };
  return {
      {"no host", "GET / HTTP/1.1\r\n\r\n", "400"},
      {"no host but other fields", "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", "400"},
      {"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", "400"},
      {"two hosts in one", host(" x, y"), "400"},
      {"two hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", "400"},
      {"host in HTTP/1.0", "GET / HTTP/1.0\r\nHost: x\r\n\r\n", "GET / "},
      {"empty host", host(""), "400"},
      {"blank host", host(" \t "), "400"},
      {"host in any case", "GET / HTTP/1.1\r\nhOsT: x\r\n\r\n", "GET / "},
      {"host without space", host("x"), "GET / "},
      {"port", host(" x.example:8080"), "GET / "},
      {"empty port", host(" x:"), "GET / "},
      {"port too large", host(" x:65536"), "400"},
      {"port that is no number", host(" x:80a"), "400"},
      {"signed port", host(" x:+80"), "400"},
      {"two ports", host(" x:80:80"), "400"},
      {"port without host", host(" :80"), "400"},
      {"IPv6", host(" [::1]:80"), "GET / "},
      {"IPv6 without port", host(" [fe80::1]"), "GET / "},
      {"IPv6 that does not end", host(" [::1"), "400"},
      {"IPv6 and more", host(" [::1]x"), "400"},
      {"empty IPv6", host(" []"), "400"},
      {"path in host", host(" x/y"), "400"},
      {"user in host", host(" me@x"), "400"},
      {"space in host", host(" x y"), "400"},
      {"absolute", absolute("http://x/a?b", "x"), "GET /a?b "},
      {"absolute in another case", absolute("HTTP://X/a", "x"), "GET /a "},
      {"absolute with port", absolute("http://x:81/", "x:81"), "GET / "},
      {"absolute with the usual port", absolute("http://x:80/", "x"), "GET / "},
      {"absolute with the usual port of TLS", absolute("https://x/", "x:443"), "GET / "},
      {"absolute without path", absolute("http://x", "x"), "GET / "},
      {"absolute with query alone", absolute("http://x?a", "x"), "GET /?a "},
      {"absolute with another host", absolute("http://y/", "x"), "400"},
      {"absolute with another port", absolute("http://x:81/", "x"), "400"},
      {"absolute with a user", absolute("http://me@x/", "x"), "400"},
      {"absolute of another scheme", absolute("ftp://x/", "x"), "400"},
      {"absolute without host field", "GET http://x/ HTTP/1.1\r\n\r\n", "400"},
      {"absolute without host field in HTTP/1.0", "GET http://x/ HTTP/1.0\r\n\r\n", "400"},
  };
}

Cases fields() {
  std::string hundred = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 1; i < 100; ++i) {
    hundred += "A: b\r\n";
  }
  const std::string small = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
  const std::string fills(16384 - small.size() - 4, 'a');
  return {
      {"empty value", get("A:\r\n"), "GET / "},
      {"value with blanks around", get("A: \t b \t\r\n"), "GET / "},
      {"value with bytes beyond ASCII", get("A: \xc3\xa4\xff\r\n"), "GET / "},
      {"value with colons", get("A: b:c: d\r\n"), "GET / "},
      {"space before colon", get("A : b\r\n"), "400"},
      {"tab before colon", get("A\t: b\r\n"), "400"},
      {"space before colon of length", post("Content-Length : 5\r\n", "hello"), "400"},
      {"no colon", get("A\r\n"), "400"},
      {"no name", get(": b\r\n"), "400"},
      {"space in name", get("A B: c\r\n"), "400"},
      {"bracket in name", get("A[]: c\r\n"), "400"},
      {"byte beyond ASCII in name", get("\xc3\xa4: c\r\n"), "400"},
      {"NUL in name", get(std::string("A\0B: c\r\n", 8)), "400"},
      {"folded with a space", get("A: b\r\n c\r\n"), "400"},
      {"folded with a tab", get("A: b\r\n\tc\r\n"), "400"},
      {"space before first field", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", "400"},
      {"fold of blanks alone", get("A: b\r\n \r\n"), "400"},
      {"NUL in value", get(std::string("A: b\0c\r\n", 8)), "400"},
      {"control character in value", get("A: b\x01\r\n"), "400"},
      {"escape in value", get("A: \x1b[2J\r\n"), "400"},
      {"DEL in value", get("A: \x7f\r\n"), "400"},
      {"CR in value", get("A: b\rc\r\n"), "400"},
      {"CR before line end", get("A: b\r\r\n"), "400"},
      {"line feed alone in fields", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", "400"},
      {"line feed alone after request line", "GET / HTTP/1.1\nHost: x\r\n\r\n", "400"},
      {"line feeds alone", "GET / HTTP/1.1\nHost: x\n\n", "400"},
      {"line feed alone ends head", "GET / HTTP/1.1\r\nHost: x\r\n\n", "400"},
      {"line feed alone before", "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
      {"CR alone in request line", "GET / HTTP/1.1\rHost: x\r\n\r\n", "400"},
      {"100 fields", hundred + "\r\n", "GET / "},
      {"101 fields", hundred + "A: b\r\n\r\n", "431"},
      {"head of 16384 bytes", small + fills + "\r\n\r\n", "GET / "},
      {"head of 16385 bytes", small + fills + "a\r\n\r\n", "431"},
      {"head without end", small + std::string(20000, 'a'), "431"},
      {"many fields without end",
       small +
           [] {
             std::string many = "\r\n";
             for (int i = 0; i < 4000; ++i) {
               many += "A: b\r\n";
             }
             return many;
           }(),
       "431"},
      {"nothing", "", ""},
      {"empty line", "\r\n", ""},
      {"half an empty line", "\r", "more"},
      {"empty line before", "\r\n" + get(""), "GET / "},
      {"two empty lines before", "\r\n\r\n" + get(""), "400"},
      {"half a request line", "GET / HT", "more"},
      {"half a head", "GET / HTTP/1.1\r\nHost: x\r\n", "more"},
      {"head but for one byte", "GET / HTTP/1.1\r\nHost: x\r\n\r", "more"},
  };
}

Cases lengths() {
  return {
      {"length", post("Content-Length: 5\r\n", "hello"), "POST / hello"},
      {"length of a GET", get("Content-Length: 5\r\n") + "hello", "GET / hello"},
      {"length 0", post("Content-Length: 0\r\n"), "POST / "},
      {"no length", post(""), "POST / "},
      {"leading zeros", post("Content-Length: 005\r\n", "hello"), "POST / hello"},
      {"body to come", post("Content-Length: 5\r\n", "hell"), "more"},
      {"longest body", post("Content-Length: 20\r\n", std::string(20, 'a')),
       "POST / " + std::string(20, 'a')},
      {"body too long", post("Content-Length: 21\r\n"), "413"},
      {"twice the same", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "400"},
      {"twice", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), "400"},
      {"list", post("Content-Length: 5, 5\r\n", "hello"), "400"},
      {"empty length", post("Content-Length:\r\n"), "400"},
      {"signed", post("Content-Length: +5\r\n", "hello"), "400"},
      {"negative", post("Content-Length: -5\r\n", "hello"), "400"},
      {"hexadecimal", post("Content-Length: 0x5\r\n", "hello"), "400"},
      {"fraction", post("Content-Length: 5.0\r\n", "hello"), "400"},
      {"letters", post("Content-Length: five\r\n", "hello"), "400"},
      {"digits and more", post("Content-Length: 5 5\r\n", "hello"), "400"},
      {"other digits", post("Content-Length: \xd9\xa5\r\n", "hello"), "400"},
      {"largest of 64 bits", post("Content-Length: 18446744073709551615\r\n"), "413"},
      {"beyond 64 bits", post("Content-Length: 18446744073709551621\r\n", "hello"), "400"},
      {"far beyond", post("Content-Length: " + std::string(300, '9') + "\r\n"), "400"},
      {"length and chunks",
       post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
      {"chunks and length",
       post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), "400"},
      {"chunks and length 0",
       post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"), "400"},
  };
}

Cases codings() {
  const auto coded = [](const std::string& coding) {
    return post("Transfer-Encoding:" + coding + "\r\n", "0\r\n\r\n");
  };
  return {
      {"chunked", coded(" chunked"), "POST / "},
      {"chunked in any case", coded(" ChUnKeD"), "POST / "},
      {"chunked without space", coded("chunked"), "POST / "},
      {"chunked of a GET", get("Transfer-Encoding: chunked\r\n") + "2\r\nhi\r\n0\r\n\r\n",
       "GET / hi"},
      {"identity", coded(" identity"), "400"},
      {"gzip", coded(" gzip"), "400"},
      {"empty coding", coded(""), "400"},
      {"chunked then identity", coded(" chunked, identity"), "400"},
      {"chunked then gzip", coded(" chunked, gzip"), "400"},
      {"gzip then chunked", coded(" gzip, chunked"), "501"},
      {"gzip then chunked in two fields",
       post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "501"},
      {"chunked then gzip in two fields",
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", "0\r\n\r\n"), "400"},
      {"chunked twice", coded(" chunked, chunked"), "501"},
      {"chunked and a comma", coded(" chunked,"), "400"},
      {"comma and chunked", coded(" ,chunked"), "501"},
      {"almost chunked", coded(" xchunked"), "400"},
      {"chunked and more", coded(" chunked;a=b"), "400"},
      {"chunked in quotes", coded(" \"chunked\""), "400"},
      {"vertical tab before chunked",
       coded(" \x0b"
             "chunked"),
       "400"},
      {"folded chunked", coded("\r\n chunked"), "400"},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "400"},
  };
}

Cases chunks() {
  return {
      {"one chunk", chunked("5\r\nhello\r\n0\r\n\r\n"), "POST / hello"},
      {"two chunks", chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), "POST / hello world"},
      {"size in hexadecimal", chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
       "POST / 01234567890123456789"},
      {"size with zeros", chunked("0005\r\nhello\r\n000\r\n\r\n"), "POST / hello"},
      {"line end within a chunk", chunked("4\r\na\r\nb\r\n0\r\n\r\n"), "POST / a\r\nb"},
      {"extension", chunked("5;a=b\r\nhello\r\n0;c\r\n\r\n"), "POST / hello"},
      {"longest extension", chunked("5;" + std::string(252, 'a') + "\r\nhello\r\n0\r\n\r\n"),
       "POST / hello"},
      {"extension too long", chunked("5;" + std::string(253, 'a') + "\r\nhello\r\n0\r\n\r\n"),
       "400"},
      {"extension without end", chunked("5;" + std::string(9999, 'a')), "400"},
      {"extension of each chunk", chunked([] {
         std::string many;
         for (int i = 0; i < 20; ++i) {
           many += "1;" + std::string(250, 'a') + "\r\nx\r\n";
         }
         return many + "0;" + std::string(250, 'a') + "\r\n\r\n";
       }()),
       "POST / " + std::string(20, 'x')},
      {"control character in extension", chunked("5;a\x01\r\nhello\r\n0\r\n\r\n"), "400"},
      {"CR in extension", chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), "400"},
      {"space after size", chunked("5 \r\nhello\r\n0\r\n\r\n"), "400"},
      {"space before size", chunked(" 5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"space before extension", chunked("5 ;a\r\nhello\r\n0\r\n\r\n"), "400"},
      {"no size", chunked("\r\nhello\r\n0\r\n\r\n"), "400"},
      {"extension alone", chunked(";a\r\nhello\r\n0\r\n\r\n"), "400"},
      {"size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"signed size", chunked("+5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"negative size", chunked("-5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"size that is no number", chunked("g\r\nhello\r\n0\r\n\r\n"), "400"},
      {"size beyond 64 bits", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), "400"},
      {"size of 64 bits", chunked("ffffffffffffffff\r\n"), "413"},
      {"chunk too long", chunked("15\r\n"), "413"},
      {"chunks too long in all", chunked("a\r\n0123456789\r\nb\r\n"), "413"},
      {"chunk longer than said", chunked("4\r\nhello\r\n0\r\n\r\n"), "400"},
      {"chunk shorter than said", chunked("6\r\nhello\r\n0\r\n\r\n"), "400"},
      {"line feed alone after size", chunked("5\nhello\r\n0\r\n\r\n"), "400"},
      {"line feed alone after chunk", chunked("5\r\nhello\n0\r\n\r\n"), "400"},
      {"line feed alone at the end", chunked("0\r\n\n"), "400"},
      {"CR alone after size", chunked("5\rhello\r\n0\r\n\r\n"), "400"},
      {"trailer", chunked("0\r\nA: b\r\n\r\n"), "POST / "},
      {"trailer that frames", chunked("0\r\nContent-Length: 50\r\n\r\n"), "POST / "},
      {"trailer with space before colon", chunked("0\r\nA : b\r\n\r\n"), "400"},
      {"folded trailer", chunked("0\r\nA: b\r\n c\r\n\r\n"), "400"},
      {"trailer without colon", chunked("0\r\nA\r\n\r\n"), "400"},
      {"trailer too long", chunked("0\r\nA: " + std::string(17000, 'a') + "\r\n\r\n"), "431"},
      {"trailers too many", chunked([] {
         std::string many = "0\r\n";
         for (int i = 0; i < 101; ++i) {
           many += "A: b\r\n";
         }
         return many + "\r\n";
       }()),
       "431"},
      {"chunk to come", chunked("5\r\nhel"), "more"},
      {"last chunk to come", chunked("5\r\nhello\r\n"), "more"},
      {"end to come", chunked("0\r\n"), "more"},
  };
}

Cases sequences() {
  return {
      {"two requests", get("") + line("HEAD /2 HTTP/1.1"), "GET /  | HEAD /2 "},
      {"empty line between", post("Content-Length: 2\r\n", "hi\r\n") + get(""),
       "POST / hi | GET / "},
      {"body then request", post("Content-Length: 2\r\n", "hi") + get(""), "POST / hi | GET / "},
      {"body of a GET is no request",
       get("Content-Length: 18\r\n") + "GET /b HTTP/1.1\r\n\n" + get(""),
       "GET / GET /b HTTP/1.1\r\n\n | GET / "},
      {"chunks then request", chunked("2\r\nhi\r\n0\r\n\r\n") + get(""), "POST / hi | GET / "},
      {"request then refusal", get("") + line("BREW / HTTP/1.1") + get(""), "GET /  | 501"},
      {"request then half", get("") + "GET", "GET /  | more"},
      {"body longer than said is read as a method", post("Content-Length: 2\r\n", "hi!") + get(""),
       "POST / hi | 501"},
      {"100-continue", post("Content-Length: 2\r\nExpect: 100-continue\r\n", "hi"), "POST / hi"},
      {"100-continue in any case", post("Content-Length: 2\r\nExpect: 100-Continue\r\n", "hi"),
       "POST / hi"},
      {"another expectation", post("Content-Length: 2\r\nExpect: coffee\r\n", "hi"), "417"},
      {"expectation of HTTP/1.0", "GET / HTTP/1.0\r\nExpect: coffee\r\n\r\n", "GET / "},
  };
}

}  // namespace

Cases framing_cases() {
  Cases all;
  for (const auto& part :
       {request_lines(), hosts(), fields(), lengths(), codings(), chunks(), sequences()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace rl::test
