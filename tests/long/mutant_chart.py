"""What each test takes and which lines it runs, measured once for one state of the code; which tests a mutant meets."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import tempfile
from collections import defaultdict
from pathlib import Path

import mutant_forks as forks
import mutant_tests as tests

ROOT = Path(__file__).resolve().parents[2]


class Chart:
    """What each test takes, and which tests run a line."""

    def __init__(self, files):
        self.files = files
        self.seconds, self.by_line = {}, defaultdict(list)
        self.saw = defaultdict(list)  # the tests that killed mutants of a function or file, the last one first

    def read(self, jobs):
        """Take the measurements of this very code, or make those that are missing."""
        kept = dict(self._kept())
        for _ in forks.raced(self._measure, [pair for pair in kept.items() if not pair[1].exists()], jobs):
            forks.SAY.write(f"\r{sum(file.exists() for file in kept.values())} of {len(kept)} files of tests measured ")
            forks.SAY.flush()
        for file in kept.values():
            for name, (seconds, lines) in json.loads(file.read_text(encoding="utf-8")).items():
                self.seconds[name] = seconds
                for number, line in lines:
                    self.by_line[self.files[number], line].append(name)

    def _kept(self):
        """For each file of tests, the file that keeps what was measured of it: changed code has another."""
        common = hashlib.sha256(repr(self.files).encode())
        for path in sorted([*ROOT.glob("cnnshape/**/*"), *ROOT.glob("tests/**/*")]):
            own = path.parent == Path(__file__).parent or path.suffix == ".pyc" or path.name.startswith("test_")
            if path.is_file() and not own:
                common.update(path.read_bytes())
        folder = Path(tempfile.gettempdir()) / "cnnshape-mutants"
        folder.mkdir(exist_ok=True)
        places = [[str(ROOT / place) for place in tests.PATHS if place.startswith("cnnshape")]]  # their doctests
        for place in (ROOT / place for place in tests.PATHS if place.startswith("tests")):
            places += [[str(path)] for path in (sorted(place.rglob("test_*.py")) if place.is_dir() else [place])]
        for paths in places:
            digest = common.copy()
            for path in paths:
                file = Path(path.partition("::")[0])
                digest.update(path.encode() + (file.read_bytes() if file.is_file() else b""))
            yield tuple(paths), folder / f"{digest.hexdigest()[:24]}.json"

    def _measure(self, pair):
        """The work of one fork: run the tests of a file, and keep what was seen."""
        paths, kept = pair

        def one():
            found = []
            tests.load_package()
            tests.collect(lambda items: found.append(tests.measured(items, [str(ROOT / f) for f in self.files])), paths)
            if not found:
                raise SystemExit(f"{' '.join(paths)} cannot be collected")
            kept.with_suffix(".new").write_text(json.dumps(found[0]), encoding="utf-8")
            kept.with_suffix(".new").rename(kept)

        return one

    def order(self, mutant, budget):
        """The tests to ask, the likeliest first, as many as `budget` seconds hold."""
        asked = set(self.seconds)  # what an import does is read anywhere
        if mutant.inside:
            lines = range(mutant.span[0], mutant.span[1] + 1)
            asked = {name for line in lines for name in self.by_line.get((mutant.path, line), ())} or asked
        likely = [name for at in ((mutant.path, mutant.scope), mutant.path) for name in self.saw[at][:40]]
        likely = [name for name in likely if name in asked]
        if words := _names(mutant):
            likely += filter(re.compile("|".join(rf"\b{re.escape(word)}\b" for word in words)).search, self.seconds)
        wanted, spent = [], 0
        for name in dict.fromkeys([*likely, *self._fairly(asked)]):
            spent += self.seconds[name]
            if spent > budget:
                break
            wanted.append(name)
        return wanted

    def _fairly(self, names):
        """From the fastest to the slowest, where one of many cases of a test counts for all that came before it."""
        spent, when = defaultdict(float), {}
        for name in sorted(names, key=lambda name: (self.seconds[name], name)):
            test = name.partition("[")[0]
            spent[test] += self.seconds[name]
            when[name] = spent[test]
        return sorted(when, key=when.get)

    def note(self, mutant, name):
        """A test that saw one will see others beside it."""
        for at in ((mutant.path, mutant.scope), mutant.path):
            self.saw[at] = [name, *(n for n in self.saw[at] if n != name)][:200]


def _names(mutant):
    """What a test of the class around may be called: by the class, by its word in a spec."""
    if not mutant.scope or mutant.inside:
        return []
    text = (ROOT / mutant.path).read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and node.name == mutant.scope[0]:
            word = re.search(r'\n    kind: ClassVar\[str\] = "(\w+)"', ast.get_source_segment(text, node))
            return [node.name, *([word[1]] if word else [])]
    return []
