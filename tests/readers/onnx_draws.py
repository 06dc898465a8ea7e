"""One-node graphs drawn at random: operators, opsets, attributes and shapes that mostly fit together."""

MOVES = ("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand", "Tile", "Pad")
CUTS = ("Concat", "Split", "Slice", "Gather", "GatherElements", "GatherND", "OneHot", "TopK", "CenterCropPad")
REDUCED = ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceL2", "ReduceLogSumExp", "ReduceProd", "ArgMax", "ArgMin")
WINDOWS = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "GlobalMaxPool", "ConvInteger", "Col2Im")
OTHERS = ("Add", "Where", "Mod", "MatMul", "Gemm", "Einsum", "Resize", "Range", "ConstantOfShape", "LSTM", "GRU", "RNN")
LATE = ("DFT", "STFT", "GridSample", "RoiAlign", "DepthToSpace", "SpaceToDepth", "Shape", "EyeLike", "MaxUnpool")
OPS = MOVES + CUTS + REDUCED + WINDOWS + OTHERS + LATE


class Drawn:
    """An operator and its inputs: ("float", shape), or ("int", values) for one whose values are known."""

    def __init__(self, rng, kind, newest):
        self.rng, self.kind = rng, kind
        first = {"Expand": 8, "Where": 9, "ConstantOfShape": 9, "OneHot": 9, "Shape": 7, "EyeLike": 9, "MaxUnpool": 9}
        first |= {"CenterCropPad": 18, "Col2Im": 18, "DFT": 17, "STFT": 17, "GridSample": 16, "RoiAlign": 10}
        first |= {"GatherElements": 11, "GatherND": 11, "Mod": 10, "Einsum": 12, "Range": 11, "Resize": 10}
        first |= {"ConvInteger": 10}
        self.opset = rng.randint(first.get(kind, 7), newest)
        self.attributes, self.inputs, self.outputs = {}, [], 1
        maker = getattr(self, "shape_" if kind == "Shape" else kind.lower(), None)
        if maker is None:
            maker = self.reduce if kind in REDUCED else self.pool if kind in WINDOWS else self.recurrent
        maker()

    def shape(self, low=1, high=4):
        return tuple(self.rng.choice((1, 2, 3, 5, 7)) for _ in range(self.rng.randint(low, high)))

    def axis(self, rank, low=None):
        return self.rng.randint(-rank if low is None else low, rank - 1)

    def float(self, *shape):
        self.inputs.append(("float", shape))
        return shape

    def int(self, values, scalar=False):
        self.inputs.append(("scalar" if scalar else "int", tuple(values)))

    def given(self, name, values, since):
        """An attribute before an opset, an input from there on."""
        if self.opset < since:
            self.attributes[name] = tuple(values)
        else:
            self.int(values)

    def maybe(self, chance=0.5):
        return self.rng.random() < chance

    def reshape(self):
        x = self.float(*self.shape())
        sizes = list(x)
        self.rng.shuffle(sizes)
        if self.maybe() and len(sizes) > 1:
            sizes = [sizes[0] * sizes[1], *sizes[2:]]
        if self.maybe():
            sizes[self.rng.randrange(len(sizes))] = -1
        elif self.maybe() and len(sizes) <= len(x):
            at = self.rng.randrange(len(sizes))
            if sizes[at] == x[at]:
                sizes[at] = 0
        self.int(sizes)

    def flatten(self):
        x = self.float(*self.shape())
        self.attributes["axis"] = self.rng.randint(-len(x) if self.opset >= 11 else 0, len(x))

    def squeeze(self):
        x = self.float(*self.shape())
        ones = [at for at, n in enumerate(x) if n == 1]
        if self.maybe(0.8) and (ones or self.opset >= 13):
            axes = self.rng.sample(ones, self.rng.randint(0 if self.opset >= 13 else 1, len(ones)))
            axes = sorted(axes) if self.opset < 13 else axes  # onnx infers unsorted ones wrongly there
            self.given("axes", [at - len(x) if self.opset >= 11 and self.maybe() else at for at in axes], 13)

    def unsqueeze(self):
        x = self.float(*self.shape())
        rank = len(x) + 2
        axes = self.rng.sample(range(rank), 2)
        if self.opset < 13:
            self.attributes["axes"] = tuple(sorted(axes))  # onnx's reference puts others one by one
        else:
            self.int([at - rank if self.maybe() else at for at in axes])

    def transpose(self):
        x = self.float(*self.shape())
        if self.maybe(0.8):
            self.attributes["perm"] = tuple(self.rng.sample(range(len(x)), len(x)))

    def expand(self):
        x = self.float(*self.shape())
        self.int([self.rng.choice((1, n if n > 1 else 5)) for n in (1, *x)][self.rng.randint(0, len(x)) :])

    def tile(self):
        x = self.float(*self.shape())
        self.int([self.rng.randint(0, 3) for _ in x])

    def pad(self):
        x = self.float(*self.shape())
        if self.opset >= 18 and self.maybe():
            axes = self.rng.sample(range(len(x)), self.rng.randint(1, len(x)))
            self.int([self.rng.randint(0, 3) for _ in axes + axes])
            self.inputs.append(None)
            self.int([at - len(x) if self.maybe() else at for at in axes])
        else:
            self.given("pads", [self.rng.randint(-1 if self.maybe(0.2) else 0, 3) for _ in x + x], 11)

    def concat(self):
        x = self.float(*self.shape())
        axis = self.attributes["axis"] = self.axis(len(x), 0 if self.opset < 11 else None)
        for _ in range(self.rng.randint(0, 2)):
            y = list(x)
            y[axis] = self.rng.randint(1, 5)
            self.float(*y)

    def split(self):
        x = list(self.shape())
        axis = self.attributes["axis"] = self.axis(len(x), 0 if self.opset < 11 else None)
        if self.maybe():
            parts = [self.rng.randint(1, 4) for _ in range(self.rng.randint(1, 3))]
            x[axis], self.outputs = sum(parts), len(parts)
            self.float(*x)
            self.given("split", parts, 13)
        else:
            self.outputs = self.rng.randint(1, 3)
            x[axis] = self.outputs * self.rng.randint(1, 3) + (2 if self.opset >= 18 and self.maybe() else 0)
            if self.opset >= 18:
                self.attributes["num_outputs"] = self.outputs
            self.float(*x)

    def slice(self):
        x = self.float(*self.shape())
        axes = self.rng.sample(range(len(x)), self.rng.randint(1, len(x)))
        steps = [self.rng.choice((1, 1, 2, 3, -1, -2)) for _ in axes] if self.opset >= 10 else [1] * len(axes)
        ends = (-2, -1, 0, 1, 2, 5, 9, 2**31 - 1, 2**63 - 1, -(2**31), -(2**63))
        self.given("starts", [self.rng.choice((-9, -2, -1, 0, 1, 2, 9)) for _ in axes], 10)
        self.given("ends", [self.rng.choice(ends) for _ in axes], 10)
        self.given("axes", axes, 10)
        if self.opset >= 10:
            self.int(steps)

    def gather(self):
        x = self.float(*self.shape())
        self.attributes["axis"] = self.axis(len(x))
        self.inputs.append(("index", self.shape(0, 2)))

    def gatherelements(self):
        x = self.float(*self.shape())
        self.attributes["axis"] = self.axis(len(x))
        self.inputs.append(("index", x))

    def gathernd(self):
        x = self.float(*self.shape(2))
        batch = self.rng.randint(0, 1) if self.opset >= 12 else 0
        if batch:
            self.attributes["batch_dims"] = batch
        self.inputs.append(("index", (*x[:batch], 2, self.rng.randint(1, len(x) - batch))))

    def onehot(self):
        x = self.shape(1, 3)
        self.inputs.append(("index", x))
        self.int([5], scalar=self.maybe())
        self.float(2)
        self.attributes["axis"] = self.axis(len(x) + 1)

    def topk(self):
        x = self.float(*self.shape())
        axis = self.attributes["axis"] = self.axis(len(x), 0 if self.opset < 11 else None)
        k, self.outputs = self.rng.randint(1, x[axis]), 2
        if self.opset < 10:
            self.attributes["k"] = k
        else:
            self.int([k])

    def centercroppad(self):
        x = self.float(*self.shape())
        axes = self.rng.sample(range(-len(x), 0), self.rng.randint(1, len(x)))
        self.int([self.rng.randint(1, 9) for _ in axes])
        self.attributes["axes"] = tuple(axes)

    def reduce(self):
        x = self.float(*self.shape())
        if self.maybe(0.7):
            self.attributes["keepdims"] = self.rng.randint(0, 1)
        if self.kind.startswith("Arg"):
            self.attributes["axis"] = self.axis(len(x), 0 if self.opset < 11 else None)
            return
        since = 13 if self.kind == "ReduceSum" else 18
        if self.maybe(0.8):
            low = 1 if self.opset < since else 0
            axes = self.rng.sample(range(len(x)), self.rng.randint(low, len(x)))
            self.given("axes", [at - len(x) if self.opset >= 11 and self.maybe() else at for at in axes], since)
        if self.opset >= since and self.maybe():
            self.attributes["noop_with_empty_axes"] = self.rng.randint(0, 1)

    def sized(self, rank):
        return [self.rng.randint(9, 15) for _ in range(rank)]

    def sliding(self, rank, dilated=True):
        kernel = [self.rng.randint(1, 4) for _ in range(rank)]
        if self.maybe(0.7):
            self.attributes["strides"] = tuple(self.rng.randint(1, 3) for _ in kernel)
        if self.maybe() and dilated:
            self.attributes["dilations"] = tuple(self.rng.randint(1, 2) for _ in kernel)
        if self.maybe(0.3):
            self.attributes["auto_pad"] = self.rng.choice(("SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"))
        elif self.maybe(0.7):
            self.attributes["pads"] = tuple(self.rng.randint(0, k - 1) for k in kernel + kernel)
        return kernel

    def conv(self):
        rank, groups = self.rng.randint(1, 3), self.rng.choice((1, 1, 2))
        kernel = self.sliding(rank)
        self.attributes["group"] = groups
        kind = "float" if self.kind == "Conv" else "byte"
        self.inputs.append((kind, (2, 3 * groups, *self.sized(rank))))
        self.inputs.append((kind, (5 * groups, 3, *kernel)))
        if self.maybe():
            self.attributes["kernel_shape"] = tuple(kernel)

    convinteger = conv

    def convtranspose(self):
        rank, groups = self.rng.randint(1, 3), self.rng.choice((1, 1, 2))
        kernel = self.sliding(rank)
        self.attributes["group"] = groups
        self.float(2, 3 * groups, *self.sized(rank))
        self.float(3 * groups, 5, *kernel)
        if self.maybe(0.3) and "auto_pad" not in self.attributes:
            self.attributes["output_padding"] = (self.rng.randint(0, 1),) * rank
            self.attributes["strides"] = (2,) * rank
        elif self.maybe(0.2):
            self.attributes["output_shape"] = tuple(self.rng.randint(20, 30) for _ in kernel)
            self.attributes.pop("pads", None)

    def pool(self):
        if self.kind == "GlobalMaxPool":
            self.float(2, 3, *self.sized(self.rng.randint(1, 3)))
            return
        rank = self.rng.randint(1, 3)
        since = {"MaxPool": 10, "AveragePool": 19, "LpPool": 18}[self.kind]
        kernel = self.sliding(rank, self.opset >= since)
        self.attributes["kernel_shape"] = tuple(kernel)
        ceil = {"MaxPool": 10, "AveragePool": 10, "LpPool": 18}[self.kind]
        if self.opset >= ceil and self.maybe():
            self.attributes["ceil_mode"] = 1
            if "SAME" in self.attributes.get("auto_pad", ""):
                self.attributes.pop("dilations", None)  # onnxruntime pads there as if nothing were dilated
        self.float(2, 3, *self.sized(rank))
        self.outputs = 2 if self.kind == "MaxPool" and self.opset >= 8 and self.maybe() else 1

    def col2im(self):
        self.float(2, 3 * 6, 20)
        self.int([5, 6])
        self.int([2, 3])

    def add(self):
        x = self.shape()
        self.float(*x)
        self.float(*[n if self.maybe(0.7) else 1 for n in x][self.rng.randint(0, len(x)) :])

    mod = add

    def where(self):
        x = self.shape()
        self.inputs.append(("bool", tuple(n if self.maybe(0.7) else 1 for n in x)))
        self.float(*x)
        self.float(*x[self.rng.randint(0, len(x)) :])

    def matmul(self):
        front = self.shape(0, 2)
        self.float(*front, 3, 5)
        self.float(*front[self.rng.randint(0, len(front)) :], 5, 7) if self.maybe(0.7) else self.float(5)

    def gemm(self):
        a, b = self.rng.randint(0, 1), self.rng.randint(0, 1)
        self.attributes |= {"transA": a, "transB": b}
        self.float(*((5, 3) if a else (3, 5)))
        self.float(*((7, 5) if b else (5, 7)))
        self.float(7)

    def einsum(self):
        term, shapes = self.rng.choice(
            (
                ("ij,jk->ik", ((2, 3), (3, 5))),
                ("bhqd,bhkd->bhqk", ((2, 3, 5, 7), (2, 3, 11, 7))),
                ("ii->i", ((3, 3),)),
                ("...ij,...jk->...ik", ((2, 3, 5), (2, 5, 7))),
                ("ij,jk", ((2, 3), (3, 5))),
                ("b ... -> ... b", ((2, 3, 5),)),
                ("ij->", ((2, 3),)),
            )
        )
        self.attributes["equation"] = term
        for shape in shapes:
            self.float(*shape)

    def resize(self):
        x = self.float(2, 3, *self.sized(2))
        scales = [1.0, 1.0, self.rng.choice((0.5, 2.0, 1.7, 0.3)), self.rng.choice((0.7, 3.0, 1.1))]
        if self.opset < 11:
            self.inputs.append(("floats", tuple(scales)))
            return
        self.inputs.append(None)
        axes = self.rng.sample((2, 3), 2) if self.opset >= 18 and self.maybe() else None
        if axes:
            self.attributes["axes"] = tuple(axes)
        if self.maybe():
            self.inputs.append(("floats", tuple(scales[at] for at in axes or range(4))))
            return
        self.inputs.append(None)
        sizes = [*x[:2], self.rng.randint(3, 30), self.rng.randint(3, 30)]
        self.int([sizes[at] for at in axes or range(4)])
        if self.opset >= 18 and axes and self.maybe():
            self.attributes["keep_aspect_ratio_policy"] = self.rng.choice(("not_larger", "not_smaller", "stretch"))

    def range(self):
        for value in (self.rng.randint(-9, 9), self.rng.randint(-9, 9), self.rng.choice((-3, -2, -1, 1, 2, 3))):
            self.int([value], scalar=True)

    def constantofshape(self):
        self.int([self.rng.randint(0, 5) for _ in range(self.rng.randint(1, 4))])

    def recurrent(self):
        ways = self.rng.randint(1, 2)
        gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[self.kind]
        self.attributes |= {"hidden_size": 5, "direction": "bidirectional" if ways == 2 else "forward"}
        if self.opset >= 14 and self.maybe():
            self.attributes["layout"] = 1
        self.float(2, 3, 7)
        self.float(ways, gates * 5, 7)
        self.float(ways, gates * 5, 5)
        self.outputs = self.rng.randint(1, 3 if self.kind == "LSTM" else 2)

    def dft(self):
        x = self.float(2, self.rng.randint(5, 9), self.rng.randint(5, 9), 1)
        axis = self.rng.randint(1, 2)
        self.attributes["onesided"] = self.rng.randint(0, 1)
        self.int([self.rng.randint(4, 11)], scalar=True) if self.maybe() else self.inputs.append(None)
        if self.opset < 20:
            self.attributes["axis"] = axis
        else:
            self.int([axis if self.maybe() else axis - len(x)], scalar=True)

    def stft(self):
        self.float(2, 50, 1)
        self.int([self.rng.randint(2, 9)], scalar=True)
        self.inputs.append(None)
        self.int([self.rng.randint(6, 20)], scalar=True)
        self.attributes["onesided"] = self.rng.randint(0, 1)

    def gridsample(self):
        rank = self.rng.randint(2, 3) if self.opset >= 20 else 2
        self.float(2, 3, *self.sized(rank))
        self.float(2, *self.sized(rank), rank)

    def roialign(self):
        self.float(2, 3, 7, 11)
        self.float(5, 4)
        self.inputs.append(("index", (5,)))
        self.attributes |= {"output_height": 3, "output_width": 2}

    def depthtospace(self):
        self.float(2, 12, 5, 7)
        self.attributes["blocksize"] = self.rng.randint(1, 2)

    def spacetodepth(self):
        self.float(2, 3, 10, 14)
        self.attributes["blocksize"] = self.rng.randint(1, 2)

    def eyelike(self):
        self.float(3, 5)

    def shape_(self):
        self.float(*self.shape())
        if self.opset >= 15:
            self.attributes |= {"start": self.rng.randint(-5, 5), "end": self.rng.randint(-5, 5)}

    def maxunpool(self):
        self.float(2, 3, 5, 7)
        self.inputs.append(("index", (2, 3, 5, 7)))
        self.attributes |= {"kernel_shape": (2, 3), "strides": (2, 2)}

    def model(self):
        """The one-node model, with the known values as initializers."""
        from onnx import AttributeProto, TensorProto, helper

        types = {"float": TensorProto.FLOAT, "index": TensorProto.INT64, "bool": TensorProto.BOOL}
        types["byte"] = TensorProto.UINT8
        names, inputs, held = [], [], []
        for at, given in enumerate(self.inputs):
            names.append("" if given is None else f"x{at}")
            if given is None:
                continue
            kind, data = given
            if kind in types:
                inputs.append(helper.make_tensor_value_info(f"x{at}", types[kind], data))
            else:
                element = TensorProto.FLOAT if kind == "floats" else TensorProto.INT64
                held.append(helper.make_tensor(f"x{at}", element, () if kind == "scalar" else (len(data),), data))
        outputs = [f"y{at}" for at in range(self.outputs)]
        node = helper.make_node(self.kind, names, outputs)
        for name, value in self.attributes.items():
            empty = AttributeProto.INTS if value == () else None
            node.attribute.append(helper.make_attribute(name, value, attr_type=empty))
        graph = helper.make_graph([node], "g", inputs, [helper.make_empty_tensor_value_info(y) for y in outputs], held)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
