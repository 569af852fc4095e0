"""A tiny LLaMA as a Hugging Face folder with torch weights, whole and in shards, and its logits.

usage: make_torch_folder.py OUT_DIR      Needs: torch, transformers.

OUT_DIR/whole/{config.json, pytorch_model.bin}, OUT_DIR/sharded/{config.json, pytorch_model.bin.index.json, ...},
OUT_DIR/expected.json: {"tokens": [[...]], "logits": [[[...]]]}
"""
import json, pathlib, sys
import torch
from transformers import LlamaConfig, LlamaForCausalLM

out = pathlib.Path(sys.argv[1])
torch.manual_seed(0)
config = LlamaConfig(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                     vocab_size=31, max_position_embeddings=32, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2)
model = LlamaForCausalLM(config).float().eval()
with torch.no_grad():
    for weight in model.parameters():
        weight.add_(0.2 * torch.randn_like(weight))
state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
names = list(state)
for folder, parts in {"whole": [names], "sharded": [names[: len(names) // 2], names[len(names) // 2 :]]}.items():
    path = out / folder
    path.mkdir(parents=True, exist_ok=True)
    config.save_pretrained(path)
    files = ["pytorch_model.bin"] if len(parts) == 1 else [f"pytorch_model-{i + 1:05}-of-{len(parts):05}.bin" for i in range(len(parts))]
    for file, part in zip(files, parts):
        torch.save({name: state[name] for name in part}, path / file)
    if len(parts) > 1:
        where = {name: file for file, part in zip(files, parts) for name in part}
        (path / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}))
tokens = torch.randint(3, 31, (2, 9))
with torch.no_grad():
    logits = model(tokens).logits
rounded = [[[round(value, 6) for value in row] for row in rows] for rows in logits.tolist()]
(out / "expected.json").write_text(json.dumps({"tokens": tokens.tolist(), "logits": rounded}))
