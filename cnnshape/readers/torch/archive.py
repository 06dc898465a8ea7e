"""The graph of a .pt2 archive as mapped or unpacked bytes; everything else in it stays unread.

The zip directory is walked here, entry by entry, because a hostile one may list millions: nothing of an entry is
kept unless its name is one of the few that matter.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnshape.readers.file import File

#: The graph's text, unpacked, is no larger than this.
MAX_JSON = 2 * 2**30
#: And no larger than this if it is packed: torch itself never packs it.
MAX_UNPACKED = 256 * 2**20
#: An archive lists no more files than this.
MAX_ENTRIES = 1_000_000

_END = b"PK\x05\x06"
_WHY = "a pickle runs code when it is loaded, so it is never opened; an export is read without torch"
EXPORT = 'torch.export.save(torch.export.export(model.eval(), (x,)), "model.pt2")'


def refused(file: File, what: str) -> Exception:
    """The error of a file that would run code, with the way to one that does not."""
    fix = (
        f'two lines export it: ep = torch.export.export(model.eval(), (x,)); torch.export.save(ep, "model.pt2"): {_WHY}'
    )
    return file.refused(what, fix, "CNN-E107")


class Archive:
    """The members of a zip file that hold the graph and the names of the weights."""

    def __init__(self, file: File) -> None:
        """Find the members; ModelError for what is no export."""
        self.file, self.data = file, file.data()
        self.found: dict[str, tuple[int, int, int, int]] = {}
        self.hollow: set[str] = set()
        """Arrays without a byte: the module was exported on the meta device, where all of them share one file."""
        if self.data[:2] == b"\x80\x02" or self.data[:1] == b"\x80":
            raise refused(file, "this is a pickle: torch.save wrote it, and only running it would tell what it holds")
        if self.data[:2] != b"PK":
            raise self.broken("it is no zip archive", 'a .pt2 file is what torch.export.save(ep, "model.pt2") writes')
        try:
            self._directory()
        except (struct.error, IndexError):
            raise self.broken("its directory is cut off") from None
        if not self.graphs():
            self._not_an_export()

    def broken(self, message: str, fix: str = "export it again") -> Exception:
        """The error of an archive that cannot be read."""
        return self.file.refused(f"the archive is broken: {message}", fix, "CNN-E106")

    def graphs(self) -> list[str]:
        """The members that hold a graph; a file of torch 2.8 and later may have several, `model` first."""
        names = [name for name in self.found if name.endswith(".json") and "config" not in name]
        return sorted(names, key=lambda name: (not name.endswith("/model.json"), name))

    def member(self, name: str) -> Any:
        """The bytes of a member, without a copy where it is not packed."""
        method, packed, size, offset = self.found[name]
        try:
            mark, names, extra = struct.unpack_from("<4s22xHH", self.data, offset)
        except struct.error:
            mark, names, extra = b"", 0, 0
        start = offset + 30 + names + extra
        if mark != b"PK\x03\x04" or start + packed > len(self.data):
            raise self.broken(f"{name} lies outside of it")
        if size > (MAX_UNPACKED if method else MAX_JSON):
            raise self.broken(f"{name} claims {size:,} bytes")
        raw = memoryview(self.data)[start : start + packed]
        if method == 0:
            return raw
        if method != 8:
            raise self.broken(f"{name} is packed by method {method}, which zip files of torch do not use")
        try:
            unpacked = zlib.decompressobj(-15).decompress(raw, MAX_UNPACKED + 1)
        except zlib.error:
            raise self.broken(f"{name} cannot be unpacked") from None
        if len(unpacked) > MAX_UNPACKED:
            raise self.broken(f"{name} unpacks to more than {MAX_UNPACKED:,} bytes")
        return unpacked

    def _directory(self) -> None:
        """Walk the central directory."""
        data = self.data
        end = data.rfind(_END, max(0, len(data) - 65557))
        if end < 0:
            raise self.broken("it has no directory; the file may be cut off")
        count, size, at = struct.unpack_from("<HII", data, end + 10)
        if (count == 0xFFFF or 0xFFFFFFFF in (size, at)) and data[end - 20 : end - 16] == b"PK\x06\x07":
            wide = struct.unpack_from("<Q", data, end - 12)[0]
            count, size, at = struct.unpack_from("<QQQ", data, wide + 32)
        if count > MAX_ENTRIES:
            raise self.broken(f"its directory lists {count:,} files")
        for _ in range(count):
            mark, method, packed, unpacked, names, extra, comment, offset = struct.unpack_from(
                "<4s6xH8xIIHHH8xI", data, at
            )
            if mark != b"PK\x01\x02":
                raise self.broken("its directory is damaged")
            name = bytes(data[at + 46 : at + 46 + names])
            if unpacked == 0 and b"/weights/" in name:
                self.hollow.add(name.rpartition(b"/")[2].decode("utf-8", "replace"))
            elif _wanted(name):
                more = bytes(data[at + 46 + names : at + 46 + names + extra])
                packed, unpacked, offset = _wide(more, [unpacked, packed, offset])
                self.found[name.decode("utf-8", "replace")] = (method, packed, unpacked, offset)
            at += 46 + names + extra + comment

    def _not_an_export(self) -> None:
        """Say what the archive is instead; raises."""
        if any("/code/" in name or name.endswith("constants.pkl") for name in self.found):
            raise refused(self.file, "this is a TorchScript archive: its graph is code, and its arrays are pickles")
        if any(name.endswith("data.pkl") for name in self.found):
            raise refused(self.file, "this is a pickle in a zip archive: torch.save wrote it")
        if any("aotinductor" in name for name in self.found):
            message = "this holds a compiled model alone, and no graph"
            raise self.file.refused(message, f"save the exported program itself: {EXPORT}", "CNN-E106")
        raise self.broken("it holds no exported program", f"write one: {EXPORT}")


def _wanted(name: bytes) -> bool:
    """Whether a member matters: the graph, the list of weights, or what tells another kind of file."""
    if name.endswith(b".json"):
        inside = name.split(b"/")
        return inside[-1] in (b"serialized_exported_program.json", b"model_weights_config.json") or inside[-2:-1] == [
            b"models"
        ]
    return name.endswith((b"data.pkl", b"constants.pkl")) or b"/code/" in name[:64] or b"aotinductor" in name


def _wide(extra: bytes, sizes: list[int]) -> tuple[int, int, int]:
    """(packed, unpacked, offset), by the 64-bit field where one of [unpacked, packed, offset] does not fit into 32."""
    at = 0
    while at + 4 <= len(extra) and 0xFFFFFFFF in sizes:
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            wide = at + 4
            for place, value in enumerate(sizes):
                if value == 0xFFFFFFFF:
                    sizes[place] = struct.unpack_from("<Q", extra, wide)[0]
                    wide += 8
            break
        at += 4 + length
    return sizes[1], sizes[0], sizes[2]
