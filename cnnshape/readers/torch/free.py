"""Operators that are no kind here and compute no multiply-accumulates: their rows are foreign, their cost is known."""

from __future__ import annotations

_ELEMENTWISE = """
acos acosh addcdiv addcmul angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh argsort asin asinh atan atan2
atanh bernoulli bitwise_and bitwise_not bitwise_or bitwise_xor ceil clip complex conj conj_physical copy copysign
cos cosh cumprod cumsum deg2rad eq erf erfc erfinv exp2 expm1 fake_quantize_per_tensor_affine fill fix flip fliplr
flipud floor floor_divide fmod frac ge greater greater_equal gt heaviside imag isclose isfinite isinf isnan isreal
le lerp less less_equal log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor logit lt
masked_fill nan_to_num ne neg negative normal not_equal polar real remainder roll round rsqrt sgn sign sin sinc sinh
sort special_erf special_erfc special_erfinv special_exp2 special_expm1 special_log1p special_logit special_round
special_sinc special_xlogy tan tril triu trunc uniform where xlogy zero
"""
_MOVED = """
_local_scalar_dense _upsample_bicubic2d_aa _upsample_bilinear2d_aa _weight_norm _weight_norm_interface
affine_grid_generator all amin aminmax any arange argmax argmin argwhere as_strided atleast_1d atleast_2d atleast_3d
binary_cross_entropy binary_cross_entropy_with_logits bincount broadcast_tensors bucketize col2im column_stack
cosine_similarity count_nonzero cross cross_entropy_loss cummax cummin diag diagonal diff dsplit dstack empty eye
fold fractional_max_pool2d fractional_max_pool3d full gather ger grid_sampler grid_sampler_2d grid_sampler_3d histc
hsplit hstack huber_loss im2col index index_add index_copy index_fill index_put index_select item kl_div kthvalue
l1_loss linalg_vector_norm linspace logsumexp masked_scatter masked_select max max_unpool2d median meshgrid min mode
mse_loss msort nll_loss nll_loss2d nll_loss_forward nll_loss_nd nonzero norm norm_except_dim one_hot ones outer
pairwise_distance prod rand randn ravel repeat repeat_interleave rot90 row_stack scalar_tensor scatter scatter_add
scatter_reduce searchsorted select_scatter slice_scatter smooth_l1_loss special_logsumexp stack std std_mean sum
take take_along_dim tensor tile topk unbind unfold unique unsafe_chunk unsafe_split unsafe_split_with_sizes
upsample_bilinear2d_aa var var_mean view_as_complex view_as_real vsplit vstack weight_norm zeros
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
