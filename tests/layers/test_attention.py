"""Products and attention at their edges, against loops."""

from __future__ import annotations

from itertools import product

import pytest

from cnnshape import layers as L  # noqa: N812
from cnnshape.errors import LayerError
from cnnshape.shape import Shape


@pytest.mark.parametrize("features", [1, 2, 5])
def test_attention_scores_once_per_query_and_key(features) -> None:
    q, k, v = Shape(2, 3, 7, features), Shape(2, 3, 11, features), Shape(2, 3, 11, 13)
    macs = sum(1 for _ in product(range(2), range(3), range(7), range(11), range(features + 13)))
    exps = sum(1 for _ in product(range(2), range(3), range(7), range(11)))
    ops = L.ScaledDotProductAttention().ops(Shape(2, 3, 7, 13), q, k, v)
    assert (ops.mac, ops.exp, ops.cmp) == (macs, exps, exps - 2 * 3 * 7)


@pytest.mark.parametrize(
    ("a", "b", "y"),
    [
        (Shape(1, 7, 5), Shape(2, 3, 5, 11), Shape(2, 3, 7, 11)),
        (Shape(2, 3, 7, 5), Shape(1, 5, 11), Shape(2, 3, 7, 11)),
        (Shape(1, 3, 7, 5), Shape(2, 13, 3, 5, 11), Shape(2, 13, 3, 7, 11)),
        (Shape(2, 13, 1, 7, 5), Shape(1, 3, 5, 11), Shape(2, 13, 3, 7, 11)),
    ],
    ids=str,
)
def test_matmul_broadcasts_operands_of_unequal_rank(a, b, y) -> None:
    assert L.Matmul().out(a, b) == y


def test_matmul_refuses_what_does_not_broadcast_from_the_right() -> None:
    with pytest.raises(LayerError, match="broadcast"):
        L.Matmul().out(Shape(1, 3, 7, 5), Shape(2, 13, 2, 5, 11))
