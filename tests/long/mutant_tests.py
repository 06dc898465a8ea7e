"""The tests that mutants must pass, in a process that can be forked: collected once, mapped once, run one by one.

A process that has collected them is warm: its fork puts a mutant's code into the live functions and runs tests at once.
"""

from __future__ import annotations

import functools
import gc
import importlib
import importlib.machinery
import pkgutil
import resource
import signal
import sys
import time
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Doctests and tests that say something of layers, geometry and the walk, without starting processes.
CORE = (
    "cnnshape/geometry",
    "cnnshape/layers",
    "cnnshape/calculate.py",
    "tests/layers",
    "tests/laws",
    "tests/test_calculate.py",
    "tests/test_calculate_edges.py",
    "tests/test_strides.py",
    "tests/test_liveness.py",
    "tests/test_explain.py",
    "tests/docs/test_docs.py::test_the_page_of_the_layers_is_what_the_docstrings_say",
)
PATHS = (
    *CORE,
    "tests/forward/test_samples.py",
    "tests/forward/test_run.py",
    "tests/forward/test_probe.py",
    "tests/verify",
    "tests/zoo",
    "tests/sizes/test_sweep.py",
    "tests/sizes/test_laws_of_sizes.py",
    "tests/solve/test_windows_backwards.py",
    "tests/spec/test_fields.py",
    "tests/spec/test_structures.py",
    "tests/lint/test_rules.py",
    "tests/lint/test_faults.py",
    "tests/writers/test_onnx.py",
)
#: What a fork may take of memory, and of processor time beside many times what its test took on right code.
MEMORY, PATIENCE = 4 << 30, 10


def load_libraries():
    """What takes long to import and is no part of the package."""
    for name in (
        "_pytest.doctest",
        "hypothesis.extra.numpy",
        "numpy",
        "onnx",
        "onnxruntime",
        "rich.table",
        "typer",
        "yaml",
    ):
        importlib.import_module(name)


def load_package(*, code=None, path=None):
    """Import every module of the package, with `code` in place of what stands in `path`, now and later."""
    real = importlib.machinery.SourceFileLoader.get_code
    used = []

    def get_code(self, name):
        if self.path == path:
            used.append(path)
            return code
        return real(self, name)

    if code is not None:
        importlib.machinery.SourceFileLoader.get_code = get_code
    package = importlib.import_module("cnnshape")
    for module in pkgutil.walk_packages(package.__path__, "cnnshape."):
        if not module.name.startswith(("cnnshape.__main__", "cnnshape.against")):
            importlib.import_module(module.name)
    if code is not None and not used:
        raise SystemExit(f"{path} was not imported: nothing has been changed")


def collect(then, paths=PATHS):
    """Call `then` with the collected tests, by their names."""
    import pytest
    from hypothesis import Phase, settings

    trouble = []

    class Taken:
        @pytest.hookimpl(tryfirst=True)
        def pytest_collection(self):
            # A failing example is an answer: nobody reads it, so it need not be made small or kept.
            phases = (Phase.explicit, Phase.generate)
            settings.register_profile("mutants", parent=settings.get_profile("ci"), phases=phases, database=None)
            settings.load_profile("mutants")

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session):
            if session.testsfailed:
                return True  # a module cannot be imported
            session.config._tmp_path_factory.getbasetemp()  # one for all forks, before there are any
            try:
                then({item.nodeid: item for item in session.items})
            except BaseException as error:  # noqa: BLE001 - pytest would swallow it
                trouble.append(error)
            return True

    base = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "--doctest-modules"]
    base += ["-o", "addopts=", "-o", "tmp_path_retention_policy=none"]
    pytest.main([*base, *paths], plugins=[Taken()])
    if trouble:
        raise trouble[0]


def run(item):
    """Whether a test passes, and how long it took."""
    from _pytest.runner import runtestprotocol

    start = time.process_time()
    reports = runtestprotocol(item, nextitem=None, log=False)
    return not any(report.failed for report in reports), time.process_time() - start


def caches():
    """Every function that remembers answers: one from before the change would hide it."""
    found = [each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper)]
    return [each for each in found if str(ROOT) in getattr(sys.modules.get(each.__module__), "__file__", "")]


def measured(items, files):
    """For every test what it takes and which lines of `files` it runs."""
    kept, known, number = caches(), {}, {path: n for n, path in enumerate(files)}
    seen = set()

    def follow(frame, event, _):
        if event == "call":
            return follow if frame.f_code.co_filename in number else None
        if event == "line":
            seen.add((frame.f_code.co_filename, frame.f_lineno))
        return follow

    for name, item in items.items():
        for cache in kept:
            cache.cache_clear()
        seen.clear()
        sys.settrace(follow)
        try:
            passed, seconds = run(item)
        finally:
            sys.settrace(None)
        if not passed:
            raise SystemExit(f"{name} fails on the code as it is")
        known[name] = [seconds, sorted([number[path], line] for path, line in seen)]
    return known


def put(code, module, scope):
    """Put a mutant's code into the live function, wherever it has been imported to; False where that cannot be."""
    live = sys.modules[module]
    for name in scope:
        live = vars(live).get(name)
        if live is None:
            return False
    live = next((found for wrap in ("fget", "__func__", "func") if (found := getattr(live, wrap, None))), live)
    live = getattr(live, "__wrapped__", live)
    if not isinstance(live, types.FunctionType):
        return False
    new = _found(code, scope, live.__code__.co_firstlineno)
    if new is None or new.co_freevars != live.__code__.co_freevars:
        return False
    live.__code__ = new
    return True


def _found(code, scope, line):
    for name in scope[:-1]:
        code = next((c for c in code.co_consts if isinstance(c, types.CodeType) and c.co_name == name), None)
        if code is None:
            return None
    for found in code.co_consts:
        if isinstance(found, types.CodeType) and found.co_name == scope[-1] and found.co_firstlineno == line:
            return found
    return None


def first_failing(items, order, seconds, kept):
    """The first test in `order` that fails, "" when none does. What hangs or eats memory kills this process."""
    # onnxruntime maps much more than it uses, so the limit lies above what there is now.
    now = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))
    for cache in kept:
        cache.cache_clear()
    for name in order:
        signal.setitimer(signal.ITIMER_PROF, PATIENCE + 10 * seconds[name])
        if not run(items[name])[0]:
            return name
    return ""
