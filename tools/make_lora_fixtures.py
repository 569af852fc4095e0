"""Make small bases with LoRA adapters, and what peft merges them to: test/fixtures/lora.

usage: make_lora_fixtures.py OUT
Needs: torch, transformers 5.24, peft 0.21.
"""
import pathlib, shutil, sys, tempfile
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

out = pathlib.Path(sys.argv[1])
shutil.rmtree(out, ignore_errors=True)


def llama():
    return LlamaForCausalLM(LlamaConfig(hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, vocab_size=12, max_position_embeddings=16, tie_word_embeddings=False))


def gpt2():
    return GPT2LMHeadModel(GPT2Config(n_embd=8, n_layer=2, n_head=2, vocab_size=12, n_positions=16, n_inner=8, bos_token_id=1, eos_token_id=1))


CASES = {
    "plain": ("llama", llama, dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"])),
    "patterns": ("llama", llama, dict(r=4, lora_alpha=6, use_rslora=True, target_modules=["q_proj", "k_proj", "down_proj"], rank_pattern={"q_proj": 2, r"layers\.1\.mlp\.down_proj": 3}, alpha_pattern={"k_proj": 5, r"^model\.layers\.0\.mlp\.down_proj": 9})),
    "dora": ("llama", llama, dict(r=2, lora_alpha=4, use_dora=True, target_modules=["o_proj", "gate_proj"])),
    "saved": ("llama", llama, dict(r=2, lora_alpha=2, target_modules=r".*\.(up_proj|o_proj)", modules_to_save=["lm_head"])),
    "embedding": ("llama", llama, dict(r=2, lora_alpha=3, target_modules=["embed_tokens", "v_proj"])),
    "conv1d": ("gpt2", gpt2, dict(r=3, lora_alpha=6, fan_in_fan_out=True, target_modules=["c_attn", "c_proj", "c_fc"], bias="lora_only")),
}
for name, (base, make, settings) in CASES.items():
    torch.manual_seed(1)
    model = make()
    for p in model.parameters(): torch.nn.init.normal_(p, std=0.5)
    if not (out / base).exists():
        model.save_pretrained(out / base)
        (out / base / "generation_config.json").unlink(missing_ok=True)
    tuned = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", base_model_name_or_path=f"org/{base}", **settings))
    torch.manual_seed(2)
    for key, p in tuned.named_parameters():
        if p.requires_grad: torch.nn.init.normal_(p, std=0.5)
    tuned.peft_config["default"].base_model_name_or_path = f"org/{base}"
    with tempfile.TemporaryDirectory() as folder:
        tuned.save_pretrained(folder)
        (out / name).mkdir()
        for file in ("adapter_config.json", "adapter_model.safetensors"): shutil.copy(pathlib.Path(folder) / file, out / name / file)
    merged = tuned.merge_and_unload()
    merged.save_pretrained(out / f"{name}-merged")
    (out / f"{name}-merged" / "generation_config.json").unlink(missing_ok=True)
    print(name, sorted(p.name for p in (out / name).iterdir()))
