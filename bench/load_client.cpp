// Sends one HTTP request over and over on kept-alive connections and reports latencies as JSON.
//
// Closed loop: each connection sends its next request when the answer is complete. Open loop (--rate): requests are due
// at fixed times and latency counts from then, so that a stall is not hidden by sending less (coordinated omission).
// Plain epoll, one thread: it must cost much less than what it measures.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

struct Options {
  int port = 0;
  int connections = 1;
  double seconds = 5;
  double warm_up = 1;
  double rate = 0;  // requests a second; 0 = closed loop
  std::string body_file;
  std::string path = "/v1/chat/completions";
  std::vector<std::string> headers;
};

[[noreturn]] void die(const std::string& text) {
  std::fprintf(stderr, "load_client: %s\n", text.c_str());
  std::exit(2);
}

// How much of a response has come. Understands Content-Length and chunked bodies, nothing else.
class ResponseReader {
 public:
  // True when the response is complete.
  bool feed(std::string_view bytes) {
    text_.append(bytes);
    if (body_at_ == 0 && !read_head()) return false;
    if (!chunked_) return text_.size() >= body_at_ + length_;
    return skip_chunks();
  }
  bool body_begun() const { return body_at_ != 0 && text_.size() > body_at_; }
  int status() const { return status_; }
  void reset() {
    text_.clear();
    body_at_ = length_ = 0;
    status_ = 0;
    chunked_ = false;
  }

 private:
  bool read_head() {
    const std::size_t end = text_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    std::string head = text_.substr(0, end);
    std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    status_ = std::atoi(head.c_str() + 9);
    body_at_ = next_chunk_ = end + 4;
    chunked_ = head.find("transfer-encoding: chunked") != std::string::npos;
    const std::size_t length = head.find("content-length: ");
    if (!chunked_ && length == std::string::npos) die("a response without a length: " + head);
    if (!chunked_) length_ = std::strtoul(head.c_str() + length + 16, nullptr, 10);
    return true;
  }
  bool skip_chunks() {
    for (;;) {
      const std::size_t line = text_.find("\r\n", next_chunk_);
      if (line == std::string::npos) return false;
      const std::size_t size = std::strtoul(text_.c_str() + next_chunk_, nullptr, 16);
      const std::size_t after = line + 2 + size + 2;
      if (text_.size() < after) return false;
      next_chunk_ = after;
      if (size == 0) return true;
    }
  }

  std::string text_;
  std::size_t body_at_ = 0;
  std::size_t next_chunk_ = 0;
  std::size_t length_ = 0;
  int status_ = 0;
  bool chunked_ = false;
};

struct Connection {
  int socket = -1;
  bool busy = false;
  bool first_seen = false;
  Time due;
  Time first;
  ResponseReader reader;
};

struct Results {
  std::vector<double> latency_us;
  std::vector<double> first_byte_us;
  std::size_t failed = 0;
  double seconds = 0;
};

double microseconds(Clock::duration span) { return std::chrono::duration<double, std::micro>(span).count(); }

class Load {
 public:
  Load(Options options, std::string request) : options_(std::move(options)), request_(std::move(request)), epoll_(epoll_create1(0)) {
    connections_.resize(static_cast<std::size_t>(options_.connections));
    for (Connection& connection : connections_) open(connection);
  }

  void run(double seconds, Results* results) {
    results_ = results;
    const Time begin = Clock::now();
    const Time end = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    next_due_ = begin;
    while (Clock::now() < end) {
      start_due(end);
      wait();
    }
    while (std::any_of(connections_.begin(), connections_.end(), [](const Connection& c) { return c.busy; })) wait();
    waiting_.clear();
    if (results_) results_->seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  }

 private:
  void open(Connection& connection) {
    connection.socket = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("cannot connect to port " + std::to_string(options_.port));
    const int on = 1;
    setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(connection.socket, F_SETFL, O_NONBLOCK);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event);
  }

  void start_due(Time end) {
    if (options_.rate <= 0) {
      for (Connection& connection : connections_)
        if (!connection.busy) send(connection, Clock::now());
      return;
    }
    const auto gap = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / options_.rate));
    for (const Time now = Clock::now(); next_due_ <= now && next_due_ < end; next_due_ += gap) waiting_.push_back(next_due_);
    for (Connection& connection : connections_) {
      if (waiting_.empty()) return;
      if (connection.busy) continue;
      send(connection, waiting_.front());
      waiting_.pop_front();
    }
  }

  void send(Connection& connection, Time due) {
    connection.busy = true;
    connection.first_seen = false;
    connection.due = due;
    connection.reader.reset();
    // Requests are small: they fit the socket's buffer.
    if (::send(connection.socket, request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size())) reopen(connection);
  }

  void wait() {
    epoll_event events[64];
    // Open loop: spin, because a millisecond's sleep is longer than what is measured.
    const int count = epoll_wait(epoll_, events, 64, options_.rate > 0 ? 0 : 100);
    for (int i = 0; i < count; ++i) receive(*static_cast<Connection*>(events[i].data.ptr));
  }

  void receive(Connection& connection) {
    char buffer[65536];
    const ssize_t size = recv(connection.socket, buffer, sizeof buffer, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return reopen(connection);
    if (!connection.busy) return;
    const bool complete = connection.reader.feed({buffer, static_cast<std::size_t>(size)});
    const Time now = Clock::now();
    if (!connection.first_seen && connection.reader.body_begun()) {
      connection.first_seen = true;
      connection.first = now;
    }
    if (!complete) return;
    connection.busy = false;
    record(connection, now);
  }

  void record(const Connection& connection, Time now) {
    if (!results_) return;
    if (connection.reader.status() != 200) {
      ++results_->failed;
      return;
    }
    results_->latency_us.push_back(microseconds(now - connection.due));
    results_->first_byte_us.push_back(microseconds(connection.first - connection.due));
  }

  void reopen(Connection& connection) {
    if (results_ && connection.busy) ++results_->failed;
    connection.busy = false;
    close(connection.socket);
    open(connection);
  }

  Options options_;
  std::string request_;
  int epoll_;
  std::vector<Connection> connections_;
  std::deque<Time> waiting_;
  Time next_due_;
  Results* results_ = nullptr;
};

double percentile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
}

void print_percentiles(const char* name, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::printf("\"%s\":{\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"p999\":%.2f}", name, percentile(values, 0.5), percentile(values, 0.9), percentile(values, 0.99),
              percentile(values, 0.999));
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--port") options.port = std::atoi(value);
    else if (name == "--connections") options.connections = std::atoi(value);
    else if (name == "--seconds") options.seconds = std::atof(value);
    else if (name == "--warm-up") options.warm_up = std::atof(value);
    else if (name == "--rate") options.rate = std::atof(value);
    else if (name == "--body") options.body_file = value;
    else if (name == "--path") options.path = value;
    else if (name == "--header") options.headers.emplace_back(value);
    else die("unknown option " + std::string(name));
  }
  if (argc % 2 == 0 || options.port == 0 || options.body_file.empty() || options.connections < 1)
    die("usage: load_client --port P --body FILE [--connections N] [--seconds S] [--warm-up S] [--rate R] [--path /p] [--header 'a: b']");
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  std::ifstream file(options.body_file, std::ios::binary);
  if (!file) die("cannot read " + options.body_file);
  const std::string body{std::istreambuf_iterator<char>(file), {}};
  std::string request = "POST " + options.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  for (const std::string& header : options.headers) request += header + "\r\n";
  request += "\r\n" + body;
  Load load(options, request);
  load.run(options.warm_up, nullptr);
  Results results;
  load.run(options.seconds, &results);
  std::printf("{\"requests\":%zu,\"failed\":%zu,\"seconds\":%.3f,\"per_second\":%.1f,", results.latency_us.size(), results.failed, results.seconds,
              static_cast<double>(results.latency_us.size()) / results.seconds);
  print_percentiles("latency_us", results.latency_us);
  std::printf(",");
  print_percentiles("first_byte_us", results.first_byte_us);
  std::printf("}\n");
}
