"""Brings the client libraries, once, into a cache outside the source tree, and builds the client programs there.

Each function returns paths inside the cache and does nothing when its result is there already. Names in the cache
carry a hash of what they were made from, so that a changed pin or source makes a new one.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
CACHE = pathlib.Path(os.environ.get("ODRADEK_CACHE", pathlib.Path.home() / ".cache" / "odradek")) / "clients"


class CannotPrepare(Exception):
    """The client's library or its tools are not to be had: a failure."""


class NotHere(Exception):
    """This machine need not have what the client needs: a skip, with the reason."""


def run(command, **options):
    try:
        done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=600, check=False, **options)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotPrepare(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        tail = "\n".join(done.stdout.decode(errors="replace").splitlines()[-8:])
        raise CannotPrepare(f"{' '.join(map(str, command[:4]))} failed:\n{tail}")
    return done.stdout.decode(errors="replace")


def need(tool, why):
    path = shutil.which(tool)
    if path is None:
        raise CannotPrepare(f"{tool} is not on the PATH, {why}")
    return path


def digest(*sources):
    """Eight hex digits that change with any of the files, or texts, given."""
    content = hashlib.sha256()
    for source in sources:
        content.update(source.read_bytes() if isinstance(source, pathlib.Path) else source.encode())
    return content.hexdigest()[:8]


def made_once(target, make):
    """Runs make(target) unless it succeeded before; what a failed attempt left is cleared away."""
    done = target / ".done"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{target.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another client, or another checkout, may want the same at this moment
        if not done.exists():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            make(target)
            done.touch()
    return target


def python_at_most(major, minor):
    """An interpreter no newer than this, with venv; NotHere when there is none."""
    names = [sys.executable] + [f"python3.{number}" for number in range(minor, 7, -1)]
    probe = "import sys, venv, ensurepip; print(sys.version_info[:2] <= (%d, %d))" % (major, minor)
    for name in names:
        try:
            answer = subprocess.run([name, "-c", probe], capture_output=True, timeout=20, check=False)
        except OSError:
            continue
        if answer.returncode == 0 and answer.stdout.strip() == b"True":
            return name
    raise NotHere(f"needs Python <= {major}.{minor}")


def python_with(requirements, interpreter=sys.executable):
    """The python of a virtual environment with the pinned packages of requirements/NAME.txt."""
    pins = TESTS / "clients" / "python" / "requirements" / f"{requirements}.txt"
    version = run([interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).strip()

    def make(target):
        run([interpreter, "-m", "venv", target])
        run([target / "bin" / "pip", "install", "--disable-pip-version-check", "-q", "-r", pins])
    return made_once(CACHE / f"python-{requirements}-{version}-{digest(pins)}", make) / "bin" / "python"


def java_command(version, sources, main, pom=TESTS / "clients" / "java" / "pom.xml", name=None):
    """The command that runs class `main`; `sources` are compiled against what `pom` brings in this version of Kafka."""
    java, javac = need("java", "the Java clients want it"), need("javac", "though java is: the Java clients want a JDK")

    def fetch(target):
        maven = need("mvn", "though java is: it brings the Java clients")
        run([maven, "-q", "-B", "-f", pom, f"-Dclient.version={version}", f"-DoutputDirectory={target}",
             f"-DbuildDirectory={target}", "-DincludeScope=runtime", "dependency:copy-dependencies"])
    jars = made_once(CACHE / f"java-{version}-{digest(pom)}", fetch)

    def compile_sources(target):
        run([javac, "-nowarn", "-d", target, "-cp", f"{jars}/*", *sources])
    classes = made_once(CACHE / f"java-classes-{version}-{name or main}-{digest(*sources)}", compile_sources)
    return [java, "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{classes}:{jars}/*", main]


def go_program(name):
    """The path of a program of clients/go/cmd, built."""
    go = need("go", "the Go clients want it")
    module = TESTS / "clients" / "go"
    sources = sorted(module.glob("go.*")) + sorted(module.glob("scenario/*.go")) + sorted(module.glob(f"cmd/{name}/*.go"))

    def make(target):
        # An older Go brings the toolchain that go.mod asks for.
        run([go, "build", "-o", target / name, f"./cmd/{name}"], cwd=module, env={**os.environ, "GOTOOLCHAIN": "auto"})
    return made_once(CACHE / f"go-{name}-{digest(*sources)}", make) / name


def node_modules():
    """The node_modules directory with the packages of clients/node/package.json."""
    package = TESTS / "clients" / "node" / "package.json"

    def make(target):
        npm = need("npm", "though node is: it brings kafkajs")
        shutil.copy(package, target)
        run([npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"], cwd=target)
    return made_once(CACHE / f"node-{digest(package)}", make) / "node_modules"
