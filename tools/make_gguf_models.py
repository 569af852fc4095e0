"""Makes test/fixtures/gguf/models: a tiny random model of each architecture, as llama.cpp's own converter writes it.

    pip download --no-deps --no-binary :all: llama-cpp-python==0.3.36 && tar xzf llama_cpp_python-0.3.36.tar.gz
    pip install torch==2.15.0 transformers==5.24.0 safetensors==0.8.0 numpy pyyaml tqdm
    python tools/make_gguf_models.py llama_cpp_python-0.3.36/vendor/llama.cpp [NAME ...]

NAME.gguf is what the converter makes of the model (float32, without a tokenizer). NAME.json is what transformers says of
the same model: `config` is its config.json, `tensors` has each tensor's shape and the sum of value x cos(index) over its
values in float64, `tokens` and `logits` are one run. The folder parts beside it has the model llama once more, in three files. The same script gives the same files.
"""

import json
import logging
import math
import os
import sys
import tempfile
from pathlib import Path

LLAMA_CPP = Path(sys.argv[1])
os.environ["NO_LOCAL_GGUF"] = "1"
sys.path[:0] = [str(LLAMA_CPP / "gguf-py"), str(LLAMA_CPP)]

import conversion  # noqa: E402
import gguf  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from conversion.base import ModelBase  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

logging.disable(logging.WARNING)
OUT = Path(__file__).parent.parent / "test/fixtures/gguf/models"
SIZES = dict(
    vocab_size=24, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    intermediate_size=24, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0,
)
TOKENS = [[1, 5, 9, 2, 5, 9, 7, 13, 5, 9, 11, 20]]


def rope(part=None, **more):
    return dict(rope_type="default", rope_theta=10000.0, **({} if part is None else dict(partial_rotary_factor=part)), **more)


YARN = dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=16)
LLAMA3 = dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=16)
LONG = dict(rope_type="longrope", rope_theta=10000.0, original_max_position_embeddings=16, long_factor=[1.5, 3.0],
            short_factor=[1.0, 1.2])
WINDOWS = ["sliding_attention"] * 3 + ["full_attention"]
MOE = dict(num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8)
DEEPSEEK = dict(
    num_key_value_heads=4, kv_lora_rank=8, qk_nope_head_dim=4, qk_rope_head_dim=4, v_head_dim=6, head_dim=4,
    n_routed_experts=4, n_shared_experts=1, num_experts_per_tok=2, first_k_dense_replace=1, moe_intermediate_size=8,
)

T5 = dict(d_model=16, d_kv=4, d_ff=24, num_layers=2, num_heads=4, decoder_start_token_id=0)
ROUTED = dict(head_dim=4, n_routed_experts=4, n_shared_experts=2, num_experts_per_tok=2, moe_intermediate_size=8, n_group=1, topk_group=1,
              routed_scaling_factor=2.5)

# Name: model type of transformers, its settings, and settings that only the converter reads.
MODELS = {
    "llama": ("llama", dict(), {}),
    "llama-biases": ("llama", dict(attention_bias=True, mlp_bias=True, tie_word_embeddings=True, head_dim=6), {}),
    "llama-linear": ("llama", dict(rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=4.0)), {}),
    "llama-llama3": ("llama", dict(rope_parameters=LLAMA3), {}),
    "llama-yarn": ("llama", dict(rope_parameters=YARN), {}),
    "mixtral": ("mixtral", dict(num_local_experts=3, num_experts_per_tok=2), {}),
    "qwen2": ("qwen2", dict(), {}),
    "qwen3": ("qwen3", dict(head_dim=8, tie_word_embeddings=True), {}),
    "qwen2moe": ("qwen2_moe", dict(**MOE, shared_expert_intermediate_size=12, decoder_sparse_step=1), {}),
    "qwen3moe": ("qwen3_moe", dict(**MOE, head_dim=8, norm_topk_prob=True), {}),
    "gemma": ("gemma", dict(head_dim=8, num_key_value_heads=1), {}),
    "gemma2": ("gemma2", dict(head_dim=4, sliding_window=8, query_pre_attn_scalar=4), {}),
    "gemma3": ("gemma3_text", dict(num_hidden_layers=6, head_dim=4, sliding_window=8, query_pre_attn_scalar=4), {}),
    "gemma3-linear": ("gemma3_text", dict(
        num_hidden_layers=6, head_dim=4, sliding_window=8, query_pre_attn_scalar=4,
        rope_parameters=dict(full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1e6), sliding_attention=rope()),
    ), {}),
    "phi2": ("phi", dict(rope_parameters=rope(0.5)), {}),
    "phi3": ("phi3", dict(sliding_window=8), {}),
    "phi3-longrope": ("phi3", dict(rope_parameters=LONG, original_max_position_embeddings=16), {}),
    "gpt2": ("gpt2", dict(n_positions=64), dict(n_ctx=64)),
    "gptneox": ("gpt_neox", dict(rope_parameters=rope(0.5)), dict(rotary_pct=0.5)),
    "falcon": ("falcon", dict(multi_query=True, new_decoder_architecture=False, parallel_attn=True), dict(num_kv_heads=1)),
    "falcon-40b": ("falcon", dict(num_kv_heads=2, new_decoder_architecture=True), {}),
    "bloom": ("bloom", dict(n_head=4), {}),
    "mpt": ("mpt", dict(d_model=16, n_heads=4, n_layers=2, max_seq_len=64), dict(architectures=["MPTForCausalLM"])),
    "stablelm": ("stablelm", dict(use_qkv_bias=True, rope_parameters=rope(0.5)), {}),
    "olmo": ("olmo", dict(clip_qkv=0.3), {}),
    "olmo2": ("olmo2", dict(), {}),
    "olmo3": ("olmo3", dict(num_hidden_layers=4, sliding_window=8, layer_types=WINDOWS), {}),
    "olmoe": ("olmoe", dict(num_experts=3, num_experts_per_tok=2), {}),
    "granite": ("granite", dict(
        attention_multiplier=0.2, embedding_multiplier=3.0, residual_multiplier=0.4, logits_scaling=2.0), {}),
    "granitemoe": ("granitemoe", dict(num_local_experts=4, num_experts_per_tok=2), {}),
    "smollm3": ("smollm3", dict(num_hidden_layers=4), {}),
    "starcoder": ("gpt_bigcode", dict(n_positions=64, n_inner=32), {}),
    "starcoder2": ("starcoder2", dict(), {}),
    "command-r": ("cohere", dict(logit_scale=0.25, use_qk_norm=True), {}),
    "cohere2": ("cohere2", dict(num_hidden_layers=4, sliding_window=8, logit_scale=0.25), dict(rotary_pct=1.0)),
    "gpt-oss": ("gpt_oss", dict(
        head_dim=4, num_local_experts=4, num_experts_per_tok=2, sliding_window=8,
        rope_parameters=dict(**YARN, beta_fast=32.0, beta_slow=1.0, truncate=False)), {}),
    "deepseek2": ("deepseek_v2", dict(**DEEPSEEK, q_lora_rank=None, topk_method="greedy"), {}),
    "deepseek3": ("deepseek_v3", dict(
        **DEEPSEEK, q_lora_rank=12, n_group=2, topk_group=1, routed_scaling_factor=2.5, norm_topk_prob=True), {}),
    "glm4": ("glm4", dict(head_dim=8, attention_bias=True, rope_parameters=rope(0.5)), {}),
    "chatglm": ("glm", dict(head_dim=4, attention_bias=True, rope_parameters=rope(0.5)),
                dict(seq_length=64, layernorm_epsilon=1.5625e-7)),
    "exaone4": ("exaone4", dict(num_hidden_layers=4, sliding_window=8, sliding_window_pattern=4), {}),
    "nemotron": ("nemotron", dict(rope_parameters=rope(0.5)), {}),
    "ernie4_5": ("ernie4_5", dict(head_dim=4), {}),
    "arcee": ("arcee", dict(mlp_bias=True), {}),
    "apertus": ("apertus", dict(rope_parameters=rope()), {}),
    "apertus-llama3": ("apertus", dict(rope_parameters=LLAMA3), {}),
    "llama4": ("llama4_text", dict(
        num_hidden_layers=4, head_dim=4, intermediate_size=8, intermediate_size_mlp=24, num_local_experts=4, interleave_moe_layer_step=2,
        rope_parameters=rope()), {}),
    "llama4-full": ("llama4_text", dict(
        head_dim=4, intermediate_size=8, intermediate_size_mlp=24, num_local_experts=4, rope_parameters=LLAMA3, no_rope_layers=[1, 1],
        layer_types=["full_attention"] * 2), {}),
    "dots1": ("dots1", dict(**ROUTED, first_k_dense_replace=1, norm_topk_prob=True), {}),
    "ernie4_5-moe": ("ernie4_5_moe", dict(
        head_dim=4, moe_num_experts=4, moe_k=2, moe_intermediate_size=8, moe_num_shared_experts=2, moe_layer_start_index=1), {}),
    "glm4moe": ("glm4_moe", dict(**ROUTED, first_k_dense_replace=1, use_qk_norm=True, attention_bias=True, rope_parameters=rope(0.5)), {}),
    "solar-open": ("solar_open", dict(**ROUTED, rope_parameters=rope(1.0)), {}),
    "jais2": ("jais2", dict(head_dim=4), {}),
    "mamba": ("mamba", dict(state_size=4, expand=2, time_step_rank=3), {}),
    "falcon-mamba": ("falcon_mamba", dict(state_size=4, expand=2, time_step_rank=3), {}),
    "mamba2": ("mamba2", dict(state_size=4, expand=2, num_heads=4, head_dim=8, n_groups=2), {}),
    "minimax-m2": ("minimax_m2", dict(head_dim=8, num_local_experts=4, num_experts_per_tok=2, rotary_dim=4, rope_parameters=rope(0.5)),
                   dict(scoring_func="sigmoid")),
    "seed_oss": ("seed_oss", dict(head_dim=8), {}),
    "granitemoeshared": ("granitemoeshared", dict(num_local_experts=4, num_experts_per_tok=2, shared_intermediate_size=12), {}),
    # text models of Qwen-VL, which equal these where there is no image
    "qwen2vl": ("qwen2", dict(), dict(
        architectures=["Qwen2VLForConditionalGeneration"], rope_parameters=rope(mrope_section=[1, 1, 0]))),
    "qwen3vl": ("qwen3", dict(head_dim=8), dict(
        architectures=["Qwen3VLForConditionalGeneration"], rope_parameters=rope(mrope_section=[2, 1, 1]),
        vision_config=dict(deepstack_visual_indexes=[]))),
    "bert": ("bert", dict(), {}),
    "roberta": ("roberta", dict(), {}),
    "modern-bert": ("modernbert", dict(num_hidden_layers=4, local_attention=6, norm_bias=False), {}),
    "t5": ("t5", dict(**T5, num_decoder_layers=1), {}),
    "t5-gated": ("t5", dict(**T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False), {}),
}

# What a run of these gives that is no logits, under our name.
LAST_STREAM = {"bert": "blocks.1.hook_resid_post", "roberta": "blocks.1.hook_resid_post", "modern-bert": "ln_final.hook_normalized"}


def class_of(model_type: str):
    if model_type in ("bert", "roberta", "modernbert"):
        return transformers.AutoModel  # the converter leaves out what predicts masked tokens
    return transformers.AutoModelForSeq2SeqLM if model_type == "t5" else transformers.AutoModelForCausalLM


def made(model_type: str, settings: dict, folder: Path) -> torch.Tensor:
    torch.manual_seed(20262)
    sizes = {key: value for key, value in SIZES.items() if not {"expand", "d_kv"} & settings.keys() or not key.startswith(("num_att", "num_key", "inter", "max"))}
    config = transformers.AutoConfig.for_model(model_type, **{**sizes, **settings})
    model = class_of(model_type).from_config(config, attn_implementation="eager").eval()
    if model_type == "t5" and not config.scale_decoder_outputs:
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.clone())  # as the files of T5 1.1 have it
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)  # norms and biases are not to be ones and zeros
    model.save_pretrained(folder)
    if model_type == "gemma3_text":  # the converter cuts the embeddings to as many rows as there are tokens
        tokens = {str(token): token for token in range(SIZES["vocab_size"])}
        (folder / "tokenizer.json").write_text(json.dumps(dict(model=dict(vocab=tokens), added_tokens=[])))
    with torch.no_grad():
        tokens = torch.tensor(TOKENS)
        run = model(tokens, decoder_input_ids=tokens[:, :5]) if model_type == "t5" else model(tokens)
        return run.last_hidden_state if class_of(model_type) is transformers.AutoModel else run.logits


def converted(folder: Path, hidden: dict, path: Path, **more) -> None:
    settings = {**ModelBase.load_hparams(folder, False), **hidden}
    kind = conversion.get_model_class(settings["architectures"][0])
    kind.set_vocab = lambda self: None
    with torch.inference_mode():
        kind(folder, gguf.LlamaFileType.ALL_F32, path, eager=True, hparams=settings, **more).write()


def fingerprint(tensor: torch.Tensor) -> list:
    values = tensor.double().numpy().flatten()
    return [list(tensor.shape), float(values @ np.cos(np.arange(len(values))))]


def write(name: str) -> None:
    model_type, settings, hidden = MODELS[name]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        logits = made(model_type, settings, folder)
        converted(folder, hidden, OUT / f"{name}.gguf")
        config = json.loads((folder / "config.json").read_text())
        if name == "llama":
            parts = OUT.parent / "parts"
            parts.mkdir(exist_ok=True)
            converted(folder, hidden, parts / "llama.gguf", split_max_tensors=9)
        stored = {key: tensor for key, tensor in sorted(load_file(folder / "model.safetensors").items()) if "pooler" not in key}
        if model_type == "roberta":  # rows of positions before the first are left out
            stored["embeddings.position_embeddings.weight"] = stored["embeddings.position_embeddings.weight"][1:]
        tensors = {key: fingerprint(tensor) for key, tensor in stored.items()}
    rounded = [float(f"{value:.8g}") for value in logits.flatten().tolist()]
    assert all(math.isfinite(value) for value in rounded)
    expected = dict(config=config, tensors=tensors, tokens=TOKENS, logits=rounded)
    if name in LAST_STREAM:
        expected["output"] = LAST_STREAM[name]
    (OUT / f"{name}.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


OUT.mkdir(parents=True, exist_ok=True)
for each in sys.argv[2:] or MODELS:
    write(each)
    print(each, (OUT / f"{each}.gguf").stat().st_size)
