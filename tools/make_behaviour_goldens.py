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


def rounded(values):
    return None if values is None else [[round(value, 5) for value in layer] for layer in values.tolist()]


def main(weights: str, fixture: str):
    file = Path(fixture)
    golden = json.loads(file.read_text())
    found = scores(Reader(Path(weights)), golden["rows"], golden["size"])
    golden["behaviours"] = {name: {"scores": rounded(score), "controls": rounded(control)} for name, (score, control) in found.items()}
    file.write_text(json.dumps(golden) + "\n")


main(*sys.argv[1:])
