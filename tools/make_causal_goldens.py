"""Makes test/fixtures/causal: patches, paths and ablations as PyTorch and transformers compute them, in float64.

    pip install torch==2.15.0 transformers==5.24.0
    python tools/make_causal_goldens.py CHECKPOINTS

CHECKPOINTS has the folders llama, mistral, qwen2 and qwen3 (config.json, model.safetensors): rotary positions, RMS norm,
grouped keys. Rows are [r, r], corrupted ones [other, r], without BOS. The metric is the mean log-probability of tokens
2 ... S of the second copy. A patch runs the corrupted rows with one clean value; a path runs the clean rows with what a
head writes in the corrupted run in the stream that one query head's queries, keys or values are read from, the norm
recomputed, keys and values of the other query heads of its group unchanged; an ablation runs the clean rows with a head's
output zero or its mean by position over the corrupted rows.
"""

import argparse
import json
from contextlib import ExitStack
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

FOLDER = Path(__file__).parent.parent / "test" / "fixtures" / "causal"
ROWS, PERIOD = 4, 6


class Runner:
    def __init__(self, folder: Path, rows: dict):
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
        self.layers = self.model.model.layers
        config = self.model.config
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.width = self.layers[0].self_attn.head_dim
        self.rows = {name: torch.tensor(ids) for name, ids in rows.items()}

    def run(self, which: str, changes=()) -> tuple[torch.Tensor, dict]:
        """Logits, and values by (layer, hook); `changes` are (layer, hook, value -> value)."""
        values = {}
        with ExitStack() as stack:
            for at, layer in enumerate(self.layers):
                wanted = {hook: change for l, hook, change in changes if l == at}

                def seen(hook, value, at=at, wanted=wanted):
                    value = wanted[hook](value.clone()) if hook in wanted else value
                    values[at, hook] = value
                    return value

                attention = layer.self_attn
                add = lambda handle: stack.callback(handle.remove)
                add(layer.register_forward_pre_hook(lambda _, x, seen=seen: (seen("resid-pre", x[0]), *x[1:])))
                for hook, module in (("q", attention.q_proj), ("k", attention.k_proj), ("v", attention.v_proj), ("mlp-out", layer.mlp)):
                    add(module.register_forward_hook(lambda _, __, y, hook=hook, seen=seen: seen(hook, y)))
                add(attention.o_proj.register_forward_pre_hook(lambda _, x, seen=seen: (seen("z", x[0]),)))
                add(attention.register_forward_hook(lambda _, __, y, seen=seen: (seen("attn-out", y[0]), *y[1:])))
            with torch.no_grad():
                return self.model(self.rows[which], use_cache=False).logits, values

    def token_log_probabilities(self, logits: torch.Tensor) -> torch.Tensor:
        rows = self.rows["clean"]
        return logits.log_softmax(-1)[:, :-1].gather(-1, rows[:, 1:, None])[..., 0]

    def metric(self, logits: torch.Tensor) -> float:
        return self.token_log_probabilities(logits)[:, PERIOD : 2 * PERIOD - 1].mean().item()

    def losses(self, logits: torch.Tensor) -> list[float]:
        all_ = -self.token_log_probabilities(logits)
        return [all_[:, : PERIOD - 1].mean().item(), all_[:, PERIOD : 2 * PERIOD - 1].mean().item()]

    def part(self, head: int) -> slice:
        return slice(head * self.width, (head + 1) * self.width)


def put(part, source):
    def change(value):
        value[part] = source[part]
        return value

    return change


def patches(r: Runner, clean: dict) -> dict:
    def each(hook, heads):
        return [
            [
                r.metric(r.run("corrupted", [(l, hook, put((..., r.part(h)), clean[l, hook]))])[0])
                for h in range(heads)
            ]
            for l in range(len(r.layers))
        ]

    def whole(hook):
        return [r.metric(r.run("corrupted", [(l, hook, put((...,), clean[l, hook]))])[0]) for l in range(len(r.layers))]

    def by_position(hook):
        return [
            [r.metric(r.run("corrupted", [(l, hook, put((slice(None), p), clean[l, hook]))])[0]) for p in range(2 * PERIOD)]
            for l in range(len(r.layers))
        ]

    return {
        "head-out": each("z", r.heads),
        "head-q": each("q", r.heads),
        "head-k": each("k", r.kv_heads),
        "head-v": each("v", r.kv_heads),
        "resid-pre": whole("resid-pre"),
        "attn-out": whole("attn-out"),
        "mlp-out": whole("mlp-out"),
        "resid-pre by position": by_position("resid-pre"),
    }


def paths(r: Runner, clean: dict, corrupted: dict) -> dict:
    """Into the last query head of the last layer, from every earlier head."""
    to, head = len(r.layers) - 1, r.heads - 1
    layer, result = r.layers[to], {}
    for route in "qkv":
        project = getattr(layer.self_attn, f"{route}_proj")
        result[route] = {}
        for l in range(to):
            for h in range(r.heads):
                part = (..., r.part(h))
                weight = r.layers[l].self_attn.o_proj.weight[:, r.part(h)]
                stream = clean[to, "resid-pre"] + (corrupted[l, "z"][part] - clean[l, "z"][part]) @ weight.T
                with torch.no_grad():
                    read = project(layer.input_layernorm(stream))
                mixed = r.run("clean", [(to, route, lambda _, read=read: read)])[1][to, "z"]
                value = r.metric(r.run("clean", [(to, "z", put((..., r.part(head)), mixed))])[0])
                result[route][f"{l}.{h}"] = value
    return {"into": f"{to}.{head}", "values": result}


def ablations(r: Runner, corrupted: dict) -> dict:
    def each(source):
        return [
            [r.losses(r.run("clean", [(l, "z", put((..., r.part(h)), source(l)))])[0]) for h in range(r.heads)]
            for l in range(len(r.layers))
        ]

    return {
        "zero": each(lambda l: torch.zeros_like(corrupted[l, "z"])),
        "mean": each(lambda l: corrupted[l, "z"].mean(0, keepdim=True).expand_as(corrupted[l, "z"])),
    }


def rounded(value):
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", type=Path)
    checkpoints = parser.parse_args().checkpoints
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("llama", "mistral", "qwen2", "qwen3"):
        vocabulary = json.loads((checkpoints / name / "config.json").read_text())["vocab_size"]
        draw = torch.Generator().manual_seed(6)
        block = lambda: torch.stack([torch.randperm(vocabulary, generator=draw)[:PERIOD] for _ in range(ROWS)])
        first, other = block(), block()
        rows = {"clean": torch.cat([first, first], 1).tolist(), "corrupted": torch.cat([other, first], 1).tolist()}
        r = Runner(checkpoints / name, rows)
        (logits, clean), (other_logits, corrupted) = r.run("clean"), r.run("corrupted")
        made = {
            **rows,
            "period": PERIOD,
            "bos": False,
            "metric": {"clean": r.metric(logits), "corrupted": r.metric(other_logits)},
            "loss": r.losses(logits),
            "patch": patches(r, clean),
            "path": paths(r, clean, corrupted),
            "ablate": ablations(r, corrupted),
        }
        (FOLDER / f"{name}.json").write_text(json.dumps(rounded(made)) + "\n")


main()
