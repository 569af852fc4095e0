"""Rotary frequencies and attention factors as transformers computes them: test/fixtures/rope/vectors.json, which test/models/rope.test.ts reads.

usage: make_rope_vectors.py OUT.json [RANDOM_CASES]
Needs: torch, transformers 5.24. Each case is the config.json a user may have, the sizes, and for each type of layer and length of
a run the inverse frequencies and the factor of cos and sin that the model's own rotary module has after it was asked for that run.
"""
import copy, importlib, json, random, sys
import torch, transformers

FULL, SLIDING = "full_attention", "sliding_attention"
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
LONG = {"short_factor": [1.0, 1.1, 1.2, 1.3], "long_factor": [1.5, 2.0, 3.0, 4.0]}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}

# model type, keys of config.json beside sizes
CASES = [
    ("llama", {}),
    ("llama", {"rope_theta": 500000.0}),
    ("llama", {"rope_theta": 20000.0, "rope_scaling": None}),
    ("llama", {"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}}),
    ("llama", {"rope_scaling": {"type": "linear", "factor": 4.0}}),
    ("llama", {"rope_parameters": {"rope_type": "linear", "factor": 2.5, "rope_theta": 5000.0}}),
    ("llama", {"rope_scaling": {"type": "dynamic", "factor": 2.0}}),
    ("llama", {"rope_parameters": {"rope_type": "dynamic", "factor": 8.0, "rope_theta": 1e6}}),
    ("llama", {"rope_parameters": {**LLAMA3, "rope_theta": 500000.0}}),
    ("llama", {"rope_theta": 500000.0, "rope_scaling": LLAMA3}),
    ("llama", {"rope_theta": 10000.0, "rope_scaling": {**LLAMA3, "original_max_position_embeddings": 8}}),
    ("llama", {"rope_parameters": YARN}),
    ("llama", {"rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "finetuned": True}}),
    ("llama", {"rope_parameters": {**YARN, "attention_factor": 0.8}}),
    ("llama", {"rope_parameters": {**YARN, "mscale": 0.707, "mscale_all_dim": 1.0}}),
    ("llama", {"rope_parameters": {**YARN, "mscale": 0.707}}),
    ("llama", {"rope_parameters": {**YARN, "mscale": 1.0, "mscale_all_dim": 0.0}}),
    ("llama", {"rope_parameters": {**YARN, "factor": 1.0, "mscale": 0.5, "mscale_all_dim": 2.0}}),
    ("llama", {"rope_parameters": {**YARN, "beta_fast": 4, "beta_slow": 0.5}}),
    ("llama", {"rope_parameters": {**YARN, "beta_fast": 0, "beta_slow": None}}),
    ("llama", {"rope_parameters": {**YARN, "truncate": False}}),
    ("llama", {"rope_parameters": {**YARN, "truncate": False, "beta_fast": 1, "beta_slow": 1, "rope_theta": 150000.0}}),
    ("llama", {"rope_parameters": {"rope_type": "yarn", "factor": 4.0}}),
    ("llama", {"rope_parameters": {"rope_type": "yarn", "factor": None, "original_max_position_embeddings": 16}}),
    ("llama", {"rope_parameters": YARN, "original_max_position_embeddings": 32}),
    ("llama", {"rope_parameters": {"rope_type": "proportional", "partial_rotary_factor": 0.25, "rope_theta": 1e6}}),
    ("llama", {"rope_parameters": {"rope_type": "proportional", "partial_rotary_factor": 0.7, "rope_theta": 1e6, "factor": 8.0}}),
    ("llama", {"rope_parameters": {"rope_type": "proportional", "rope_theta": 1e4}}),
    ("llama", {"rope_parameters": {"rope_type": "longrope", "original_max_position_embeddings": 16, **LONG}}),
    ("llama", {"rope_parameters": {"rope_type": "longrope", "original_max_position_embeddings": 16, "factor": 3.0, **LONG}}),
    ("llama", {"rope_parameters": {"rope_type": "longrope", "original_max_position_embeddings": 16, "attention_factor": 1.25, **LONG}}),
    ("llama", {"rope_parameters": {"rope_type": "longrope", "original_max_position_embeddings": 128, **LONG}}),
    ("phi3", {"rope_scaling": {"type": "yarn", **LONG}, "original_max_position_embeddings": 16}),
    ("phi3", {"rope_scaling": {"type": "longrope", **LONG}, "original_max_position_embeddings": 16, "rope_theta": 2e4}),
    ("phi3", {"rope_scaling": {"type": "longrope", "short_factor": [1.0, 2.0, 3.0], "long_factor": [4.0, 5.0, 6.0]},
              "original_max_position_embeddings": 16, "partial_rotary_factor": 0.75}),
    ("phi", {"partial_rotary_factor": 0.5, "rope_theta": 10000.0}),
    ("phi", {"partial_rotary_factor": 0.5, "rope_scaling": {"type": "dynamic", "factor": 2.0}}),
    ("stablelm", {"partial_rotary_factor": 0.25, "head_dim": 16}),
    ("gpt_neox", {"rotary_pct": 0.5, "rotary_emb_base": 5000}),
    # odd parts: one entry more is turned
    *[("glm", {"head_dim": size, "partial_rotary_factor": 0.5, "rope_parameters": {"rope_theta": 1000.0, **parameters}})
      for size, parameters in [
          (2, {"rope_type": "default"}), (10, {"rope_type": "linear", "factor": 2.0}), (6, {"rope_type": "dynamic", "factor": 2.0}),
          (14, {"rope_type": "dynamic", "factor": 4.0}), (6, YARN), (6, {**YARN, "beta_fast": 1, "truncate": False}),
          (10, LLAMA3), (6, {"rope_type": "longrope", "original_max_position_embeddings": 16, "short_factor": [1.5], "long_factor": [3.0]}),
          (10, {"rope_type": "longrope", "original_max_position_embeddings": 16, "short_factor": [1.0, 1.1, 1.2], "long_factor": [1.5, 2.0, 3.0]}),
      ]],
    ("gemma3_text", {}),
    ("gemma3_text", {"rope_theta": 1e6, "rope_local_base_freq": 2e4, "rope_scaling": {"rope_type": "linear", "factor": 8.0}}),
    ("gemma3_text", {"rope_parameters": {FULL: {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6}, SLIDING: {"rope_type": "default", "rope_theta": 1e4}}}),
    ("gemma3_text", {"rope_parameters": {FULL: {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}, SLIDING: None}}),
    ("gemma3_text", {"rope_parameters": {FULL: {"type": "yarn", "factor": 4.0}}}),
    ("gemma3_text", {"rope_parameters": {FULL: {"rope_type": "longrope", "original_max_position_embeddings": 16, **LONG}, SLIDING: {"rope_type": "linear", "factor": 2.0}}}),
    ("gemma3_text", {"rope_parameters": {FULL: {"rope_type": "proportional", "partial_rotary_factor": 0.5, "rope_theta": 1e6}, SLIDING: {"rope_type": "default", "rope_theta": 1e4}}}),
    ("olmo3", {"rope_theta": 700000.0, "rope_scaling": {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 8, "beta_fast": 32, "beta_slow": 1}}),
    ("olmo3", {"rope_parameters": {FULL: {**YARN, "rope_theta": 5e5, "attention_factor": 1.2}, SLIDING: {"rope_type": "default", "rope_theta": 5e5}}}),
]

LENGTHS = [1, 8, 16, 17, 64, 65, 100, 256]
SIZES = dict(hidden_size=32, num_attention_heads=4, head_dim=8, max_position_embeddings=64)
DEFAULTS = {"glm": {"theta": 10000.0, "part": 0.5}, "phi": {"theta": 10000.0, "part": 0.5}, "stablelm": {"theta": 10000.0, "part": 0.25}, "gpt_neox": {"theta": 10000.0, "part": 0.25}}
LAYERS = {"gemma3_text": (1e6, 1e4), "olmo3": (5e5, 5e5)}


def rotary(model_type, config):
    name = {"gemma3_text": "gemma3"}.get(model_type, model_type)
    module = importlib.import_module(f"transformers.models.{name}.modeling_{name}")
    found = next(v for k, v in vars(module).items() if k.endswith("RotaryEmbedding") and v.__module__ == module.__name__)
    return found(config)


def expected(model_type, keys):
    fields = copy.deepcopy({**SIZES, **({"layer_types": [FULL, SLIDING], "num_hidden_layers": 2} if model_type in LAYERS else {}), **keys})
    if model_type in ("phi", "gpt_neox"):
        fields.pop("head_dim", None)
    config = transformers.AutoConfig.for_model(model_type, **fields)
    runs = []
    for length in LENGTHS:
        for kind in [FULL, SLIDING] if model_type in LAYERS else [None]:
            module = rotary(model_type, config)  # a new one: a run does not depend on the runs before it
            args = () if kind is None else (kind,)
            module(torch.zeros(1, length, 8), torch.arange(length)[None], *args)
            prefix = "" if kind is None else f"{kind}_"
            runs.append({"length": length, **({"layer": kind} if kind else {}),
                         "frequencies": [float(f"{value:.9g}") for value in getattr(module, f"{prefix}inv_freq").tolist()],
                         "factor": float(getattr(module, f"{prefix}attention_scaling"))})
    return runs


def drawn(rng):
    """A configuration nobody would write, but a file may have."""
    number = lambda low, high: round(rng.uniform(low, high), 3)
    some = lambda **keys: {key: value for key, value in keys.items() if rng.random() < 0.5}
    theta = {"rope_theta": rng.choice([100.0, 5000.0, 1e4, 5e5, 1e6, 1e8])}
    original = {"original_max_position_embeddings": rng.choice([4, 8, 16, 32, 64, 200])}
    kind = rng.choice(["linear", "dynamic", "yarn", "yarn", "yarn", "longrope", "llama3", "proportional"])
    more = {
        "linear": lambda: {"factor": number(1, 40)},
        "dynamic": lambda: {"factor": number(1, 40)},
        "yarn": lambda: {"factor": number(1, 40), **some(**original), **some(attention_factor=number(0, 2), beta_fast=number(0.1, 64), beta_slow=number(0.01, 4),
                         mscale=number(0, 2), mscale_all_dim=number(0, 2), truncate=False)},
        "longrope": lambda: {**original, **some(factor=number(1, 40), attention_factor=number(0.1, 2)),
                             "short_factor": [number(1, 3) for _ in range(4)], "long_factor": [number(1, 60) for _ in range(4)]},
        "llama3": lambda: {"factor": number(1, 40), "low_freq_factor": number(0.1, 2), "high_freq_factor": number(2.1, 9), **original},
        "proportional": lambda: some(factor=number(1, 9), partial_rotary_factor=number(0, 1)),
    }[kind]()
    inner = {("type" if rng.random() < 0.3 else "rope_type"): kind, **more}
    if rng.random() < 0.3:
        return "gemma3_text", {"rope_parameters": {FULL: {k: v for k, v in {**inner, **theta}.items() if k != "truncate"}, SLIDING: {"rope_type": "default", "rope_theta": 1e4}}}
    return "llama", ({"rope_scaling": inner, **theta} if rng.random() < 0.5 else {"rope_parameters": {**inner, **theta}})


def main(out, count="0"):
    rng = random.Random(0)
    transformers.logging.set_verbosity_error()
    cases = []
    for model_type, keys in CASES + [drawn(rng) for _ in range(int(count))]:
        defaults = DEFAULTS.get(model_type, {"theta": 10000.0, "part": 1.0})
        case = {"model_type": model_type, "config": keys, "headSize": keys.get("head_dim", 8), "defaults": defaults}
        if model_type in LAYERS:
            case["thetas"] = dict(zip([FULL, SLIDING], LAYERS[model_type]))
        cases.append({**case, "runs": expected(model_type, keys)})
    made = {"made": f"tools/make_rope_vectors.py, transformers {transformers.__version__}, torch {torch.__version__}",
            "max_position_embeddings": 64}
    lines = ",\n".join(json.dumps(case) for case in cases)
    with open(out, "w") as file:
        file.write(json.dumps(made)[:-1] + ', "cases": [\n' + lines + "\n]}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
