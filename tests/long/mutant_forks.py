"""Work in forks of this process: each answers in JSON, and may hang or die."""

from __future__ import annotations

import json
import os
import signal
import time
import traceback

#: A fork that takes longer than this, whatever it does, is ended.
LIMIT = 600
#: Where a fork in silence can still be heard.
SAY = os.fdopen(os.dup(2), "w")


def in_a_fork(work):
    """A fork that does `work` in silence and writes what it returns: (its number, the end to read)."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return pid, read
    os.close(read)
    try:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        answer = work()
    except SystemExit as end:
        answer = {"error": str(end)}
    except BaseException:  # noqa: BLE001 - whatever it is, the process that waits has to hear of it
        answer = {"error": traceback.format_exc()}
    with os.fdopen(write, "w") as out:
        json.dump(answer, out)
        out.flush()
        os._exit(0)


def alone(work):
    """What a fork answers; its error ends this process too."""
    pid, read = in_a_fork(work)
    with os.fdopen(read) as text:
        answer = text.read()
    os.waitpid(pid, 0)
    found = json.loads(answer) if answer else {"error": "a fork came to a sudden end"}
    if isinstance(found, dict) and "error" in found:
        raise SystemExit(found["error"])
    return found


def raced(work, mutants, jobs):
    """Each mutant with the test that saw it ("" for none), as `work` finds out in up to `jobs` forks at a time."""
    waiting, running = list(reversed(mutants)), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            pid, read = in_a_fork(work(mutant))
            running[pid] = (mutant, read, time.monotonic())
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            for late, (*_, since) in running.items():
                if time.monotonic() - since > LIMIT:
                    os.kill(late, signal.SIGKILL)
            time.sleep(0.005)
            continue
        mutant, read, _ = running.pop(pid)
        with os.fdopen(read) as text:
            answer = text.read()
        found = json.loads(answer) if answer else f"signal {os.waitstatus_to_exitcode(status)}"
        if isinstance(found, dict):
            raise SystemExit(found["error"])
        yield mutant, found
