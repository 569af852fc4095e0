"""A tiny random checkpoint of a model that is no decoder, and what transformers computes on it: a golden of test/models/beyond.test.ts.

usage: make_beyond_golden.py OUT_DIR MODEL_TYPE [--seed N] [KEY=JSON ...]     for example: ... marian scale_embedding=true
Needs: torch 2.15, transformers 5.24. Writes config.json, model.safetensors, inputs.json, expected.safetensors; the model is read back from its
files before it is run, so that what it computes is what the files say.
"""
import json, pathlib, sys
import torch, transformers as T
from safetensors.torch import save_file

VOCABULARY, WIDTH, HEADS, INNER, LAYERS, CONTEXT = 61, 24, 4, 40, 2, 64
TEXT = dict(vocab_size=VOCABULARY, hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=INNER, max_position_embeddings=CONTEXT)
PAIR = dict(vocab_size=VOCABULARY, d_model=WIDTH, encoder_layers=LAYERS, decoder_layers=LAYERS, encoder_attention_heads=HEADS, decoder_attention_heads=HEADS, encoder_ffn_dim=INNER, decoder_ffn_dim=INNER)
T5 = dict(vocab_size=VOCABULARY, d_model=WIDTH, d_kv=6, d_ff=INNER, num_layers=LAYERS, num_heads=HEADS, relative_attention_num_buckets=8, relative_attention_max_distance=20)
SEES = dict(hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=INNER, image_size=16, patch_size=4)
LLAMA = {**TEXT, "num_key_value_heads": 2, "model_type": "llama"}
CLASSES = {
    "bert": (T.BertForMaskedLM, TEXT), "roberta": (T.RobertaForMaskedLM, TEXT), "xlm-roberta": (T.XLMRobertaForMaskedLM, TEXT),
    "distilbert": (T.DistilBertForMaskedLM, dict(vocab_size=VOCABULARY, dim=WIDTH, n_layers=LAYERS, n_heads=HEADS, hidden_dim=INNER, max_position_embeddings=CONTEXT)),
    "modernbert": (T.ModernBertForMaskedLM, {**TEXT, "local_attention": 8, "num_hidden_layers": 4, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2}),
    "t5": (T.T5ForConditionalGeneration, T5), "mt5": (T.MT5ForConditionalGeneration, T5),
    "bart": (T.BartForConditionalGeneration, {**PAIR, "max_position_embeddings": CONTEXT}), "mbart": (T.MBartForConditionalGeneration, {**PAIR, "max_position_embeddings": CONTEXT}),
    "marian": (T.MarianMTModel, {**PAIR, "max_position_embeddings": CONTEXT, "pad_token_id": 0, "decoder_start_token_id": 0}),
    "whisper": (T.WhisperForConditionalGeneration, {**PAIR, "num_mel_bins": 8, "max_source_positions": 24, "max_target_positions": CONTEXT, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}),
    "vit": (T.ViTModel, SEES), "vit-classes": (T.ViTForImageClassification, SEES), "deit": (T.DeiTModel, SEES),
    "dinov2": (T.Dinov2Model, {**SEES, "mlp_ratio": 2}), "dinov2_with_registers": (T.Dinov2WithRegistersModel, {**SEES, "mlp_ratio": 2}), "siglip_vision_model": (T.SiglipVisionModel, SEES), "clip_vision_model": (T.CLIPVisionModel, SEES),
    "clip": (T.CLIPModel, dict(text_config={**TEXT, "bos_token_id": 1, "eos_token_id": 2}, vision_config=SEES, projection_dim=20)),
    "siglip": (T.SiglipModel, dict(text_config=TEXT, vision_config=SEES)),
    "gemma3": (T.Gemma3ForConditionalGeneration, dict(vision_config={**SEES, "model_type": "siglip_vision_model", "vision_use_head": False, "patch_size": 2}, mm_tokens_per_image=16, image_token_index=3, boi_token_index=4, eoi_token_index=2,
        text_config={**TEXT, "num_key_value_heads": 2, "head_dim": 8, "layer_types": ["sliding_attention", "full_attention"], "sliding_window": 5, "query_pre_attn_scalar": 8})),
    "llava": (T.LlavaForConditionalGeneration, dict(vision_config={**SEES, "model_type": "clip_vision_model"}, text_config=LLAMA, image_token_index=3)),
}


def fill(model, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            gain = "norm" in name.lower() and name.endswith("weight")
            weight.copy_(torch.randn_like(weight) * (0.1 if gain else 0.25) + (1.0 if gain else 0.0))


def merged(base, change):
    return {**base, **{key: merged(base.get(key, {}), value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value for key, value in change.items()}}


def rows(length):
    ids = torch.randint(5, VOCABULARY, (2, length))
    ids[:, length // 2 + 1:] = ids[:, 1:length - length // 2]
    return ids


def stack(kept, at, values, what):
    for layer, value in enumerate(values or ()):
        kept[f"{at}.{layer}.{what}"] = value


def computed(kind, model, config):
    """What goes in, ids by name and arrays, and what comes out."""
    arguments, ids, arrays, kept = {}, {}, {}, {}
    both = dict(output_attentions=True, output_hidden_states=True)
    if kind in ("vit", "vit-classes", "deit", "dinov2", "dinov2_with_registers", "siglip_vision_model", "clip_vision_model", "clip", "siglip", "llava", "gemma3"):
        vision = getattr(config, "vision_config", config)
        arrays["pixels"] = arguments["pixel_values"] = torch.randn(2, vision.num_channels, vision.image_size, vision.image_size)
    if kind == "whisper":
        arrays["features"] = arguments["input_features"] = torch.randn(2, config.num_mel_bins, 2 * config.max_source_positions)
    if config.is_encoder_decoder if hasattr(config, "is_encoder_decoder") else False:
        if kind != "whisper":
            ids["encoder"] = arguments["input_ids"] = rows(24)
        ids["decoder"] = arguments["decoder_input_ids"] = rows(20)
        out = model(**arguments, **both, use_cache=False)
        kept |= {"logits": out.logits, "encoder.last": out.encoder_last_hidden_state}
        stack(kept, "encoder.blocks", out.encoder_attentions, "attn.hook_pattern")
        stack(kept, "decoder.blocks", out.decoder_attentions, "attn.hook_pattern")
        stack(kept, "decoder.blocks", out.cross_attentions, "cross_attn.hook_pattern")
        stack(kept, "encoder.hidden", out.encoder_hidden_states, "state")
        stack(kept, "decoder.hidden", out.decoder_hidden_states, "state")
        return ids, arrays, kept
    if kind in ("clip", "siglip"):
        tokens = rows(12)
        if kind == "clip":
            tokens[0, 7], tokens[1, 9] = config.text_config.eos_token_id, config.text_config.eos_token_id
        ids["tokens"] = arguments["input_ids"] = tokens
        out = model(**arguments)
        text, vision = model.text_model(input_ids=tokens, **both), model.vision_model(pixel_values=arrays["pixels"], **both)
        kept |= {"logits_per_image": out.logits_per_image, "text.last": text.last_hidden_state, "vision.last": vision.last_hidden_state, "image_embeds": out.image_embeds, "text_embeds": out.text_embeds}
        for name, part in (("text", text), ("vision", vision)):
            stack(kept, f"{name}.blocks", part.attentions, "attn.hook_pattern")
            stack(kept, f"{name}.hidden", part.hidden_states, "state")
        return ids, arrays, kept
    if kind == "llava":
        places = (config.vision_config.image_size // config.vision_config.patch_size) ** 2 + (config.vision_feature_select_strategy == "full")
        copy = torch.randint(5, VOCABULARY, (2, 8))
        ids["tokens"] = arguments["input_ids"] = torch.cat([torch.full((2, 1), 1), torch.full((2, places), 3), copy, copy], 1)
    elif kind == "gemma3":
        image = torch.tensor([[1, 4] + [3] * config.mm_tokens_per_image + [2]] * 2)
        copy = torch.randint(5, VOCABULARY, (2, 8))
        ids["tokens"] = arguments["input_ids"] = torch.cat([image, copy, copy], 1)
        arguments["token_type_ids"] = (arguments["input_ids"] == 3).long()
    elif "pixels" not in arrays:
        ids["tokens"] = arguments["input_ids"] = rows(24)
    out = model(**arguments, **both)
    kept |= {"logits": out.logits} if getattr(out, "logits", None) is not None else {"last": out.last_hidden_state}
    stack(kept, "blocks", out.attentions, "attn.hook_pattern")
    stack(kept, "hidden", out.hidden_states, "state")
    return ids, arrays, kept


def main(out, kind, *rest):
    rest = list(rest)
    seed = int(rest.pop(rest.index("--seed") + 1)) if "--seed" in rest else 0
    rest = [one for one in rest if one != "--seed"]
    made, base = CLASSES[kind]
    change = {key: json.loads(value) for key, value in (one.split("=", 1) for one in rest)}
    config = made.config_class(**merged(base, change))
    model = made._from_config(config, attn_implementation="eager").float()
    fill(model, seed)
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    for generation in folder.glob("generation_config.json"):
        generation.unlink()
    model = made.from_pretrained(folder, attn_implementation="eager").float().eval()
    torch.manual_seed(seed + 1)
    with torch.no_grad():
        ids, arrays, kept = computed(kind, model, model.config)
    (folder / "inputs.json").write_text(json.dumps({name: value.tolist() for name, value in ids.items()}))
    save_file({name: value.float().contiguous().clone() for name, value in {**arrays, **kept}.items()}, folder / "expected.safetensors")
    print(out, len(kept), "values")


if __name__ == "__main__":
    main(*sys.argv[1:])
