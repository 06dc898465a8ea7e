"""Layers without a twin: how often they are looked at grows with their number, and not with its square."""

from __future__ import annotations

import pytest

from cnnshape.compare import align


class Token:
    """A layer that counts how often somebody asks for its kind."""

    asked = 0

    def __init__(self, kind: str, value: int) -> None:
        self._kind, self.value = kind, value

    @property
    def kind(self) -> str:
        Token.asked += 1
        return self._kind


def row(kinds: str, times: int, value: int) -> list[Token]:
    return [Token(kind, value) for _ in range(times) for kind in kinds]


@pytest.mark.parametrize("kinds", [("ab", "b"), ("b", "ab"), ("ab", "ba"), ("a", "b")])
@pytest.mark.parametrize("times", [100, 1000])
def test_each_layer_is_looked_at_once(monkeypatch, kinds, times) -> None:
    monkeypatch.setattr(align, "MAX_EDITS", 0)  # nothing is kept: all of it is one gap
    before, after = (row(kind, times, value) for value, kind in enumerate(kinds))
    Token.asked = 0
    pairs = align.matched(before, after)
    assert [i for i, _ in pairs if i is not None] == list(range(len(before)))
    assert [j for _, j in pairs if j is not None] == list(range(len(after)))
    assert Token.asked <= len(before) + len(after)


def test_layers_of_one_kind_are_one_that_changed_the_first_that_is_left() -> None:
    before, after = [Token(kind, 0) for kind in "abcab"], [Token(kind, 1) for kind in "bacbb"]
    pairs = align.matched(before, after)
    assert pairs == [(None, 0), (0, 1), (None, 2), (1, 3), (2, None), (3, None), (4, 4)]
