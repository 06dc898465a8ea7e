"""Coverage-guided fuzzing of the spec language and of every reader.

    pip install atheris onnx
    python tests/long/fuzz.py TARGET --seconds 600 [--seeds FOLDER ...] [--work FOLDER]

TARGET is spec, onnx, keras, caffe, darknet or torch. Whatever the bytes are, the answer is a report or a ModelError:
no other exception, no more than 2 s of processor time, no more than 512 MiB. The fuzzer runs on instrumented code, which is
slow and large; what it suspects is tried again in a plain process of its own, with those limits set, and only that counts.
Exit status 1 when something is left. Findings stay in the work folder; each wants a test in test_fuzz_findings.py.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

TARGETS = ("spec", "onnx", "keras", "caffe", "darknet", "torch")
NAMES = {
    "spec": "x.yaml",
    "onnx": "x.onnx",
    "keras": "x.json",
    "caffe": "x.prototxt",
    "darknet": "x.cfg",
    "torch": "x.pt2",
}
SECONDS, MEBIBYTES = 2.0, 512


def once(target, data):
    """One input through everything that `analyze` does; ModelError is an answer."""
    from cnnshape.api import analyze
    from cnnshape.errors import ModelError
    from cnnshape.readers.detect import told
    from cnnshape.readers.file import File
    from cnnshape.render import render

    file = File(NAMES[target], shaped(target, data))
    try:
        told(file)
    except ModelError as error:
        str(error)
    try:
        report = analyze(file, form="cnnshape" if target == "spec" else target)
    except ModelError as error:
        return str(error)
    return render([report], "json")


def shaped(target, data):
    """JSON is put into the archive that the reader wants, so that the fuzzer need not keep checksums right."""
    if target == "torch" and data[:1] == b"{":
        return _zip("net/models/model.json", data)
    if target == "keras" and data[:1] == b"{" and len(data) % 3 == 0:
        return _zip("config.json", data, "metadata.json")
    return data


def _zip(name, data, *more):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as out:
        for other in more:
            out.writestr(other, b"{}")
        out.writestr(name, data)
    return held.getvalue()


def child(target, work, seconds, seed, folders):
    """The fuzzer itself; writes what it suspects and never stops at it."""
    import atheris

    with atheris.instrument_imports(include=["cnnshape"]):
        _import_all()
    import changes
    from seeds import gathered

    pool = gathered(target, folders)
    (work / "seeds").mkdir(parents=True, exist_ok=True)
    (work / "corpus").mkdir(exist_ok=True)
    for data in pool:
        (work / "seeds" / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    own = {"onnx": changes.protobuf, "keras": changes.jsons, "torch": changes.jsons}.get(target, changes.text)
    seen = set()

    def suspect(kind, key, data):
        if (kind, key) not in seen:
            seen.add((kind, key))
            (work / f"suspect-{kind}-{hashlib.sha256(data).hexdigest()[:12]}").write_bytes(data)

    def run(data):
        started, large = time.process_time(), _peak()
        try:
            once(target, data)
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            frames = [f for f in traceback.extract_tb(error.__traceback__) if "cnnshape" in f.filename] or [None]
            suspect(type(error).__name__, f"{frames[-1] and (frames[-1].filename, frames[-1].lineno)}", data)
        if time.process_time() - started > SECONDS:
            suspect("slow", len(seen) // 4, data)
        if _peak() - large > 64:
            suspect("large", len(seen) // 4, data)

    def change(data, most, number):
        rng = random.Random(number)
        made = own(data, pool, rng) if rng.random() < 0.75 else atheris.Mutate(data, most)
        return made[:most]

    arguments = [
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        "-timeout=60",
        "-rss_limit_mb=2048",
        f"-max_len={1 << 16}",
    ]
    arguments += [f"-artifact_prefix={work}/suspect-", "-print_final_stats=1", "-verbosity=1", "-len_control=0"]
    atheris.Setup([sys.argv[0], *arguments, str(work / "corpus"), str(work / "seeds")], run, custom_mutator=change)
    atheris.Fuzz()


def _import_all():
    import importlib
    import pkgutil

    import cnnshape

    for module in pkgutil.walk_packages(cnnshape.__path__, "cnnshape."):
        if not module.name.startswith(("cnnshape.forward", "cnnshape.verify", "cnnshape.against", "cnnshape.__main__")):
            try:
                importlib.import_module(module.name)
            except ImportError:  # a room whose library is not installed here
                continue


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 if sys.platform == "linux" else 1024) // 1024


def replayed(target, path):
    """What a plain process makes of a file, within the limits: "" or what is wrong."""
    command = [sys.executable, __file__, target, "--replay", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return "more than 60 s"
    if done.returncode:
        return "\n".join(done.stderr.strip().splitlines()[-4:]) or f"status {done.returncode}"
    took = float(done.stdout.split()[-1])
    return f"{took:.1f} s of processor time" if took > SECONDS else ""


def replay(target, path):
    """In the plain process: one file under the memory limit; prints the seconds."""
    import cnnshape.api
    import cnnshape.readers

    limit = MEBIBYTES << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    data, started = Path(path).read_bytes(), time.process_time()
    once(target, data)
    sys.stdout.write(f"{cnnshape.__name__} {time.process_time() - started:.3f}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", nargs="*", default=[], help="folders with more files to start from")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "cnnshape-fuzz")
    parser.add_argument("--replay")
    parser.add_argument("--child", action="store_true")
    given = parser.parse_args()
    work = given.work.resolve() / given.target
    if given.replay:
        return replay(given.target, given.replay)
    if given.child:
        return child(given.target, work, given.seconds, given.seed, given.seeds)
    work.mkdir(parents=True, exist_ok=True)
    log, end, status = work / "log", time.monotonic() + given.seconds, []
    with log.open("wb") as out:
        # An input that takes a minute ends the fuzzer; the next one goes on from the corpus.
        while (left := int(end - time.monotonic())) > 0:
            command = [
                sys.executable,
                *sys.argv,
                "--child",
                "--seconds",
                str(left),
                "--seed",
                str(given.seed + len(status)),
            ]
            done = subprocess.run(
                command, stdout=out, stderr=out, check=False, env={**os.environ, "PYTHONHASHSEED": "0"}
            )
            status.append(done.returncode)
    last = [line for line in log.read_text(errors="replace").splitlines() if " DONE " in line]
    sys.stdout.write("\n".join(last) + f"\nthe fuzzer ended with {status}\n")
    left = 0
    for path in sorted(work.glob("suspect-*")):
        wrong = replayed(given.target, path)
        if wrong:
            left += 1
            sys.stdout.write(f"{path}: {wrong}\n")
        else:
            path.unlink()
    sys.stdout.write(f"{given.target}: {left} findings\n")
    return sys.exit(bool(left))


if __name__ == "__main__":
    main()
