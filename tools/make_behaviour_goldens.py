"""Makes test/fixtures/behaviours: behaviours of every head as PyTorch and transformers compute them, in float32.

    pip install torch==2.15.0 transformers==5.24.0 gguf==0.19.0
    BEHAVIOUR_ROWS=1 npx vitest run test/studies/behaviours/pytorch.test.ts
    python tools/make_behaviour_goldens.py MODEL.gguf test/fixtures/behaviours/NAME.json

The first command writes the rows, tokens alone, into the files; this one adds the scores. Where a head should look is found
from the tokens of each row and not from positions that the library gives: which tokens came before, which brackets are open.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_grad_enabled(False)


class Reader:
    """Attention of every head on rows of tokens, [layer, head, query, key]."""

    def __init__(self, path: Path):
        options = {"gguf_file": path.name}
        self.model = AutoModelForCausalLM.from_pretrained(path.parent, **options, attn_implementation="eager", dtype=torch.float32).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(path.parent, **options)

    def attention(self, row):
        patterns = self.model(torch.tensor([row]), output_attentions=True).attentions
        return torch.stack([pattern[0] for pattern in patterns]).double()

    def piece(self, token):
        return self.tokenizer.decode([token]).strip()


def copies(row, query):
    return [at for at in range(1, query) if row[at] == row[query]]


def recurring(row, copy):
    """The fourth occurrence of a token, and what followed an earlier one."""
    return [(q, copies(row, q)[copy] + 1) for q in range(1, len(row)) if len(copies(row, q)) == 3]


def pairs(row):
    """A B C ... A B: the second B, and C."""
    places = [(q, j) for q in range(2, len(row)) for j in copies(row, q) if row[q - 1] == row[j - 1]]
    return [(q, j + 1) for q, j in places]


def fitting(row):
    """A B C ... D B E ... A B: the last B with what followed in its context, and with what followed in the other."""
    found = []
    for q in range(2, len(row)):
        both = copies(row, q)
        if len(both) == 2:
            own = next(j for j in both if row[j - 1] == row[q - 1])
            found.append((q, own + 1, sum(both) - own + 1))
    return found


def entities(row, token):
    """The last of four tokens that came before, and the token of the entity that followed them."""
    places = [(q, j) for q in range(4, len(row)) for j in copies(row, q) if row[q - 3 : q + 1] == row[j - 3 : j + 1]]
    return [(q, j + 1 + token) for q, j in places]


def words(row):
    """A token that came before, and what followed it."""
    return [(q, copies(row, q)[0] + 1) for q in range(1, len(row)) if copies(row, q)]


def brackets(row, piece, closing):
    """Words and the bracket that is open there, or closing brackets and what they close."""
    found, opened = [], []
    for q in range(1, len(row)):
        sign = piece(row[q])
        if sign in ("(", "["):
            opened.append(q)
        elif sign in (")", "]"):
            key = opened.pop()
            if closing:
                found.append((q, key))
        elif opened and not closing and piece(row[q - 1]) not in ("(", "[", ")", "]"):
            found.append((q, opened[-1]))
    return found


def marks(row, piece, which):
    """Words after at least two marks, and the first or the last of them."""
    at = [q for q in range(1, len(row)) if piece(row[q]) in (".", ",")]
    found = []
    for q in range(1, len(row)):
        before = [mark for mark in at if mark < q]
        if q not in at and q - 1 not in at and len(before) >= 2:
            found.append((q, before[which]))
    return found


def scores(reader, rows, size):
    patterns = {name: {variant: [reader.attention(row) for row in some] for variant, some in variants.items()} for name, variants in rows.items()}

    def share(scene, cue, places, variant=None):
        """Mean attention at places that the cue's rows have, in a variant of the same rows."""
        values = []
        for row, pattern in zip(rows[scene][cue], patterns[scene][variant or cue]):
            found = places(row)
            values.append(torch.stack([pattern[:, :, q, k] for q, k in found]).mean(0))
        return torch.stack(values).mean(0)

    def both(scene, cue, control, places):
        return share(scene, cue, places), share(scene, cue, places, control)

    def selects():
        values = []
        for variant in ("first", "second"):
            for row, pattern in zip(rows["ambiguous"][variant], patterns["ambiguous"][variant]):
                values.append(torch.stack([pattern[:, :, q, k] - pattern[:, :, q, other] for q, k, other in fitting(row)]).mean(0))
        return torch.stack(values).mean(0)

    pair = share("context", "both", pairs)
    last = lambda row: entities(row, size - 1)
    return {
        "firstCopy": both("recurring", "recurring", "new", lambda row: recurring(row, 0)),
        "middleCopy": both("recurring", "recurring", "new", lambda row: recurring(row, 1)),
        "lastCopy": both("recurring", "recurring", "new", lambda row: recurring(row, 2)),
        "pairInduction": both("context", "both", "neither", pairs),
        "needsPrevious": (pair - share("context", "both", pairs, "previousReplaced"), None),
        "needsCurrent": (pair - share("context", "both", pairs, "currentReplaced"), None),
        "selectsByContext": (selects(), None),
        "nextTokenMatching": both("entities", "tokens", "newTokens", lambda row: entities(row, 0)),
        "conceptStart": both("entities", "words", "newWords", lambda row: entities(row, 0)),
        "lastTokenMatching": both("entities", "words", "newWords", last),
        "conceptOverTokens": (share("entities", "words", last) - share("entities", "tokens", last), None),
        "wordInduction": both("forms", "same", "otherWord", words),
        "fuzzyInduction": (share("forms", "same", words, "otherForm"), share("forms", "same", words, "otherWord")),
        "openBracket": both("brackets", "brackets", "words", lambda row: brackets(row, reader.piece, False)),
        "matchingBracket": both("brackets", "brackets", "words", lambda row: brackets(row, reader.piece, True)),
        "lastDelimiter": both("delimiters", "marks", "words", lambda row: marks(row, reader.piece, -1)),
        "firstDelimiter": both("delimiters", "marks", "words", lambda row: marks(row, reader.piece, 0)),
    }


class Inside:
    """Parts of a model that attention does not show, for one head at a time: values, what norms divide by, and the way to logits."""

    def __init__(self, reader):
        self.model = reader.model
        self.core = self.model.model
        config = self.model.config
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.is_gemma = config.model_type.startswith("gemma")
        self.unembedding = self.model.get_output_embeddings().weight.double()

    def gain(self, norm):
        weight = norm.weight.double()
        return 1 + weight if self.is_gemma else weight

    def scale(self, x, norm):
        eps = getattr(norm, "variance_epsilon", None) or norm.eps
        return (x.double().pow(2).mean(-1, keepdim=True) + eps).sqrt()

    def after(self, layer):
        """The norm of what attention adds, where there is one."""
        return self.core.layers[layer].post_attention_layernorm if self.is_gemma else None

    def output(self, layer, head):
        weight = self.core.layers[layer].self_attn.o_proj.weight.double()
        size = weight.shape[1] // self.heads
        return weight[:, head * size : (head + 1) * size]  # [d_model, d_head]

    def value(self, layer, head):
        weight = self.core.layers[layer].self_attn.v_proj.weight.double()
        size = weight.shape[0] // self.kv_heads
        group = head // (self.heads // self.kv_heads)
        return weight[group * size : (group + 1) * size]  # [d_head, d_model]

    def run(self, row):
        """Streams before each layer and the last, outputs of attention before their norm, values, patterns, logits."""
        seen = {"values": [], "outs": [], "streams": []}
        hooks = [self.core.norm.register_forward_pre_hook(lambda _, args: seen["streams"].append(args[0][0].double()))]
        for layer in self.core.layers:
            hooks.append(layer.register_forward_pre_hook(lambda _, args, kwargs: seen["streams"].append((args[0] if args else kwargs["hidden_states"])[0].double()), with_kwargs=True))
            hooks.append(layer.self_attn.v_proj.register_forward_hook(lambda _, __, out: seen["values"].append(out[0].double())))
            hooks.append(layer.self_attn.o_proj.register_forward_hook(lambda _, __, out: seen["outs"].append(out[0].double())))
        result = self.model(torch.tensor([row]), output_attentions=True)
        for hook in hooks:
            hook.remove()
        return {**seen, "patterns": [pattern[0].double() for pattern in result.attentions], "logits": result.logits[0].double()}


def retrieval(inside, needles):
    """Share of answer tokens that the model would say and that have a head's largest weight; the same of the other needle."""
    scores, controls = [], []
    for needle in needles:
        row, answer = needle["tokens"], needle["answer"]
        value = row[answer:]
        before = row[answer - 4 : answer]
        found = [at for at in range(4, answer - len(value)) if row[at : at + len(value)] == value and row[at - 4 : at] == before]
        assert len(found) == 1
        run = inside.run(row)
        said = [run["logits"][answer - 1 + at].argmax().item() == token for at, token in enumerate(value)]
        for into, places in ((scores, [found[0] + at for at in range(len(value))]), (controls, needle["decoyPlaces"])):
            into.append(torch.stack([torch.stack([torch.tensor([float(is_said and pattern[h, answer - 1 + at].argmax().item() == key) for h in range(inside.heads)]) for pattern in run["patterns"]]) for at, (key, is_said) in enumerate(zip(places, said))]).mean(0))
    return torch.stack(scores).mean(0), torch.stack(controls).mean(0)


def suppression(inside, pieces):
    """- mean of A[d, s] v[s] W_O . direction, s the earlier word that the stream before the layer predicts most at d."""
    average = inside.unembedding.mean(0)
    final = inside.core.norm
    values = []
    for piece in pieces:
        row = piece["tokens"]
        run = inside.run(row)
        end = inside.scale(run["streams"][-1], final)
        layers = []
        for layer, pattern in enumerate(run["patterns"]):
            stream = run["streams"][layer]
            lens = (stream / inside.scale(stream, final) * inside.gain(final)) @ inside.unembedding[row].T
            sums = torch.zeros(inside.heads, dtype=torch.double)
            count = 0
            outputs = [inside.output(layer, head) for head in range(inside.heads)]
            for d in range(8, len(row)):
                keys = [s for s in range(piece["start"], d) if piece["isWord"][s] and row[s] != row[d]]
                if not keys:
                    continue
                s = max(keys, key=lambda key: lens[d, key])
                count += 1
                for head in range(inside.heads):
                    size = run["values"][layer].shape[1] // inside.kv_heads
                    group = head // (inside.heads // inside.kv_heads)
                    written = outputs[head] @ run["values"][layer][s, group * size : (group + 1) * size]
                    norm = inside.after(layer)
                    if norm is not None:
                        written = written / inside.scale(run["outs"][layer][d], norm) * inside.gain(norm)
                    direction = (inside.unembedding[row[s]] - average) * inside.gain(final) / end[d]
                    sums[head] -= pattern[head, d, s] * (written @ direction)
            layers.append(sums / count)
        values.append(torch.stack(layers))
    return torch.stack(values).mean(0)


def successors(inside, lists):
    """Share of list tokens whose successor, or predecessor, is the largest of the list in what a head makes of them."""
    core, first = inside.core, inside.core.layers[0]
    found = {"next": [], "before": []}
    for items in lists:
        tokens = torch.tensor(items["tokens"])
        embedded = core.embed_tokens(tokens[:, None])
        if inside.is_gemma:
            mlp = first.post_feedforward_layernorm(first.mlp(first.pre_feedforward_layernorm(embedded)))
        else:
            mlp = first.mlp(first.post_attention_layernorm(embedded))
        effective = (embedded + mlp)[:, 0].double()
        for layer in range(len(core.layers)):
            reads = effective * inside.gain(core.layers[layer].input_layernorm)
            for head in range(inside.heads):
                written = reads @ inside.value(layer, head).T @ inside.output(layer, head).T
                norm = inside.after(layer)
                if norm is not None:
                    written = written * inside.gain(norm)
                tops = ((written * inside.gain(core.norm)) @ inside.unembedding[tokens].T).argmax(1)
                for which in found:
                    hits = [float(tops[place["at"]].item() == place[which]) for place in items["inner"]]
                    found[which].append((layer, head, hits))
    shares = {}
    for which, hits in found.items():
        table = torch.zeros(len(core.layers), inside.heads, dtype=torch.double)
        for layer in range(len(core.layers)):
            for head in range(inside.heads):
                own = [hit for at, h, each in hits if (at, h) == (layer, head) for hit in each]
                table[layer, head] = sum(own) / len(own)
        shares[which] = table
    return shares["next"], shares["before"]


def rounded(values):
    return None if values is None else [[round(value, 5) for value in layer] for layer in values.tolist()]


def main(weights: str, fixture: str):
    file = Path(fixture)
    golden = json.loads(file.read_text())
    reader = Reader(Path(weights))
    found = scores(reader, golden["rows"], golden["size"])
    inside, probes = Inside(reader), golden["probes"]
    measured = {
        "retrieval": retrieval(inside, probes["needles"]),
        "copySuppression": (suppression(inside, probes["pieces"]), None),
        "successor": successors(inside, probes["lists"]),
    }
    golden["probeScores"] = {name: {"scores": rounded(score), "controls": rounded(control)} for name, (score, control) in measured.items()}
    golden["behaviours"] = {name: {"scores": rounded(score), "controls": rounded(control)} for name, (score, control) in found.items()}
    file.write_text(json.dumps(golden) + "\n")


main(*sys.argv[1:])
