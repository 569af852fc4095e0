"""Makes test/fixtures/gradient: gradients of whole models and AdamW steps as PyTorch computes them, in float64.

    pip install torch==2.15.0 transformers==5.23.0 safetensors==0.8.0
    python tools/make_gradient_goldens.py CHECKPOINTS

CHECKPOINTS has the folders gpt2, neox and llama (config.json, model.safetensors, tokens.json). The loss is the mean of
-log p(target) over all positions; the target is the next token of the row, the first one at its end. Of every tensor's
gradient its norm, some entries and some projections are kept: enough to tell it from another, small enough to ship.
"""

import argparse
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

FOLDER = Path(__file__).parent.parent / "test" / "fixtures" / "gradient"
ENTRIES, PROJECTIONS, TURN = 24, 4, 0.7548776662466927


def digest(tensor: torch.Tensor) -> dict:
    """The norm, entries evenly apart, and projections on cos(TURN * (k + 1) * (i + 1))."""
    flat = tensor.detach().double().flatten()
    count = min(ENTRIES, flat.numel())
    at = [index * (flat.numel() - 1) // max(1, count - 1) for index in range(count)]
    place = torch.arange(1, flat.numel() + 1, dtype=torch.float64)
    rounded = lambda values: [float(f"{value:.9g}") for value in values]
    return {
        "norm": rounded([flat.norm().item()])[0],
        "entries": rounded(flat[at].tolist()),
        "projections": rounded((flat @ torch.cos(TURN * (k + 1) * place)).item() for k in range(PROJECTIONS)),
    }


def loss_of(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.flatten(0, 1), tokens.roll(-1, 1).flatten())


def whole_model(folder: Path) -> dict:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
    tokens = torch.tensor(json.loads((folder / "tokens.json").read_text())["tokens"])
    loss = loss_of(model(tokens, use_cache=False).logits, tokens)
    loss.backward()
    stored = load_file(folder / "model.safetensors").keys()
    in_file = lambda name: name if name in stored else name.replace("lm_head", "embed_out")  # GPT-NeoX's old name
    return {
        "loss": loss.item(),
        "gradients": {in_file(name): digest(weight.grad) for name, weight in model.named_parameters()},
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoints", type=Path)
    folder = parser.parse_args().checkpoints
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("gpt2", "neox", "llama"):
        (FOLDER / f"{name}.json").write_text(json.dumps(whole_model(folder / name)))


if __name__ == "__main__":
    main()
