"""What a fuzzer does to an input besides flipping its bits: tokens of text, values of JSON, fields of protobuf.

Every change takes bytes, the other inputs of the corpus that it may borrow from, and a random.Random.
"""

from __future__ import annotations

import copy
import json
import re
import struct

_TOKENS = re.compile(rb"[A-Za-z_][\w.]*|[-+]?\d+(?:\.\d+)?|\n[ \t]*|[^\w\n]")
NUMBERS = (b"0", b"-1", b"1", b"2", b"3", b"7", b"65537", b"2147483647", b"4294967296", b"9" * 25, b"9" * 4400)
NUMBERS += (b"1e308", b"nan", b".inf", b"0.5", b"-0.0", b"1_000", b"0x10", b"true", b"null", b"''", b"[]", b"{}", b"~")
NASTY = (0, -1, 1, 2, 3, 7, 2**31 - 1, 2**31, 2**63, 2**64, 10**25, 0.5, -0.0, 1e308, float("nan"), float("inf"))
NASTY += (None, True, False, "", "x", "same", "\x00\ud800", [], {}, [1], [1, 2, 3, 4, 5], [[]], {"a": 1}, [None] * 3)


def text(data, others, rng):
    """Tokens replaced, dropped, doubled; lines moved, doubled, borrowed."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = _lines(data, others, rng) if rng.random() < 0.35 else _words(data, others, rng)
    return data


def _words(data, others, rng):
    tokens = _TOKENS.findall(data) or [b"x"]
    at = rng.randrange(len(tokens))
    if rng.random() < 0.5:  # a number is where most meaning sits
        numbers = [n for n, token in enumerate(tokens) if token[-1:].isdigit()]
        at = rng.choice(numbers) if numbers else at
    match rng.randrange(6):
        case 0 | 1:
            tokens[at] = rng.choice(NUMBERS)
        case 2:
            tokens[at] = rng.choice(_TOKENS.findall(rng.choice(others)) or [b"x"])
        case 3:
            tokens[at] = rng.choice(tokens)
        case 4:
            del tokens[at : at + rng.choice((1, 1, 2, 9))]
        case 5:
            tokens[at:at] = tokens[at : at + rng.choice((1, 3, 9))] * rng.choice((1, 1, 50))
    return b"".join(tokens)


def _lines(data, others, rng):
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    match rng.randrange(5):
        case 0:
            del lines[at : at + rng.choice((1, 1, 3))]
        case 1:
            lines.insert(at, rng.choice(lines))
        case 2:
            theirs = rng.choice(others).split(b"\n")
            start = rng.randrange(len(theirs))
            lines[at:at] = theirs[start : start + rng.choice((1, 3, 9))]
        case 3:
            lines[at] = b" " * rng.randrange(12) + lines[at].lstrip()
        case 4:
            lines = lines[at:] + lines[:at]
    return b"\n".join(lines)


def jsons(data, others, rng):
    """Values swapped, dropped, doubled, nested and borrowed; text that is no JSON changes as text."""
    try:
        root = [json.loads(data)]
    except (ValueError, RecursionError):
        return text(data, others, rng)
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = list(_places(root))
        box, key = rng.choice(places)
        match rng.randrange(8):
            case 0 | 1 | 2:
                box[key] = copy.deepcopy(rng.choice(NASTY))
            case 3:
                other, name = rng.choice(places)
                box[key] = _copy(other[name])
            case 4 if box is not root:
                del box[key]
            case 5 if isinstance(box, list):
                box.insert(key, _copy(box[key]))
            case 6:
                box[key] = [box[key]] if rng.random() < 0.7 else {"class_name": "x", "config": box[key]}
            case _:
                try:
                    theirs = list(_places([json.loads(rng.choice(others))]))
                    other, name = rng.choice(theirs)
                    box[key] = other[name]
                except (ValueError, RecursionError):
                    box[key] = copy.deepcopy(rng.choice(NASTY))
    try:
        return json.dumps(root[0]).encode()
    except (ValueError, RecursionError):
        return data


def _copy(value):
    return json.loads(json.dumps(value))


def _places(root, limit=4000):
    stack, found = [root], 0
    while stack and found < limit:
        box = stack.pop()
        for key in box if isinstance(box, dict) else range(len(box)):
            yield box, key
            found += 1
            if isinstance(box[key], (dict, list)) and box[key]:
                stack.append(box[key])


def protobuf(data, others, rng):
    """Fields changed, dropped, doubled, moved and borrowed, with every length put right again."""
    fields = _parsed(data)
    if not fields:
        return data
    for _ in range(rng.choice((1, 1, 2, 3))):
        boxes = list(_messages(fields))
        box = rng.choice(boxes)
        at = rng.randrange(len(box))
        number, wire, value = box[at]
        match rng.randrange(8):
            case 0 if len(box) > 1:
                del box[at]
            case 1:
                box.insert(at, copy.deepcopy(box[at]))
            case 2:  # a copy: a message inside itself would grow without end
                box.append(copy.deepcopy(rng.choice(rng.choice(boxes))))
            case 3:
                box[at] = (rng.choice((number, rng.randrange(1, 30))), wire, value)
            case 4:
                borrowed = _parsed(rng.choice(others))
                box.append(rng.choice(rng.choice(list(_messages(borrowed)))) if borrowed else box[at])
            case 5:
                rng.shuffle(box)
            case _:
                box[at] = (number, wire, _changed(wire, value, rng))
    try:
        return _written(fields)
    except RecursionError:  # a message was put into itself
        return data


def _changed(wire, value, rng):
    if wire == 0:
        return rng.choice((0, 1, 2, 3, 7, 13, 2**31 - 1, 2**31, 2**63 - 1, 2**64 - 1, value + 1, max(value - 1, 0)))
    if isinstance(value, list):
        return []
    if wire == 2:
        kept = bytearray(value or b"x")
        kept[rng.randrange(len(kept))] = rng.randrange(256)
        return rng.choice((b"", bytes(kept), bytes(kept) * 2, bytes(kept)[:-1], b"X", b"\xff\xff\xff\xff\xff\x7f"))
    size = 8 if wire == 1 else 4
    return struct.pack("<d" if size == 8 else "<f", rng.choice((0.0, -1.0, 0.5, 1e30, float("inf"), float("nan"))))


def _messages(fields):
    stack = [fields]
    while stack:
        box = stack.pop()
        if box:
            yield box
            stack.extend(value for _, _, value in box if isinstance(value, list))


def _varint(data, at):
    found = shift = 0
    while at < len(data) and shift < 70:
        found |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return found & (2**64 - 1), at
    return None, at


def _parsed(data, depth=0):
    """Fields as (number, wire type, value); a value is a message wherever it can be one. None: it is no message."""
    fields, at = [], 0
    while at < len(data):
        key, at = _varint(data, at)
        if not key or not 1 <= key >> 3 < 512 or key & 7 not in (0, 1, 2, 5):
            return None
        wire = key & 7
        if wire == 0:
            value, at = _varint(data, at)
        else:
            size, at = _varint(data, at) if wire == 2 else (8 if wire == 1 else 4, at)
            if size is None or at + size > len(data):
                return None
            value, at = data[at : at + size], at + size
            if wire == 2 and depth < 12 and 2 <= size < 1 << 16:
                value = _parsed(value, depth + 1) or value
        if value is None:
            return None
        fields.append((key >> 3, wire, value))
    return fields


def _written(fields):
    out = bytearray()
    for number, wire, value in fields:
        _put(out, number << 3 | wire)
        if wire == 0:
            _put(out, value)
            continue
        raw = _written(value) if isinstance(value, list) else value
        if wire == 2:
            _put(out, len(raw))
        out += raw
    return bytes(out)


def _put(out, value):
    value &= 2**64 - 1
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
