"""Mutation testing: the code is made wrong in one place, and some test must see it.

    python tests/long/mutants.py cnnshape/geometry cnnshape/layers cnnshape/calculate.py [--jobs 2]

Every test runs once on the code as it is, and is held to pass; what it takes and which lines it runs is kept. A mutant
then meets the tests that run its line, in a fork of a process that has collected them: first those that saw its
neighbours, then from the fastest to the slowest, until one fails or `--budget` seconds of tests have passed. What a
module does when it is imported (fields, tables) is changed in a fork that has the libraries and not the package.

What survives is held against survivors.yaml, where each known one has its reason. A tool of its own: mutmut and
cosmic-ray start an interpreter, or copy the tree, for each mutant, and put attributes into classes that msgspec then
takes for fields.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import mutant_chart
import mutant_forks as forks
import mutant_tests as tests
import mutations
import yaml

ROOT = Path(__file__).resolve().parents[2]
KNOWN = Path(__file__).with_name("survivors.yaml")
#: What is charted whichever file is asked for, so that one chart serves them all.
USUAL = ("cnnshape/geometry/*.py", "cnnshape/layers/*.py", "cnnshape/calculate.py")
#: Seen by every suite that deserves the name: a window that fits once more than it does.
PROOF = ("cnnshape/geometry/window.py", "1  ->  2", ("Window", "out_size"))


class Session:
    """One run over many mutants."""

    def __init__(self, chart, given):
        self.chart, self.budget, self.jobs = chart, given.budget, given.jobs

    def code(self, mutant):
        """The file with the change in it, compiled; as it is where there is no change."""
        path = ROOT / mutant.path
        tree = mutations.wrong(mutant, path.read_text(encoding="utf-8"))
        return compile(tree, str(path), "exec")

    def quick(self, mutants, tell):
        """Put the code of each into live functions; say what saw it, or None where that cannot be done."""

        def in_turn(items):
            kept = tests.caches()
            gc.freeze()

            def work(mutant):
                order = self.chart.order(mutant, self.budget)
                module = mutant.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

                def one():
                    if not tests.put(self.code(mutant), module, mutant.scope):
                        return None
                    return tests.first_failing(items, order, self.chart.seconds, kept)

                return one

            for mutant, found in forks.raced(work, mutants, self.jobs):
                if found:
                    self.chart.note(mutant, found)
                tell(mutant, found)

        tests.load_package()
        tests.collect(in_turn)

    def slow(self, paths, *, right=False):
        """The work of one fork that imports the package with the change in it."""

        def work(mutant):
            order = self.chart.order(mutant, self.budget)

            def one():
                found = []
                code = None if right else self.code(mutant)
                try:
                    tests.load_package(code=code, path=str(ROOT / mutant.path))
                except Exception:  # noqa: BLE001 - it cannot be imported
                    return "import"

                def then(items):
                    asked = [name for name in order if name in items]
                    found.append(tests.first_failing(items, asked, self.chart.seconds, tests.caches()))

                tests.collect(then, paths)
                return found[0] if found else "collection"

            return one

        return work

    def prove(self, mutant):
        """What is wrong is seen, both ways; what is right is not objected to."""

        def quick():
            said = []
            self.quick([mutant], lambda _, found: said.append(found))
            return said[0]

        (_, slow), (_, right) = [
            *forks.raced(self.slow(tests.CORE), [mutant], 1),
            *forks.raced(self.slow(tests.CORE, right=True), [mutant], 1),
        ]
        if not forks.alone(quick) or not slow:
            raise SystemExit("a window that fits once more is not seen: nothing here can be believed")
        if right:
            raise SystemExit(f"the code as it is counts as wrong: {right}")

    def all(self, mutants, tell):
        """Every mutant, told as it is decided."""
        rest = [mutant for mutant in mutants if not mutant.inside]

        def serve():
            with os.fdopen(write, "w", buffering=1) as out:
                number = {id(mutant): n for n, mutant in enumerate(mutants)}
                inside = [mutant for mutant in mutants if mutant.inside]
                self.quick(inside, lambda mutant, found: out.write(json.dumps([number[id(mutant)], found]) + "\n"))

        read, write = os.pipe()
        pid, end = forks.in_a_fork(serve)
        os.close(write)
        with os.fdopen(read) as lines:
            for line in lines:
                number, found = json.loads(line)
                mutant = mutants[number]
                if found:
                    self.chart.note(mutant, found)
                if found is None:
                    rest.append(mutant)
                else:
                    tell(mutant, found)
        os.waitpid(pid, 0)
        with os.fdopen(end) as text:
            if (answer := json.loads(text.read() or "{}")) and "error" in answer:
                raise SystemExit(answer["error"])
        again = []
        for mutant, found in forks.raced(self.slow(tests.CORE), rest, self.jobs):
            if found:
                self.chart.note(mutant, found)
                tell(mutant, found)
            else:
                again.append(mutant)
        for mutant, found in forks.raced(self.slow(tests.PATHS), again, self.jobs):
            tell(mutant, found)


def read_survivors(path):
    """(path, line, change) -> the reasons, one for each time that it stands there."""
    found = defaultdict(list)
    for file, entries in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items() if path.exists() else ():
        for entry in entries:
            found[file, entry["line"], entry["change"]].append(entry["why"])
    return found


def write_survivors(path, left, reasons):
    """What survived, file by file, each with its reason as far as there is one."""
    files, reasons = defaultdict(list), {key: list(found) for key, found in reasons.items()}
    for mutant in left:
        why = reasons.get(mutant.key)
        files[mutant.path].append({"line": mutant.text, "change": mutant.change, "why": why.pop(0) if why else ""})
    path.write_text(yaml.safe_dump(dict(files), sort_keys=False, width=118, allow_unicode=True), encoding="utf-8")


def _below(paths):
    return sorted(str((ROOT / path).resolve().relative_to(ROOT)) for path in paths)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take one of so many, evenly over the files")
    parser.add_argument("--first", type=int, default=0, help="and begin after so many")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--budget", type=float, default=15, help="seconds of tests for one mutant")
    parser.add_argument("--again", type=Path, help="only the mutants of such a file of survivors")
    parser.add_argument("--write", type=Path, help="a file for the survivors, with the reasons that are known")
    given = parser.parse_args()
    reasons, start = read_survivors(KNOWN), time.monotonic()
    again = read_survivors(given.again) if given.again else None
    write = given.write and given.write.resolve()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    usual = [f for p in USUAL for f in ROOT.glob(p)]
    files = _below(f for p in given.paths for f in (sorted(p.rglob("*.py")) if p.is_dir() else [p]))
    every = {f: mutations.mutants(f, (ROOT / f).read_text(encoding="utf-8")) for f in _below({*files, *usual})}
    taken = [m for f in files for m in every[f] if again is None or m.key in again][given.first :: given.every]
    tests.load_libraries()
    chart = mutant_chart.Chart(list(every))
    chart.read(given.jobs)
    session = Session(chart, given)
    session.prove(next(m for m in every[PROOF[0]] if (m.path, m.change, m.scope) == PROOF))
    sys.stderr.write(f"{len(chart.seconds)} tests pass on the code as it is, {time.monotonic() - start:.0f} s\n")
    left, done = [], Counter()

    def tell(mutant, found):
        done[bool(found)] += 1
        if not found:
            left.append(mutant)
            if mutant.key not in reasons:
                sys.stdout.write(f"{mutant.path}:{mutant.line}: {mutant.change}\n")
                sys.stdout.flush()
        sys.stderr.write(f"\r{done.total()} of {len(taken)}, {done[False]} left, {time.monotonic() - start:.0f} s ")

    session.all(taken, tell)
    left.sort(key=lambda mutant: (mutant.path, mutant.number))
    if write:
        write_survivors(write, left, reasons)
    new = sum((Counter(mutant.key for mutant in left) - Counter({k: len(v) for k, v in reasons.items()})).values())
    sys.stdout.write(
        f"{len(taken)} mutants: {done[True]} killed, {done[False]} left, {new} of these without a reason; "
        f"{time.monotonic() - start:.0f} s\n"
    )
    sys.exit(bool(new))


if __name__ == "__main__":
    main()
