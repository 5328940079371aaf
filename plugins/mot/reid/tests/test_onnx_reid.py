"""Networks in ONNX files."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest

from vtcore.errors import MissingPackageError
from vtrack_nets import CheckpointError
from vtrack_plugin_reid import OnnxReId
from vtrack_plugin_reid.config import OnnxReIdConfig
from vtrack_plugin_reid.onnx_network import OnnxNetwork


@pytest.fixture
def written(tmp_path):
    """Write a network that answers with the mean of each colour, and of their squares."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

    def write(shape=("n", 3, 24, 12), output=("n", 6), name="mean.onnx"):
        make = onnx.helper
        nodes = [
            make.make_node("Mul", ["crops", "crops"], ["squares"]),
            make.make_node("Concat", ["crops", "squares"], ["both"], axis=1),
            make.make_node("GlobalAveragePool", ["both"], ["means"]),
            make.make_node("Flatten", ["means"], ["embeddings"]),
        ]
        graph = make.make_graph(
            nodes,
            "means",
            [make.make_tensor_value_info("crops", onnx.TensorProto.FLOAT, list(shape))],
            [make.make_tensor_value_info("embeddings", onnx.TensorProto.FLOAT, list(output))],
        )
        model = make.make_model(graph, opset_imports=[make.make_opsetid("", 13)], ir_version=8)
        onnx.save(model, str(tmp_path / name))
        return str(tmp_path / name)

    return write


@pytest.mark.parametrize("batch", ["n", 1, 5])
def test_any_batch_of_the_file(written, picture, boxes, batch):
    reid = OnnxReId(written((batch, 3, 24, 12), (batch, 6)), batch_size=7)
    assert reid.embedding_length == 6
    (found,) = reid.embed([picture()], [boxes])
    assert found.shape == (12, 6)
    for box, row in zip(boxes, found, strict=True):
        assert np.allclose(reid.embed([picture()], [box[None]])[0][0], row, atol=1e-5)


def test_what_the_file_leaves_open(written, picture, boxes):
    path = written(("n", 3, "h", "w"), ("n", "d"))
    with pytest.raises(CheckpointError, match=r"mean.onnx: leaves the size of crops open: write it, such as size = "):
        OnnxReId(path)
    reid = OnnxReId(path, size=(24, 12))
    assert reid.embedding_length == 6
    assert np.allclose(reid.embed([picture()], [boxes])[0], OnnxReId(written()).embed([picture()], [boxes])[0])


def test_refusals(written, tmp_path):
    with pytest.raises(CheckpointError, match=r"wants crops of \[24, 12\], not \[256, 128\]: leave size out"):
        OnnxReId(written(), size=(256, 128))
    with pytest.raises(CheckpointError, match=r"it must have one input \(N, 3, H, W\) of floats, not crops \['n', 4"):
        OnnxReId(written(("n", 4, 24, 12), ("n", 8)))
    with pytest.raises(CheckpointError, match="there is no such file"):
        OnnxReId(str(tmp_path / "nowhere.onnx"))
    (tmp_path / "damaged.onnx").write_bytes(b"not a network")
    with pytest.raises(CheckpointError, match=r"damaged.onnx: is damaged, or no ONNX network \(") as caught:
        OnnxReId(str(tmp_path / "damaged.onnx"))
    assert "\n" not in str(caught.value)


@pytest.fixture
def saved(tmp_path):
    """Write a network of one node, with constants."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

    def save(operator, shape, output, kind="FLOAT", constant=None, **attributes):
        make = onnx.helper
        constants = [] if constant is None else [onnx.numpy_helper.from_array(np.array(constant), "constant")]
        node = make.make_node(operator, ["crops", *(each.name for each in constants)], ["embeddings"], **attributes)
        infos = [("crops", "FLOAT", shape), ("embeddings", kind, output)]
        values = [
            make.make_tensor_value_info(name, getattr(onnx.TensorProto, of), list(dims)) for name, of, dims in infos
        ]
        graph = make.make_graph([node], "one", values[:1], values[1:], constants)
        model = make.make_model(graph, opset_imports=[make.make_opsetid("", 13)], ir_version=8)
        onnx.save(model, str(tmp_path / "one.onnx"))
        return str(tmp_path / "one.onnx")

    return save


def test_what_does_not_answer_with_embeddings_is_refused_at_once(saved, picture, boxes):
    crops = ("n", 3, 24, 12)
    told = r"one.onnx: is no network from crops to embeddings: "
    with pytest.raises(
        CheckpointError, match=told + r"it answers with \[2, 3, 24, 12\] to 2 crops of \[24, 12\], not "
    ):
        OnnxReId(saved("Relu", crops, crops))
    with pytest.raises(CheckpointError, match=told + r"it answers with \[144, 12\] to 2 crops"):
        OnnxReId(saved("Reshape", crops, ("m", 12), constant=[-1, 12]))
    with pytest.raises(CheckpointError, match=told + r"its first output is embeddings tensor\(int64\)"):
        OnnxReId(saved("ArgMax", crops, ("n", 1, 24, 12), "INT64", axis=1))
    # The file promises batches, but cannot keep that.
    single = saved("Reshape", crops, ("n", 864), constant=[1, 864])
    with pytest.raises(CheckpointError, match=r"one.onnx: does not run on 2 crops of \[24, 12\] \(") as caught:
        OnnxReId(single)
    assert "\n" not in str(caught.value)
    assert OnnxReId(single, batch_size=1).embed([picture()], [boxes])[0].shape == (12, 864)
    # Of trailing ones there may be any number.
    assert OnnxReId(saved("GlobalAveragePool", crops, ("n", 3, 1, 1))).embedding_length == 3


def test_threads_that_wait_leave_the_processor_to_others(written):
    network = OnnxNetwork(Path(written()))
    options = network._session.get_session_options()
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_where_onnxruntime_has_no_accelerator_that_is_told(written, caplog):
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    with caplog.at_level("WARNING", "vtcore"):
        OnnxNetwork(Path(written()), device="cpu")
        assert not caplog.messages
        OnnxNetwork(Path(written()), device="cuda")
    (message,) = caplog.messages
    assert message.endswith("mean.onnx: runs on the processor: this onnxruntime has no CUDAExecutionProvider")


def test_an_error_is_told_once(saved, capfd):
    crops = ("n", 3, 24, 12)
    with pytest.raises(CheckpointError, match="does not run on 2 crops"):
        OnnxReId(saved("Reshape", crops, ("n", 864), constant=[1, 864]))
    assert capfd.readouterr().err == ""


def test_without_weights():
    with pytest.raises(CheckpointError, match=r'^no weights are given; write weights = "file or address"$'):
        OnnxReId()


def test_hash(written):
    path = written()
    right = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    OnnxReId(path, right[:12])
    with pytest.raises(CheckpointError, match=f"has the sha256 {right[:8]}, not 00000000: it is another file"):
        OnnxReId(path, "0" * 8)


def test_without_onnxruntime(monkeypatch, tmp_path):
    (tmp_path / "any.onnx").write_bytes(b"any")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingPackageError, match=r"need onnxruntime: pip install 'vtrack-plugin-reid\[onnx\]'"):
        OnnxReId(str(tmp_path / "any.onnx"))
    monkeypatch.setattr("vtrack_plugin_reid.config.find_spec", lambda name: None)
    (problem,) = OnnxReIdConfig(weights=str(tmp_path / "any.onnx")).check()
    assert problem == "needs onnxruntime: pip install 'vtrack-plugin-reid[onnx]'"
