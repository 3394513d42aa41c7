"""Writes the averaged weights as ONNX files for the gate: half precision on disk, single precision when computed.

python -m training.export --work .training --into drivers/camera/weights
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from drivers.camera.reader_input import HEIGHT_PX, WIDTH_PX
from training.chunks import COLORS, SCENE_PX
from training.detector_net import STRIDE, DetectorNet
from training.reader_net import CHARS, ReaderNet

OPSET = 17
LEAST_VALUES = 256
"""Smaller tensors stay in single precision: nothing is saved by them."""


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model with its large weights as float16 behind a cast, which ONNX Runtime does once, at loading."""
    graph = model.graph
    kept, casts = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < LEAST_VALUES:
            kept.append(tensor)
            continue
        kept.append(numpy_helper.from_array(values.astype(np.float16), tensor.name + "_half"))
        casts.append(helper.make_node("Cast", [tensor.name + "_half"], [tensor.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def write(
    net: nn.Module, example: torch.Tensor, outputs: list[str], axes: dict[int, str], notes: dict[str, str], file: Path
) -> None:
    """One network as one file; `notes` go into the model's metadata."""
    file.parent.mkdir(parents=True, exist_ok=True)
    names = {"x": axes, **{name: {0: "n"} for name in outputs}}
    torch.onnx.export(
        net.eval(), (example,), str(file), input_names=["x"], output_names=outputs, opset_version=OPSET,
        dynamic_axes=names, dynamo=False,
    )  # fmt: skip
    model = halved(onnx.load(str(file)))
    helper.set_model_props(model, notes)
    onnx.save(model, str(file))
    print(f"{file}: {file.stat().st_size} bytes")


def mean(*files: Path) -> dict[str, torch.Tensor]:
    """The middle of the weights of several runs; files that are not there are left out.

    The detector's second run finds steep plates that the first one misses, and places corners less well; the mean of
    both does both. It works because the second began where the first ended.
    """
    states = [torch.load(file, map_location="cpu")["average"] for file in files if file.exists()]
    return {
        name: sum(state[name] for state in states) / len(states) if value.dtype.is_floating_point else value
        for name, value in states[0].items()
    }


def main() -> None:
    """Both networks, or the one that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(".training"))
    parser.add_argument("--into", type=Path, default=Path("drivers/camera/weights"))
    given = parser.parse_args()
    reader, detector = given.work / "reader.pt", given.work / "detector.pt"
    if reader.exists():
        net = ReaderNet()
        net.load_state_dict(torch.load(reader, map_location="cpu")["average"])
        notes = {"characters": CHARS, "colors": json.dumps(COLORS)}
        write(
            net, torch.zeros(1, 3, HEIGHT_PX, WIDTH_PX), ["chars", "color"], {0: "n"}, notes, given.into / "reader.onnx"
        )
    if detector.exists():
        finder = DetectorNet()
        finder.load_state_dict(mean(given.work / "detector-1.pt", detector))
        write(finder, torch.zeros(1, 3, SCENE_PX, SCENE_PX), ["map"], {0: "n", 2: "h", 3: "w"},
              {"stride": str(STRIDE)}, given.into / "detector.onnx")  # fmt: skip


if __name__ == "__main__":
    main()
