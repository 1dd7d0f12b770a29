"""What an ONNX file may name, and that a changed byte is found."""

import numpy as np
import pytest
import torch

from docclf.errors import InputError
from docclf.model.onnx import Onnx
from docclf.utils.reading import onnx_bytes

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402


def model(nodes=(), initializers=(), last="e", side=16, batch="b", domains=()):
    """Returns a graph: the mean of each channel, and what is given besides."""
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, [batch, 3, side, side])
    out = helper.make_tensor_value_info(last, TensorProto.FLOAT, [batch, 3])
    own = [
        helper.make_node("Cast", ["images"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("GlobalAveragePool", ["f"], ["p"]),
        helper.make_node("Flatten", ["p"], ["e"]),
    ]
    graph = helper.make_graph([*own, *nodes], "g", [images], [out], list(initializers))
    opsets = [helper.make_opsetid(domain, version) for domain, version in (("", 17), *domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def stored(path, made):
    path.write_bytes(made.SerializeToString())
    return str(path)


IMAGES = torch.arange(2 * 3 * 16 * 16, dtype=torch.int64).remainder(251).to(torch.uint8).reshape(2, 3, 16, 16)


def test_a_plain_graph_runs(tmp_path):
    found = Onnx(stored(tmp_path / "x.onnx", model()))(IMAGES)
    assert torch.allclose(found, IMAGES.float().mean((2, 3)), atol=1e-3)


def big(count):
    shape = numpy_helper.from_array(np.array([count], np.int64), "shape")
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["big"]),
        helper.make_node("ReduceMean", ["big"], ["m"], keepdims=0),
        helper.make_node("Add", ["e", "m"], ["o"]),
    ]
    return model(nodes, [shape], "o")


def test_a_graph_of_a_few_bytes_cannot_fill_the_memory(tmp_path):
    made = Onnx(stored(tmp_path / "x.onnx", big(2**31)))
    with pytest.raises(InputError, match="cannot be run"):
        made(IMAGES)
    assert Onnx(stored(tmp_path / "y.onnx", big(2**10)))(IMAGES).shape == (2, 3)


def external(where):
    tensor = numpy_helper.from_array(np.ones(3, np.float32), "w")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=where)
    tensor.ClearField("raw_data")
    return tensor


def looping():
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["c2"]), helper.make_node("Identity", ["v"], ["v2"])],
        "body",
        [helper.make_tensor_value_info(n, t, []) for n, t in (("i", 7), ("c", 9), ("v", 1))],
        [helper.make_tensor_value_info(n, t, []) for n, t in (("c2", 9), ("v2", 1))],
    )
    return helper.make_node("Loop", ["n", "yes", "z"], ["m"], body=body)


@pytest.mark.parametrize(
    "made",
    [
        lambda: model([helper.make_node("Add", ["e", "w"], ["o"])], [external("/etc/passwd")], "o"),
        lambda: model([helper.make_node("Add", ["e", "w"], ["o"])], [external("../x.bin")], "o"),
        lambda: model([helper.make_node("Constant", [], ["w"], value=external("x.bin"))]),
        lambda: model([looping()], [numpy_helper.from_array(np.array(2**62), "n")]),
        lambda: model([helper.make_node("Call", ["e"], ["o"], domain="evil")], last="o", domains=[("evil", 1)]),
        lambda: model([helper.make_node("PyOp", ["e"], ["o"], domain="ai.onnx.contrib")], last="o"),
        lambda: model(side=10**6),
        lambda: model(batch=10**7),
    ],
)
def test_what_no_network_needs_is_refused(tmp_path, made):
    with pytest.raises(InputError, match=r"x\.onnx"):
        Onnx(stored(tmp_path / "x.onnx", made()))


@pytest.mark.parametrize(
    "content", [b"", b"\x08", b"\xff" * 20, b"\x3a\x02\x0a\xff", b"PK\x03\x04", b"\x3a\xff\xff\xff\x7f"]
)
def test_what_is_no_onnx_file(tmp_path, content):
    (tmp_path / "x.onnx").write_bytes(content)
    with pytest.raises(InputError, match=r"x\.onnx"):
        Onnx(str(tmp_path / "x.onnx"))


def test_a_changed_byte_is_found(tmp_path):
    made = model()
    helper.set_model_props(made, {"docclf": "1", onnx_bytes.SIGNED: "yes"})
    content = onnx_bytes.signed(made.SerializeToString())
    onnx_bytes.check(content, "x.onnx")
    assert {p.key for p in onnx.load_model_from_string(content).metadata_props} == {"docclf", "digest", "sha256"}
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1 << at % 8
        with pytest.raises(InputError, match="x.onnx"):
            onnx_bytes.check(bytes(changed), "x.onnx")
