#include "protocol/json.h"

#include <cstdlib>
#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "protocol/byte_text.h"

namespace odradek::protocol {

namespace json = boost::json;

namespace {

// Bytes of memory that one element of a json::array takes at least.
constexpr size_t element_memory = sizeof(json::value);

class JsonReader {
 public:
  JsonReader(Reader& in, int16_t version, int16_t first_flexible)
      : in_(in), version_(version), is_flexible_(version >= first_flexible) {}

  json::object structure(std::span<const FieldType> fields) {
    std::vector<json::value> values(fields.size());
    std::vector<bool> present(fields.size(), false);
    for (size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].tag < 0 && fields[i].versions.contains(version_)) {
        values[i] = value(fields[i], false);
        present[i] = true;
      }
    }
    if (is_flexible_) {
      tagged(fields, values, present);
    }
    json::object result;
    for (size_t i = 0; i < fields.size(); ++i) {
      if (present[i]) {
        result.emplace(fields[i].name, std::move(values[i]));
      }
    }
    return result;
  }

 private:
  void tagged(std::span<const FieldType> fields, std::vector<json::value>& values, std::vector<bool>& present) {
    UnknownTags ignored;
    for (uint32_t left = in_.unsigned_varint(); left != 0 && in_.ok(); --left) {
      const Tag tag = in_.tag();
      const size_t index = index_of(fields, tag.number);
      if (index == fields.size()) {
        in_.unknown_tag(ignored, tag);
      } else if (!fields[index].versions.contains(version_)) {
        in_.foreign_tag(tag);
      } else {
        values[index] = value(fields[index], true);
        present[index] = values[index] != default_value(fields[index]);
      }
    }
  }

  static size_t index_of(std::span<const FieldType> fields, uint32_t tag) {
    size_t index = 0;
    while (index < fields.size() && fields[index].tag != static_cast<int64_t>(tag)) {
      ++index;
    }
    return index;
  }

  json::value value(const FieldType& field, bool is_tagged) {
    const bool flexible = is_flexible_ && !field.is_inflexible;
    if (field.is_array) {
      return array(field, flexible);
    }
    if (field.kind == ValueKind::Struct) {
      return field.nullable.contains(version_) && is_null_struct(is_tagged) ? json::value() : structure(field.fields);
    }
    return single(field, flexible);
  }

  bool is_null_struct(bool is_tagged) {
    if (is_tagged) {
      return in_.unsigned_varint() == 0;
    }
    return number<int8_t>() < 0;
  }

  json::value array(const FieldType& field, bool flexible) {
    const std::optional<size_t> count = in_.array_count(flexible, element_memory);
    if (!count) {
      return {};
    }
    json::array result;
    result.reserve(*count);
    for (size_t i = 0; i < *count && in_.ok(); ++i) {
      result.push_back(field.kind == ValueKind::Struct ? structure(field.fields) : single(field, flexible));
    }
    return result;
  }

  json::value single(const FieldType& field, bool flexible) {
    switch (field.kind) {
      case ValueKind::Boolean: {
        bool read = false;
        in_.boolean(read);
        return read;
      }
      case ValueKind::Int8: return number<int8_t>();
      case ValueKind::Int16: return number<int16_t>();
      case ValueKind::Uint16: return number<uint16_t>();
      case ValueKind::Int32: return number<int32_t>();
      case ValueKind::Uint32: return number<uint32_t>();
      case ValueKind::Int64: return number<int64_t>();
      case ValueKind::Float64: {
        double read = 0;
        in_.float64(read);
        return read;
      }
      case ValueKind::Uuid: {
        Uuid read;
        in_.uuid(read);
        return json::string(read.text());
      }
      case ValueKind::Text: {
        std::optional<Text> read;
        in_.text(read, flexible);
        return read ? json::value(json::string(read->view())) : json::value();
      }
      case ValueKind::Bytes: {
        std::optional<Blob> read;
        in_.bytes(read, flexible);
        return read ? json::value(json::string(base64(read->view()))) : json::value();
      }
      case ValueKind::Struct: break;
    }
    unreachable();
  }

  template <typename T>
  int64_t number() {
    T read = 0;
    in_.integer(read);
    return static_cast<int64_t>(read);
  }

  // What the field is when nobody has set it, in the form that value() gives.
  json::value default_value(const FieldType& field) {
    if (field.default_value == "null") {
      return {};
    }
    if (field.is_array) {
      return json::array();
    }
    switch (field.kind) {
      case ValueKind::Boolean: return field.default_value == "true";
      case ValueKind::Int8:
      case ValueKind::Int16:
      case ValueKind::Uint16:
      case ValueKind::Int32:
      case ValueKind::Uint32:
      case ValueKind::Int64:
        return static_cast<int64_t>(std::strtoll(std::string(field.default_value).c_str(), nullptr, 0));
      case ValueKind::Float64: return std::strtod(std::string(field.default_value).c_str(), nullptr);
      case ValueKind::Uuid: return json::string(Uuid().text());
      case ValueKind::Text:
      case ValueKind::Bytes: return json::string(field.default_value);
      case ValueKind::Struct: {
        json::object result;
        for (const FieldType& inner : field.fields) {
          if (inner.tag < 0 && inner.versions.contains(version_)) {
            result.emplace(inner.name, default_value(inner));
          }
        }
        return result;
      }
    }
    unreachable();
  }

  Reader& in_;
  int16_t version_;
  bool is_flexible_;
};

}  // namespace

Result<json::value> read_json(const MessageType& type, Reader& in, int16_t version) {
  TRY(check_version(version, type.min_version, type.max_version, type.name));
  json::value result = JsonReader(in, version, type.first_flexible_version).structure(type.fields);
  TRY(in.outcome());
  return result;
}

}  // namespace odradek::protocol
