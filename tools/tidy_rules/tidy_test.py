"""Tests of the rules: each with code that keeps it and code that breaks it."""

import unittest
from pathlib import Path

from . import cpp, layers, text
from .tree import Tree

RULES = layers.Rules.parse((Path(__file__).parent.parent / "layers.txt").read_text())


def messages(check, files):
    tree = Tree(files)
    found = check(tree) if check is text.check else check(tree, RULES)
    return [f"{path}:{line}: {message}" for path, line, message in found]


class Includes(unittest.TestCase):
    def breaches(self, path, *headers):
        return messages(layers.check_includes, {path: "".join(f"#include {header}\n" for header in headers)})

    def assert_allowed(self, path, *headers):
        self.assertEqual(self.breaches(path, *headers), [])

    def assert_refused(self, path, header, why):
        found = self.breaches(path, header)
        self.assertEqual(len(found), 1, found)
        self.assertIn(why, found[0])

    def test_an_include_points_down(self):
        self.assert_allowed("src/storage/segment.cc", '"storage/segment.h"', '"runtime/file.h"', '"base/bytes.h"')
        self.assert_refused("src/base/bytes.h", '"model/ids.h"', "only lower layers")
        self.assert_refused("src/record/batch.h", '"runtime/task.h"', "only lower layers")
        self.assert_refused("src/security/acl.h", '"protocol/frame.h"', "only lower layers")

    def test_some_arrows_are_forbidden_although_they_point_down(self):
        for user, used in [("metadata", "storage"), ("metadata", "runtime"), ("storage", "protocol"),
                           ("storage", "metadata"), ("replication", "raft"), ("coordinator", "storage"),
                           ("coordinator", "raft"), ("api", "storage"), ("api", "net"), ("api", "rpc"),
                           ("api", "controller"), ("storage", "config"), ("controller", "server")]:
            with self.subTest(f"{user} -> {used}"):
                self.assert_refused(f"src/{user}/x.cc", f'"{used}/y.h"', "must not include")

    def test_config_is_for_a_few(self):
        for user in ("api", "controller", "app", "cli", "config"):
            self.assert_allowed(f"src/{user}/x.cc", '"config/options.h"')
        for user in ("server", "admin", "replication", "net"):
            self.assert_refused(f"src/{user}/x.cc", '"config/options.h"', "config may be included by")

    def test_the_event_loop_stays_in_the_real_runtime(self):
        self.assert_allowed("src/runtime/real/loop.h", "<boost/asio.hpp>", "<boost/asio/io_context.hpp>")
        self.assert_refused("src/runtime/shard.h", "<boost/asio.hpp>", "below src/runtime/real only")
        self.assert_refused("src/net/listener.cc", "<boost/asio/ip/tcp.hpp>", "below src/runtime/real only")
        self.assert_allowed("src/admin/routes.cc", "<boost/beast/http.hpp>", "<boost/json.hpp>")
        self.assert_refused("src/server/x.cc", "<boost/beast/http.hpp>", "only")

    def test_which_runtime_it_is_concerns_app_and_tests(self):
        self.assert_allowed("src/app/broker.cc", '"runtime/real/loop.h"')
        self.assert_allowed("src/storage/segment_test.cc", '"runtime/sim/disk.h"', '"runtime/real/file.h"')
        self.assert_refused("src/storage/segment.cc", '"runtime/real/file.h"', "by tests only")

    def test_a_neighbours_details_are_its_own(self):
        self.assert_allowed("src/storage/log.cc", '"storage/detail/scan.h"')
        self.assert_refused("src/replication/partition.cc", '"storage/detail/scan.h"', "is a detail of storage")

    def test_unknown_folders_are_refused(self):
        self.assert_refused("src/storage/log.cc", '"segment.h"', "include by the path from src/")
        self.assert_refused("src/storage/log.cc", '"sim/cluster.h"', "no folder of src/")
        self.assert_refused("src/attic/x.cc", '"base/bytes.h"', "has no layer")

    def test_the_simulator_may_include_anything(self):
        self.assert_allowed("sim/cluster.cc", '"app/broker.h"', '"storage/detail/scan.h"')


class CMake(unittest.TestCase):
    def breaches(self, cmake, readme="one line\n"):
        return messages(layers.check_cmake, {"src/storage/CMakeLists.txt": cmake, "src/storage/README.md": readme})

    def test_links_follow_the_layers(self):
        self.assertEqual(self.breaches("odradek_folder(NAME storage DEPS base runtime LIBS fmt)\n"), [])
        self.assertIn("DEPS api", self.breaches("odradek_folder(NAME storage DEPS api)\n")[0])
        self.assertIn("DEPS metadata", self.breaches("\nodradek_folder(\n  NAME storage\n  DEPS metadata)\n")[0])

    def test_a_folder_is_a_library_of_its_name(self):
        self.assertIn("NAME storage", self.breaches("odradek_folder(NAME store)\n")[0])
        self.assertIn("no odradek_folder", self.breaches("add_library(x)\n")[0])

    def test_a_folder_has_a_short_readme(self):
        self.assertIn("at most 40", self.breaches("odradek_folder(NAME storage)\n", "line\n" * 41)[0])
        self.assertIn("README.md:1", messages(layers.check_cmake, {"src/net/x.h": ""})[0])


class Cpp(unittest.TestCase):
    def breaches(self, code, path="src/storage/x.cc"):
        return messages(cpp.check, {path: code})

    def assert_fine(self, code, path="src/storage/x.cc"):
        self.assertEqual(self.breaches(code, path), [])

    def test_headers_are_included_once(self):
        self.assert_fine("#pragma once\n", "src/storage/x.h")
        self.assertEqual(len(self.breaches("int x;\n", "src/storage/x.h")), 1)

    def test_await_stands_alone(self):
        for code in ["co_await x();", "{ co_await x(); }", "auto y = co_await x();", "auto operator co_await() && noexcept;",
                     "co_return co_await x();", "CO_TRY(co_await x());", "CO_TRY(const auto y, co_await x(1));", "if (a) { co_await x(); }",
                     "switch (a) { case Foo::Bar: co_await x(); }", "y +=\n  co_await x();",
                     "// if (co_await x())\n", 'log("a ? co_await b : c");', "EXPECT_EQ(co_await x(), 1);",
                     "static_cast<void>(co_await x());"]:
            with self.subTest(code):
                self.assert_fine(code)
        for code in ["if (co_await x()) {}", "y = c ? co_await x() : 1;", "f(co_await x());", "f(1, co_await x());",
                     "T{co_await x()};", "a && co_await x();", "return !co_await x();", "y.emplace(co_await x());",
                     "if (y == co_await x()) {}"]:
            with self.subTest(code):
                self.assertEqual(len(self.breaches(code)), 1)

    def test_lambda_coroutines_capture_nothing(self):
        for code in ["spawn([]() -> Task<void> { co_return; }());", "shards.on_all([this]() -> runtime::Task<void> {});",
                     "shards.on(last, [a = std::move(a)]() mutable -> Async<> {});", "sort(x, [this](int a) -> bool {});",
                     "Task<int> f() { return parts[i](1); }"]:
            with self.subTest(code):
                self.assert_fine(code)
        for code in ["spawn([this]() -> Task<void> { co_return; }());", "auto f = [&](int a)\n -> runtime::Async<int> {};"]:
            with self.subTest(code):
                self.assertEqual(len(self.breaches(code)), 1)

    def test_nothing_is_thrown(self):
        self.assert_fine("// they throw here\n")
        self.assertEqual(len(self.breaches("throw 1;")), 1)

    def test_time_and_chance_come_from_the_runtime(self):
        for code in ["std::chrono::steady_clock::now();", "std::random_device d;", "std::thread t;", "::time(nullptr);"]:
            with self.subTest(code):
                self.assertEqual(len(self.breaches(code)), 1)
                self.assert_fine(code, "src/runtime/real/x.cc")
        self.assert_fine("shard.clock().now(); batch.time(3); x->sleep(1);")

    def test_switches_over_our_enums_are_complete(self):
        self.assert_fine("switch (n) { case 1: break; default: break; }")
        self.assert_fine("switch (e) { case Errc::Io: switch (n) { case 1: break; default: break; } }")
        self.assertEqual(len(self.breaches("switch (e) { case Errc::Io: { f(); } default: break; }")), 1)

    def test_literals_and_comments_are_no_code(self):
        code = cpp.blank_comments_and_literals('a = "throw\\" x"; // throw\n/* throw\n */ b = R"(throw)"; c = \'"\'; d')
        self.assertNotIn("throw", code)
        self.assertEqual(code.count("\n"), 2)
        self.assertTrue(code.endswith("d"))
        self.assertIn("1'000", cpp.blank_comments_and_literals("x = 1'000'000;"))


class Text(unittest.TestCase):
    def breaches(self, path, content):
        return messages(text.check, {path: content})

    def test_files_are_short(self):
        self.assertEqual(self.breaches("src/a/x.cc", "x\n" * 500), [])
        self.assertEqual(len(self.breaches("src/a/x.cc", "x\n" * 501)), 1)
        self.assertEqual(self.breaches("docs/long.md", "x\n" * 501), [])

    def test_white_space_is_plain(self):
        for content in ["a\tb\n", "a \n", "a\r\n", "a"]:
            with self.subTest(content):
                self.assertEqual(len(self.breaches("src/a/x.cc", content)), 1)

    def test_work_is_finished(self):
        self.assertEqual(len(self.breaches("src/a/x.cc", "// TO" "DO: later\n")), 1)
        self.assertEqual(self.breaches("src/a/x.cc", "// done; see mktemp XX" "XXXX\n"), [])

    def test_names_say_something(self):
        for path in ["src/a/utils.cc", "src/common/x.h", "src/a/log_manager.h", "src/a/types.h", "src/a/x_impl.cc"]:
            with self.subTest(path):
                self.assertEqual(len(self.breaches(path, "")), 1)
        self.assertEqual(self.breaches("src/a/implicit_types_table.cc", ""), [])

    def test_files_named_in_prose_are_there(self):
        self.assertEqual(len(self.breaches("README.md", "see `docs/gone.md`\n")), 1)
        self.assertEqual(messages(text.check, {"README.md": "see `docs/here.md`\n", "docs/here.md": ""}), [])


if __name__ == "__main__":
    unittest.main()
