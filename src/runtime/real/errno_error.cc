#include "runtime/real/errno_error.h"

#include <cerrno>
#include <cstring>
#include <string>

namespace odradek::runtime {
namespace {

Errc errc_of(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT: return Errc::NoSpace;
    case EMFILE:
    case ENFILE: return Errc::TooManyOpenFiles;
    case ENOENT: return Errc::NotFound;
    case EEXIST:
    case ENOTEMPTY: return Errc::AlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS: return Errc::PermissionDenied;
    case EADDRINUSE: return Errc::AddressInUse;
    case EADDRNOTAVAIL: return Errc::InvalidRequest;
    case EPIPE:
    case ECONNRESET:
    case ECONNABORTED:
    case ECONNREFUSED:
    case ENOTCONN:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH: return Errc::ConnectionClosed;
    default:  // errno is not an enum of ours
      return Errc::Io;
  }
}

}  // namespace

std::unexpected<Error> errno_error(int code, std::string_view what) {
  const char* words = ::strerrordesc_np(code);
  return fail(errc_of(code), std::string(what) + ": " + (words != nullptr ? words : "error " + std::to_string(code)));
}

}  // namespace odradek::runtime
