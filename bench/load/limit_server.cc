#include "load/limit_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "load/connection.h"
#include "load/give_up.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/produce.h"
#include "record/batch_header.h"

namespace odradek::bench {
namespace {

// The file of one partition: it has no name any more, so it goes with the process.
class LimitFile : public FileSource {
 public:
  LimitFile() {
    std::string path = (std::filesystem::temp_directory_path() / "odradek-limit-XXXXXX").string();
    descriptor_ = ::mkstemp(path.data());
    if (descriptor_ < 0) {
      give_up_errno("mkstemp");
    }
    ::unlink(path.c_str());
  }

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] uint64_t size() const { return size_; }

  void append(ByteView bytes) {
    if (::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(size_)) !=
        static_cast<ssize_t>(bytes.size())) {
      give_up_errno("pwrite");
    }
    size_ += bytes.size();
  }

 private:
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

struct Client {
  int socket;
  FrameBuffer in;
};

class Server {
 public:
  Server(int listener, const LimitOptions& options)
      : listener_(listener), options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (int32_t i = 0; i < options_.partitions; ++i) {
      files_.push_back(std::make_shared<LimitFile>());
      fill(*files_.back());
    }
    watch(listener_, nullptr);
  }

  [[noreturn]] void serve() {
    std::array<epoll_event, 64> events{};
    for (;;) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        auto* client = static_cast<Client*>(events[static_cast<size_t>(i)].data.ptr);
        if (client == nullptr) {
          accept();
        } else {
          read(client);
        }
      }
    }
  }

 private:
  void fill(LimitFile& file) {
    Bytes batch = options_.batch;
    for (int32_t i = 0; i < options_.batches; ++i) {
      record::place(batch, Offset{int64_t{i} * options_.batch_records}, LeaderEpoch{0});
      file.append(batch);
    }
  }

  void watch(int descriptor, Client* client) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = client;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }

  void accept() {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
      give_up_errno("accept");
    }
    const int one = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    clients_.push_back(std::make_unique<Client>(socket, FrameBuffer(options_.buffer_bytes)));
    watch(socket, clients_.back().get());
  }

  void read(Client* client) {
    switch (client->in.fill(client->socket, MSG_DONTWAIT)) {
      case Arrival::NothingYet: return;
      case Arrival::Closed:
        ::close(client->socket);
        std::erase_if(clients_, [client](const auto& other) { return other.get() == client; });
        return;
      case Arrival::Bytes: break;
    }
    while (const auto frame = client->in.next()) {
      send(client->socket, answer(*frame));
    }
  }

  ByteChain answer(ByteView frame) {
    protocol::Reader in(frame);
    const auto head = must(protocol::read_request_head(in), "request");
    if (head.api_key == static_cast<int16_t>(protocol::ApiKey::Fetch)) {
      return fetch(must(protocol::FetchRequest::decode(in, head.version), "fetch"), head);
    }
    if (head.api_key == static_cast<int16_t>(protocol::ApiKey::Heartbeat)) {
      return heartbeat(must(protocol::HeartbeatRequest::decode(in, head.version), "heartbeat"), head);
    }
    return produce(must(protocol::ProduceRequest::decode(in, head.version), "produce"), head);
  }

  static ByteChain heartbeat(const protocol::HeartbeatRequest& /*request*/, const protocol::RequestHead& head) {
    return must(protocol::response_frame(protocol::HeartbeatResponse(), head.version, head.correlation_id), "response");
  }

  ByteChain produce(const protocol::ProduceRequest& request, const protocol::RequestHead& head) {
    const auto& topic = request.topic_data.at(0);
    const auto& partition = topic.partition_data.at(0);
    if (options_.writes) {
      const ByteView batch = partition.records.value().view();
      must(record::check_batch(batch), "batch");
      files_.at(static_cast<size_t>(partition.index))->append(batch);
    }
    protocol::ProduceResponse response;
    auto& answered = response.responses.emplace_back();
    answered.name = topic.name;
    answered.partition_responses.emplace_back().index = partition.index;
    return must(protocol::response_frame(response, head.version, head.correlation_id), "response");
  }

  ByteChain fetch(const protocol::FetchRequest& request, const protocol::RequestHead& head) {
    const auto& topic = request.topics.at(0);
    const auto& partition = topic.partitions.at(0);
    const auto& file = files_.at(static_cast<size_t>(partition.partition));
    const uint64_t position =
        static_cast<uint64_t>(partition.fetch_offset / options_.batch_records) * options_.batch.size();
    const uint64_t size = std::min(file->size() - position, static_cast<uint64_t>(partition.partition_max_bytes));
    protocol::FetchResponse response;
    auto& answered = response.responses.emplace_back();
    answered.topic = topic.topic;
    auto& records = answered.partitions.emplace_back();
    records.partition_index = partition.partition;
    records.records = Blob(file, position, size);
    return must(protocol::response_frame(response, head.version, head.correlation_id), "response");
  }

  static void send(int socket, const ByteChain& chain) {
    for (const Blob& blob : chain.blobs()) {
      if (blob.in_memory()) {
        send_all(socket, blob.view());
        continue;
      }
      const int file = static_cast<const LimitFile&>(*blob.file()).descriptor();
      auto position = static_cast<off_t>(blob.position());
      for (uint64_t left = blob.size(); left > 0;) {
        const ssize_t sent = ::sendfile(socket, file, &position, left);
        if (sent <= 0) {
          give_up_errno("sendfile");
        }
        left -= static_cast<uint64_t>(sent);
      }
    }
  }

  int listener_;
  const LimitOptions& options_;
  int epoll_;
  std::vector<std::shared_ptr<LimitFile>> files_;
  std::vector<std::unique_ptr<Client>> clients_;
};

int bind_to_loopback(uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (socket < 0 || ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    give_up_errno("bind");
  }
  port = ntohs(address.sin_port);
  return socket;
}

}  // namespace

LimitServer::LimitServer(const LimitOptions& options) {
  const int listener = bind_to_loopback(port_);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    give_up_errno("fork");
  }
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
      ::_exit(1);
    }
    Server server(listener, options);
    // Only now, when the files are there: until then the parent is refused.
    if (::listen(listener, 128) != 0) {
      give_up_errno("listen");
    }
    server.serve();
  }
  ::close(listener);
  std::optional<int> socket;
  while (!(socket = try_dial({.port = port_}))) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ::close(*socket);
}

LimitServer::~LimitServer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace odradek::bench
