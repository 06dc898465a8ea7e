"""Operators that are no kind here and compute no multiply-accumulates: their rows are foreign, their cost is known."""

from __future__ import annotations

_ELEMENTWISE = """
acos acosh addcdiv addcmul angle argsort asin asinh atan atan2 atanh bernoulli bitwise_and bitwise_not bitwise_or
bitwise_xor ceil clip complex conj copy copysign cos cosh cumprod cumsum deg2rad eq erf erfc erfinv exp2 expm1
fake_quantize_per_tensor_affine fill flip floor floor_divide fmod frac ge gt heaviside imag isfinite isinf isnan le
lerp log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor lt masked_fill nan_to_num ne neg
normal polar real remainder roll round rsqrt sgn sign sin sinc sinh sort tan tril triu trunc uniform where xlogy
zero
"""
_MOVED = """
_local_scalar_dense _upsample_bicubic2d_aa _upsample_bilinear2d_aa _weight_norm _weight_norm_interface
affine_grid_generator all amin aminmax any arange argmax argmin argwhere as_strided atleast_1d atleast_2d atleast_3d
bincount broadcast_tensors bucketize col2im column_stack count_nonzero cummax cummin diag diagonal diff dsplit
dstack empty eye fold full gather grid_sampler_2d grid_sampler_3d histc hsplit hstack im2col index index_add
index_copy index_fill index_put index_select item kthvalue linalg_vector_norm linspace logsumexp masked_scatter
masked_select max max_unpool2d median meshgrid min mode msort nonzero norm norm_except_dim one_hot ones prod rand
randn ravel repeat repeat_interleave rot90 scalar_tensor scatter scatter_add scatter_reduce searchsorted
select_scatter slice_scatter stack std std_mean sum take take_along_dim tensor tile topk unbind unfold unique
unsafe_chunk unsafe_split unsafe_split_with_sizes upsample_bilinear2d_aa var var_mean view_as_complex view_as_real
vsplit vstack weight_norm zeros
"""
_MADE = """
empty_like full_like new_empty new_empty_strided new_full new_ones new_zeros ones_like rand_like randn_like
zeros_like
"""
#: One value in, one value out, or several stretched to one shape.
ELEMENTWISE = frozenset(_ELEMENTWISE.split())
#: Fewer values out, or the same ones elsewhere.
MOVED = frozenset(_MOVED.split())
#: Arrays whose values depend on no input, only their shapes.
MADE = frozenset(_MADE.split())
#: All of them.
FREE_OPS = ELEMENTWISE | MOVED | MADE
