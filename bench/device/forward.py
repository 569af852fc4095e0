"""Seconds of the forward passes that bench/device.js compares with, as JSON by name.

usage: python forward.py MODEL_DIR ROWS LENGTH TIMES

On CUDA where there is one, else on the processor (float32 alone). Patterns of all layers are made and reduced to one number for
each head, as the score reduces them; losses are not asked for.
"""

import json
import statistics
import sys
import time

import torch
from transformers import GPT2Config, GPT2LMHeadModel

folder, rows, length, times = sys.argv[1], *map(int, sys.argv[2:])
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(0)
config = GPT2Config.from_pretrained(folder, attn_implementation="eager")
half = torch.randint(config.vocab_size, (rows, length // 2), device=device)
tokens = torch.cat([half, half], 1)
queries = torch.arange(length // 2, length, device=device)
keys = queries - length // 2 + 1


def seconds(run):
    """Median over runs, after one that warms up; the device has finished when the clock stops."""
    taken = []
    for _ in range(times + 1):
        if device == "cuda":
            torch.cuda.synchronize()
        began = time.perf_counter()
        with torch.no_grad():
            run()
        if device == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])


def scores(patterns):
    return [pattern[:, :, queries, keys].mean((0, 2)) for pattern in patterns]


def plain(dtype):
    model = GPT2LMHeadModel.from_pretrained(folder, config=config, dtype=dtype).to(device).eval()
    return seconds(
        lambda: scores(model.transformer(tokens, output_attentions=True).attentions)
    )


found = {f"PyTorch {torch.__version__} float32, {device}": plain(torch.float32)}
if device == "cuda":
    torch.backends.cuda.matmul.allow_tf32 = True
    found["PyTorch TF32"] = plain(torch.float32)
    torch.backends.cuda.matmul.allow_tf32 = False
    found["PyTorch BF16"] = plain(torch.bfloat16)
try:
    from transformer_lens import HookedTransformer
except ImportError:
    pass
else:
    hf = GPT2LMHeadModel.from_pretrained(folder, config=config)
    lens = HookedTransformer.from_pretrained("gpt2", hf_model=hf, device=device)
    names = [f"blocks.{layer}.attn.hook_pattern" for layer in range(config.n_layer)]

    def cached():
        _, cache = lens.run_with_cache(tokens, names_filter=names, return_type=None)
        scores([cache[name] for name in names])

    found["TransformerLens float32"] = seconds(cached)
print(json.dumps(found))
