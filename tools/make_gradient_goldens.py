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


# Small models for training: our own forward passes in TransformerLens' layout, checked against the goldens elsewhere.
TRAINING = {
    "attn-2l": dict(vocabulary=13, contextLength=12, layers=2, heads=2, dModel=16, positions="learned", norm="LN"),
    "attn-1l-short": dict(vocabulary=11, contextLength=10, layers=1, heads=3, dModel=12, positions="shortformer", norm=None),
    "attn-3l-rotary": dict(vocabulary=13, contextLength=12, layers=3, heads=2, dModel=16, positions="rotary", norm="RMS"),
    "gpt-2l": dict(vocabulary=13, contextLength=12, layers=2, heads=2, dModel=16, dMlp=40, activation="gelu_new", positions="learned", norm="LN"),
}
OPTIMISER = dict(learningRate=3e-3, betas=[0.9, 0.99], eps=1e-8, weightDecay=0.1, clip=0.5)
BATCH, CURVE_STEPS = 4, 200


class Draws:
    """A generator that any language has: x -> 1103515245 x + 12345 mod 2^31; draws are its high bits."""

    def __init__(self, seed: int) -> None:
        self.x = seed

    def next(self) -> int:
        self.x = (self.x * 1103515245 + 12345) % 2**31
        return self.x >> 8

    def unit(self) -> float:
        return self.next() / 2**22 - 1


def weight_shapes(c: dict) -> dict:
    """As src/training/freshModel.ts, in the same order."""
    heads, d_model = c["heads"], c["dModel"]
    d_head = d_model // heads
    shapes = {"embed.W_E": (c["vocabulary"], d_model)}
    if c["positions"] != "rotary":
        shapes["pos_embed.W_pos"] = (c["contextLength"], d_model)

    def norm(at: str) -> None:
        if c["norm"]:
            shapes[f"{at}.w"] = (d_model,)
        if c["norm"] == "LN":
            shapes[f"{at}.b"] = (d_model,)

    for layer in range(c["layers"]):
        at = f"blocks.{layer}"
        norm(f"{at}.ln1")
        for which in "QKV":
            shapes[f"{at}.attn.W_{which}"] = (heads, d_model, d_head)
            shapes[f"{at}.attn.b_{which}"] = (heads, d_head)
        shapes[f"{at}.attn.W_O"] = (heads, d_head, d_model)
        shapes[f"{at}.attn.b_O"] = (d_model,)
        if "dMlp" in c:
            norm(f"{at}.ln2")
            shapes[f"{at}.mlp.W_in"] = (d_model, c["dMlp"])
            shapes[f"{at}.mlp.b_in"] = (c["dMlp"],)
            shapes[f"{at}.mlp.W_out"] = (c["dMlp"], d_model)
            shapes[f"{at}.mlp.b_out"] = (d_model,)
    norm("ln_final")
    shapes["unembed.W_U"] = (d_model, c["vocabulary"])
    shapes["unembed.b_U"] = (c["vocabulary"],)
    return shapes


def initial(c: dict, dtype: torch.dtype) -> dict:
    """Every weight 0.4 times a draw, gains 1 more, rounded to float32 on the way."""
    draws = Draws(1)
    made = {}
    for name, shape in weight_shapes(c).items():
        is_gain = name.endswith(".w")
        values = [0.4 * draws.unit() + (1 if is_gain else 0) for _ in range(math.prod(shape))]
        made[name] = torch.tensor(values, dtype=torch.float32).to(dtype).reshape(shape).requires_grad_()
    return made


def batch_of(c: dict, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows whose second half repeats the first; the last token of the vocabulary never comes."""
    draws, length = Draws(1000 + step), c["contextLength"] + 1
    rows = []
    for _ in range(BATCH):
        first = [draws.next() % (c["vocabulary"] - 1) for _ in range(length // 2)]
        rows.append((first * 3)[:length])
    tokens = torch.tensor(rows)
    return tokens[:, :-1], tokens[:, 1:]


def rotate(x: torch.Tensor) -> torch.Tensor:
    """[batch, position, head, d_head]; pairs (i, i + d_head / 2)."""
    half = x.shape[-1] // 2
    frequencies = 10000.0 ** (-torch.arange(half, dtype=x.dtype) / half)
    angles = torch.arange(x.shape[1], dtype=x.dtype)[:, None] * frequencies
    cos, sin = angles.cos()[None, :, None], angles.sin()[None, :, None]
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def logits_of(c: dict, w: dict, tokens: torch.Tensor) -> torch.Tensor:
    length, d_head = tokens.shape[1], c["dModel"] // c["heads"]
    mask = torch.full((length, length), -math.inf, dtype=w["embed.W_E"].dtype).triu(1)

    def norm(at: str, x: torch.Tensor) -> torch.Tensor:
        if c["norm"] == "LN":
            return F.layer_norm(x, x.shape[-1:], w[f"{at}.w"], w[f"{at}.b"], 1e-5)
        return x / (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt() * w[f"{at}.w"] if c["norm"] else x

    x = w["embed.W_E"][tokens]
    place = w["pos_embed.W_pos"][:length] if c["positions"] != "rotary" else None
    if c["positions"] == "learned":
        x = x + place
    for layer in range(c["layers"]):
        at = f"blocks.{layer}"
        v_input = norm(f"{at}.ln1", x)
        placed = v_input + place if c["positions"] == "shortformer" else v_input
        q, k, v = (
            torch.einsum("bpd,hde->bphe", source, w[f"{at}.attn.W_{which}"]) + w[f"{at}.attn.b_{which}"]
            for which, source in zip("QKV", (placed, placed, v_input))
        )
        if c["positions"] == "rotary":
            q, k = rotate(q), rotate(k)
        pattern = (torch.einsum("bqhe,bkhe->bhqk", q, k) / math.sqrt(d_head) + mask).softmax(-1)
        z = torch.einsum("bhqk,bkhe->bqhe", pattern, v)
        x = x + torch.einsum("bphe,hed->bpd", z, w[f"{at}.attn.W_O"]) + w[f"{at}.attn.b_O"]
        if "dMlp" in c:
            inner = norm(f"{at}.ln2", x) @ w[f"{at}.mlp.W_in"] + w[f"{at}.mlp.b_in"]
            x = x + F.gelu(inner, approximate="tanh") @ w[f"{at}.mlp.W_out"] + w[f"{at}.mlp.b_out"]
    return norm("ln_final", x) @ w["unembed.W_U"] + w["unembed.b_U"]


def training(c: dict) -> dict:
    """AdamW in float64: the gradient at the start, the weights after one step and after three, the losses of all."""
    w = initial(c, torch.float64)
    matrices = [weight for name, weight in w.items() if not is_vector(name)]
    others = [weight for name, weight in w.items() if is_vector(name)]
    o = OPTIMISER
    groups = [dict(params=matrices, weight_decay=o["weightDecay"]), dict(params=others, weight_decay=0.0)]
    optimiser = torch.optim.AdamW(groups, lr=o["learningRate"], betas=tuple(o["betas"]), eps=o["eps"])
    losses, norms, kept = [], [], {}
    for step in range(1, CURVE_STEPS + 1):
        tokens, targets = batch_of(c, step)
        loss = F.cross_entropy(logits_of(c, w, tokens).flatten(0, 1), targets.flatten())
        optimiser.zero_grad()
        loss.backward()
        if step == 1:
            kept["gradients"] = {name: digest(weight.grad) for name, weight in w.items()}
        norms.append(float(torch.nn.utils.clip_grad_norm_(w.values(), o["clip"])))
        optimiser.step()
        losses.append(loss.item())
        if step in (1, 3):
            kept[f"after{step}"] = {name: digest(weight) for name, weight in w.items()}
    return {"shape": c, "optimiser": o, "losses": losses, "norms": norms, **kept}


def is_vector(name: str) -> bool:
    """What does not decay: gains and biases, whatever their number of axes."""
    return name.split(".")[-1][0] in "wb"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoints", type=Path)
    folder = parser.parse_args().checkpoints
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("gpt2", "neox", "llama"):
        (FOLDER / f"{name}.json").write_text(json.dumps(whole_model(folder / name)))
    made = {name: training(shape) for name, shape in TRAINING.items()}
    (FOLDER / "training.json").write_text(json.dumps(made))


if __name__ == "__main__":
    main()
