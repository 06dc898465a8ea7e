"""Dropout and its family: identities at inference, masks in training."""

from __future__ import annotations

from typing import Any, ClassVar

from cnnshape.layers.base import Layer, Rate


class _Drop(Layer, frozen=True):
    """An identity that training replaces by a random mask."""

    shorthand: ClassVar[str] = "p"
    view: ClassVar[bool] = True
    saves: ClassVar[Any] = "nothing"

    p: Rate = 0.5


class Dropout(_Drop, frozen=True):
    """Set elements to zero with probability p in training.

    Shape:   (N, *) -> (N, *)
    Ops:     none
    Source:  torch.nn.Dropout; ONNX Dropout

    >>> Dropout().view
    True
    """

    kind: ClassVar[str] = "dropout"
    mask_bytes: ClassVar[int] = 1


class FeatureDropout(_Drop, frozen=True):
    """Set whole channels to zero with probability p in training.

    Shape:   (N, *) -> (N, *)
    Ops:     none
    Source:  torch.nn.Dropout2d; Keras SpatialDropout2D

    >>> FeatureDropout().view
    True
    """

    kind: ClassVar[str] = "feature_dropout"


class AlphaDropout(_Drop, frozen=True):
    """Dropout that keeps the mean and variance of SELU networks.

    Shape:   (N, *) -> (N, *)
    Ops:     none
    Source:  torch.nn.AlphaDropout

    >>> AlphaDropout().view
    True
    """

    kind: ClassVar[str] = "alpha_dropout"
    mask_bytes: ClassVar[int] = 1


class FeatureAlphaDropout(_Drop, frozen=True):
    """Alpha dropout of whole channels.

    Shape:   (N, *) -> (N, *)
    Ops:     none
    Source:  torch.nn.FeatureAlphaDropout

    >>> FeatureAlphaDropout().view
    True
    """

    kind: ClassVar[str] = "feature_alpha_dropout"


class DropPath(_Drop, frozen=True):
    """Leave out the whole branch of an example with probability p in training (stochastic depth).

    Shape:   (N, *) -> (N, *)
    Ops:     none
    Source:  Huang et al. 2016; torchvision.ops.StochasticDepth

    >>> DropPath().view
    True
    """

    kind: ClassVar[str] = "drop_path"

    p: Rate = 0.0
