"""The weights that come with songnet: what listeners have in common."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from songnet import model_file
from songnet.errors import BrokenModel, OtherEvidence
from songnet.evidence.definition import EVIDENCE_VERSION, FIRST_VERSION
from songnet.models.gate_net import GateConfig, GateNet, Scale

NAME = "start.safetensors"
VERSION = "evidence_version"


SHIPPED = "shipped"
SIZED = ("read.weight", "lstm.weight_hh_l0", "of_evidence.weight", "narrow.weight")
"""What tells the sizes of a network."""


def load(name: str = SHIPPED) -> GateNet:
    """A network to start from.

    Args:
        name: `SHIPPED`, or the path of a file that `save` wrote.

    Raises:
        BrokenModel: the file holds no such network.
        OtherEvidence: it has learned from evidence that is gathered no more.
        OSError: the file cannot be read.
    """
    path = files("songnet.models") / NAME if name == SHIPPED else Path(name)
    data = path.read_bytes()
    try:
        version = int(model_file.metadata_of(data).get(VERSION, FIRST_VERSION))
        if version != EVIDENCE_VERSION:
            raise OtherEvidence(path.name, version, EVIDENCE_VERSION)
        return net_of(load_tensors(data))
    except (SafetensorError, KeyError, ValueError, IndexError, msgspec.MsgspecError) as error:
        raise BrokenModel(path.name, "no start for the songnet model") from error


def save(net: GateNet, path: Path) -> None:
    """Writes the weights of a network, whole or not at all."""
    tensors = {name: value.contiguous() for name, value in net.state_dict().items()}
    model_file.write(path, save_tensors(tensors, {VERSION: str(EVIDENCE_VERSION)}))


def net_of(weights: dict[str, Tensor]) -> GateNet:
    """The network with such weights; its sizes are theirs.

    Raises:
        KeyError, ValueError: no network has such weights.
    """
    if any(weights[name].dim() != 2 for name in SIZED):  # noqa: PLR2004 - matrices
        raise ValueError("the weights are no matrices")
    config = GateConfig(
        inputs=weights["read.weight"].shape[0],
        state=weights["lstm.weight_hh_l0"].shape[1],
        hidden=weights["of_evidence.weight"].shape[0],
        narrow=weights["narrow.weight"].shape[0],
    )
    nothing = Scale.nothing()  # not on 'meta' too: stacking there would load torch's compiler
    with torch.device("meta"):  # the weights it would begin with are never seen
        net = GateNet(config, nothing)
    try:
        net.load_state_dict({name: value.float() for name, value in weights.items()}, assign=True)
    except RuntimeError as error:
        raise ValueError("the weights do not fit the network") from error
    return net.eval()
