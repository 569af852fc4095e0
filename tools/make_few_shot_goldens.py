"""Makes test/fixtures/fewShot: function-vector scores and few-shot accuracies as PyTorch and transformers compute them, in float32.

    pip install torch==2.15.0 transformers==5.24.0 gguf==0.19.0
    FEW_SHOT_ROWS=1 npx vitest run test/studies/fewShot/pytorch.test.ts
    python tools/make_few_shot_goldens.py MODEL.gguf test/fixtures/fewShot/NAME.json

The first command writes the prompts, tokens alone, into the files; this one reads them as text with the model's own tokenizer, checks
that they are what they say, and adds the numbers. A head is changed in the input of o_proj, by a hook. Scores go over a cache of
what comes before the last token; the curve runs whole prompts, and some scores are computed that way too and compared.
"""

import copy
import json
import re
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_grad_enabled(False)


class Heads:
    """A model whose heads' outputs at the last token can be read and replaced."""

    def __init__(self, path: Path):
        options = {"gguf_file": path.name}
        self.model = AutoModelForCausalLM.from_pretrained(path.parent, **options, attn_implementation="eager", dtype=torch.float32).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(path.parent, **options)
        self.layers = self.model.model.layers
        self.heads = self.model.config.num_attention_heads

    def run(self, tokens, before=None, changes=(), copies=1):
        """Logits after the last token, and z of each layer there, [copies, layer, d_model]; changes: (layer, copy, head, z)."""
        seen, hooks = [None] * len(self.layers), []

        def change(layer):
            def hook(_, args):
                z = args[0].clone()
                size = z.shape[-1] // self.heads
                for at, copy_of, head, value in changes:
                    if at == layer:
                        z[copy_of, -1, head * size : (head + 1) * size] = value
                seen[layer] = z[:, -1]
                return (z, *args[1:])

            return hook

        for layer, block in enumerate(self.layers):
            hooks.append(block.self_attn.o_proj.register_forward_pre_hook(change(layer)))
        result = self.model(torch.tensor([tokens] * copies), past_key_values=before, use_cache=before is not None)
        for hook in hooks:
            hook.remove()
        return result.logits[:, -1].double(), torch.stack(seen, 1)

    def cache(self, tokens):
        return self.model(torch.tensor([tokens]), use_cache=True).past_key_values

    def slice(self, means, layer, head):
        size = means.shape[-1] // self.heads
        return means[layer, head * size : (head + 1) * size]


def probability(logits, answer):
    return logits.softmax(-1)[..., answer]


def gains(heads, means, row):
    """P(answer | z of one head is its mean) - P(answer), [layer, head]: all heads of a layer beside each other, over a cache."""
    tokens, answer = row["tokens"], row["answer"]
    before = probability(heads.run(tokens)[0][0], answer)
    prefix = heads.cache(tokens[:-1])
    rows = []
    for layer in range(len(heads.layers)):
        kept = copy.deepcopy(prefix)
        kept.batch_repeat_interleave(heads.heads)
        changes = [(layer, head, head, heads.slice(means, layer, head)) for head in range(heads.heads)]
        logits, _ = heads.run(tokens[-1:], kept, changes, copies=heads.heads)
        rows.append(probability(logits, answer) - before)
    return torch.stack(rows), before


def check_gain(heads, means, row, found):
    """The strongest head and the first once more, in a run of the whole prompt."""
    for at in (found.abs().argmax().item(), 0):
        layer, head = divmod(at, heads.heads)
        logits, _ = heads.run(row["tokens"], changes=[(layer, 0, head, heads.slice(means, layer, head))])
        whole = probability(logits[0], row["answer"]) - probability(heads.run(row["tokens"])[0][0], row["answer"])
        assert abs(whole - found[layer, head]) < 1e-5, (layer, head, whole, found[layer, head])


def pairs_in(heads, row):
    """Word pairs of a prompt as text, and the question with its answer; each line is checked against its form."""
    text = heads.tokenizer.decode(row["tokens"] + [row["answer"]], skip_special_tokens=True)
    assert text.endswith(heads.tokenizer.decode([row["answer"]]).strip())
    pairs = [re.fullmatch(r"Q: (\S+)\nA: (\S+)", line).groups() for line in text.split("\n\n")]
    return pairs[:-1], pairs[-1]


def check_prompts(heads, task):
    """Clean prompts have each word's own answer, shuffled ones the same answers in other places, the tested words are others."""
    clean = [pairs_in(heads, row) for kind in ("clean", "tested") for row in task[kind]]
    own = dict(pair for examples, question in clean for pair in [*examples, question])
    for examples, question in clean:
        assert all(own[word] == answer for word, answer in [*examples, question])
    moved = 0
    for examples, question in (pairs_in(heads, row) for row in task["shuffled"]):
        known = [(own[word], answer) for word, answer in examples if word in own]
        moved += sum(right != answer for right, answer in known)
        assert question[0] not in [word for word, _ in examples]
        assert own.get(question[0], question[1]) == question[1]
    assert moved > 0
    scored = {question[0] for row in task["clean"] + task["shuffled"] for question in [pairs_in(heads, row)[1]]}
    assert not scored & {word for row in task["tested"] for word, _ in pairs_in(heads, row)[0]}


def answers(heads, rows, means, removed):
    """Accuracy and probability of the right answers of whole prompts, with the z of some heads replaced by their means."""
    first, likely = [], []
    for row in rows:
        changes = [(layer, 0, head, heads.slice(means, layer, head)) for layer, head in removed]
        logits = heads.run(row["tokens"], changes=changes)[0][0]
        first.append(float(logits.argmax().item() == row["answer"]))
        likely.append(probability(logits, row["answer"]).item())
    return {"accuracy": sum(first) / len(first), "probability": sum(likely) / len(likely)}


def main(weights: str, fixture: str):
    file = Path(fixture)
    golden = json.loads(file.read_text())
    heads = Heads(Path(weights))
    found, task_means = [], []
    for task in golden["tasks"]:
        check_prompts(heads, task)
        outputs = torch.stack([heads.run(row["tokens"])[1][0] for row in task["clean"]])
        means = outputs.double().mean(0).float()
        task_means.append(means)
        own = [gains(heads, means, row) for row in task["shuffled"]]
        check_gain(heads, means, task["shuffled"][0], own[0][0])
        task["shuffledProbability"] = sum(before.item() for _, before in own) / len(own)
        found += [gain for gain, _ in own]
    scores = torch.stack(found).mean(0)
    golden["scores"] = [[round(value, 6) for value in layer] for layer in scores.tolist()]
    order = scores.flatten().argsort(descending=True).tolist()
    rows = [row for task in golden["tasks"] for row in task["tested"]]
    overall = torch.stack(task_means).double().mean(0).float()
    golden["clean"] = answers(heads, rows, overall, [])
    golden["curve"] = []
    for percent in golden["percent"]:
        removed = [divmod(at, heads.heads) for at in order[: max(1, int(percent / 100 * len(order)))]]
        names = [f"{layer}.{head}" for layer, head in removed]
        golden["curve"].append({"percent": percent, "heads": names, **answers(heads, rows, overall, removed)})
    file.write_text(json.dumps(golden) + "\n")


main(*sys.argv[1:])
