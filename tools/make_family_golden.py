"""A tiny random checkpoint of a family, and what PyTorch computes on it: the golden of a family that test/models/parity.test.ts runs.

usage: make_family_golden.py OUT_DIR MODEL_TYPE [KEY=JSON ...] (null: without the key)     e.g. test/fixtures/families/helium helium head_dim=8
Needs: torch, transformers, safetensors. Every weight is random, gains and biases too, so that nothing is hidden by a one or a zero.
Values have TransformerLens' hook names: logits, blocks.L.hook_resid_pre, attn.hook_pattern, attn.hook_z, hook_attn_out, hook_mlp_out.
"""
import json, pathlib, sys
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

COMMON = dict(num_hidden_layers=2, hidden_size=16, num_attention_heads=4, num_key_value_heads=2, intermediate_size=20, vocab_size=29,
              max_position_embeddings=32, bos_token_id=1, eos_token_id=2, pad_token_id=0)
SCANS = dict(num_hidden_layers=2, hidden_size=16, vocab_size=29, bos_token_id=1, eos_token_id=2, pad_token_id=0)
FIRST_GPT = {**SCANS, "num_attention_heads": 4, "n_positions": 32}
BATCH, LENGTH = 2, 12


def part(module, *names):
    """The first of these parts that a module has: families differ in what they call them."""
    return next(getattr(module, name) for name in names if hasattr(module, name))


def main(out, model_type, *options):
    torch.manual_seed(0)
    common = SCANS if model_type in ("mamba", "mamba2", "falcon_mamba") else FIRST_GPT if model_type == "openai-gpt" else COMMON
    fields = {**common, **{key: json.loads(value) for key, value in (option.split("=", 1) for option in options)}}
    fields = {key: value for key, value in fields.items() if value is not None}
    config = AutoConfig.for_model(model_type, **fields)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            gain = "norm" in name.lower()
            weight.copy_(torch.randn_like(weight) * (0.1 if gain else 0.3) + (1.0 if gain and name.endswith("weight") else 0.0))
        for name, buffer in model.named_buffers():
            if name.endswith("e_score_correction_bias"):
                buffer.copy_(torch.randn_like(buffer) * 0.1)
            if name.endswith(("act_fn.beta", "act_fn.eps")):
                buffer.fill_(0.7 if name.endswith("beta") else -0.2)
    tokens = torch.randint(3, config.vocab_size, (BATCH, LENGTH))
    kept = {}

    def keep(name, value):
        kept[name] = value.detach().float().clone()

    layers = part(part(model, "backbone", "model", "transformer"), "layers", "h")
    for layer, block in enumerate(layers):
        at = f"blocks.{layer}"
        first = lambda out: out[0] if isinstance(out, (tuple, list)) else out
        block.register_forward_pre_hook(lambda _, args, kwargs, at=at: keep(f"{at}.hook_resid_pre", args[0] if args else kwargs["hidden_states"]), with_kwargs=True)
        mixer = getattr(block, "mixer", getattr(block, "mamba", None))
        if mixer is not None:
            mixer.register_forward_hook(lambda _, args, out, at=at: keep(f"{at}.hook_attn_out", first(out)))
        if hasattr(block, "mixer"):
            continue
        if getattr(block, "block_sparse_moe", None) is None and hasattr(block, "shared_mlp"):
            block.shared_mlp.register_forward_hook(lambda _, args, out, at=at: keep(f"{at}.hook_mlp_out", out))
        if mixer is not None:  # of a hybrid, whose other layers have attention
            if hasattr(block, "feed_forward"):
                block.feed_forward.register_forward_hook(lambda _, args, out, at=at: keep(f"{at}.hook_mlp_out", first(out).reshape(BATCH, LENGTH, -1)))
            continue
        attention = part(block, "self_attn", "attn")
        attention.register_forward_hook(lambda _, args, out, at=at: keep(f"{at}.hook_attn_out", first(out)))
        part(attention, "o_proj", "dense", "c_proj").register_forward_pre_hook(
            lambda _, args, at=at: keep(f"{at}.attn.hook_z", args[0].reshape(BATCH, LENGTH, config.num_attention_heads, -1)))
        if hasattr(block, "shared_mlp"):
            continue  # what the MLP writes is the sum of two modules
        mlp = part(block, "mlp", "block_sparse_moe", "feed_forward")
        mlp.register_forward_hook(lambda _, args, out, at=at: keep(f"{at}.hook_mlp_out", first(out).reshape(BATCH, LENGTH, -1)))
    with torch.no_grad():
        result = model(tokens, use_cache=False, **({} if hasattr(model, "backbone") else {"output_attentions": True}))
    keep("logits", result.logits)
    with_attention = [layer for layer, block in enumerate(layers) if getattr(block, "mamba", None) is None]
    patterns = getattr(result, "attentions", None) or []
    for layer, pattern in zip(with_attention, patterns) if len(patterns) == len(with_attention) else enumerate(patterns):
        if pattern is not None:
            keep(f"blocks.{layer}.attn.hook_pattern", pattern)
    folder = pathlib.Path(out)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "tokens.json").write_text(json.dumps({"tokens": tokens.tolist()}))
    save_file({name: value.contiguous() for name, value in kept.items()}, folder / "expected.safetensors")


if __name__ == "__main__":
    main(*sys.argv[1:])
