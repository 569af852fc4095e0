"""Record what reference tokenizers make of random text: test/fixtures/tokenizer/vectors.json.

usage: make_tokenizer_vectors.py OUT.json [SMOLLM2.gguf] [TOK512.bin]
Needs: tokenizers 0.23, sentencepiece 0.2, protobuf; gguf for the GGUF.

Texts are drawn by a generator that test/text/tokenizer/randomText.ts repeats, so that only 24 bits of a hash per text
have to be stored. What the small vocabularies are trained on is this file's own text.
"""
import base64, io, json, pathlib, struct, sys
import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

CORPUS = """Once upon a time there was a little head that looked for the token after the last copy of its own token.
The capital of France is Paris. The capital of Italy is Rome. One two three, one two three; it's 1999 or 2024, isn't it?
We'll see what they've done: I'd say they're right, he said, and she said "no". def main(): return [x ** 2 for x in range(10)]
Übung macht den Meister, sagte die Bärin und fraß weiter. Où est la bibliothèque? El niño comió piñas mañana.
Жили-были старик со старухой у самого синего моря. Съешь ещё этих мягких французских булок.
今日はとても良い天気ですね。你好,世界。我们今天学习机器学习。 안녕하세요 세계. שלום עולם. مرحبا بالعالم. नमस्ते दुनिया
🙂 🙃 👩‍💻 👍🏽 🇫🇷 a\u0301 e\u0301 o\u0308 \u00a0 \u3000 tabs\tand\r\nnew lines   and   spaces    here
"""
CORPUS += pathlib.Path(__file__).read_text(encoding="utf8").replace("<", " ")  # no piece is to look like a special token

WORDS = [" the", " Once", " upon", " a time", "hello", " world", " token", " head", "ing", "er", " of", "The", " two", " three", "'s", "'re", "'LL", "n't", "'ve", "\u2581", "<0x41>"]
SPACES = ["\n", "\t", "\r", "\r\n", "\u0085", "\u00a0", "\u2028", "\ufeff", "\u3000", "\n\n"]
EMOJI = ["🙂", "👩‍💻", "👍🏽", "🇫🇷", "❤️", "🏳️‍🌈", "𝒳", "𐍈"]
NUMBERS = ["7", "42", "1999", "٣", "²", "Ⅷ", "½", "०", "１"]
RANGES = [(0xC0, 0x24F), (0x400, 0x4FF), (0x5D0, 0x5EA), (0x627, 0x64A), (0xAC00, 0xD7A3), (0x905, 0x939), (0x3041, 0x3096), (0x4E00, 0x9FA5)]


class Draws:
    """A linear congruential generator, the same as in randomText.ts."""

    def __init__(self, seed): self.state = seed
    def below(self, count):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return (self.state >> 8) % count
    def of(self, items): return items[self.below(len(items))]


def units(draws):
    """UTF-16 code units of one random text."""
    out = []
    add = lambda s: out.extend(struct.unpack(f"<{len(s.encode('utf-16-le')) // 2}H", s.encode("utf-16-le")))
    for _ in range(draws.below(24)):
        kind = draws.below(16)
        if kind < 4: add(chr(32 + draws.below(95)))
        elif kind < 7: add(draws.of(WORDS))
        elif kind == 7: add(" " * (1 + draws.below(4)))
        elif kind == 8: add(draws.of(SPACES))
        elif kind == 9: add(draws.of(NUMBERS))
        elif kind == 10: add(draws.of(EMOJI))
        elif kind == 11: add(chr(97 + draws.below(26)) + chr(0x300 + draws.below(0x70)))
        elif kind == 12: add(chr(draws.below(32)))
        elif kind == 13: out.append(0xD800 + draws.below(0x800))
        else:
            low, high = draws.of(RANGES)
            add(chr(low + draws.below(high - low + 1)))
    return out


def text_of(codes):
    """With lone surrogates as U+FFFD."""
    out, at = [], 0
    while at < len(codes):
        code = codes[at]
        if 0xD800 <= code < 0xDC00 and at + 1 < len(codes) and 0xDC00 <= codes[at + 1] < 0xE000:
            out.append(chr(0x10000 + ((code - 0xD800) << 10) + codes[at + 1] - 0xDC00)); at += 2
        else:
            out.append("\ufffd" if 0xD800 <= code < 0xE000 else chr(code)); at += 1
    return "".join(out)


def hash24(ids):
    value = 2166136261
    for token in ids:
        for byte in struct.pack("<I", token):
            value = ((value ^ byte) * 16777619) % 2**32
    return value & 0xFFFFFF


def vectors(encode, seed, count, explicit):
    draws = Draws(seed)
    hashes = b"".join(struct.pack("<I", hash24(encode(text_of(units(draws)))))[:3] for _ in range(count))
    return {"seed": seed, "count": count, "hashes": base64.b64encode(hashes).decode(), "explicit": [[t, encode(t)] for t in explicit]}


QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
EXPLICIT = ["", " ", "Hello world", "a  b   c", "it's 12345, isn't it?", "e\u0301\u00e9", "你好\x00👩‍💻", "\ufeffx\u0085y", "x\n\n y"]


def byte_level():
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN2), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator([CORPUS], trainers.BpeTrainer(vocab_size=700, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    t.add_special_tokens(["<|endoftext|>"])
    t.add_tokens([AddedToken("   ", normalized=True, special=False)])
    return t


def metaspace():
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trained.train_from_iterator([CORPUS], trainers.BpeTrainer(vocab_size=700, show_progress=False))
    model = json.loads(trained.to_str())["model"]
    names = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + list(model["vocab"])
    special = lambda i: dict(id=i, content=names[i], single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    return Tokenizer.from_str(json.dumps(dict(
        version="1.0", truncation=None, padding=None, added_tokens=[special(i) for i in range(3)],
        normalizer=dict(type="Sequence", normalizers=[dict(type="Prepend", prepend="\u2581"), dict(type="Replace", pattern=dict(String=" "), content="\u2581")]),
        pre_tokenizer=None,
        post_processor=dict(type="TemplateProcessing", single=[dict(SpecialToken=dict(id="<s>", type_id=0)), dict(Sequence=dict(id="A", type_id=0))],
            pair=[dict(Sequence=dict(id="A", type_id=0)), dict(Sequence=dict(id="B", type_id=1))], special_tokens={"<s>": dict(id="<s>", ids=[1], tokens=["<s>"])}),
        decoder=dict(type="Sequence", decoders=[dict(type="Replace", pattern=dict(String="\u2581"), content=" "), dict(type="ByteFallback"), dict(type="Fuse"), dict(type="Strip", content=" ", start=1, stop=0)]),
        model=dict(type="BPE", unk_token="<unk>", fuse_unk=True, byte_fallback=True, dropout=None, continuing_subword_prefix=None, end_of_word_suffix=None,
            vocab={name: i for i, name in enumerate(names)}, merges=model["merges"]))))


def small(t, count, seed):
    encode = lambda s: t.encode(s, add_special_tokens=False).ids
    return dict(tokenizer=json.loads(t.to_str()), **vectors(encode, seed, count, EXPLICIT + ["a<|endoftext|>b", "<s>x", "a    b"]))


def variants(byte, meta, count, seed):
    """Other pipelines over the same two vocabularies: [base, changed parts, vectors]."""
    byte_level_step, digits = dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True), lambda one: dict(type="Digits", individual_digits=one)
    mark = lambda scheme, split: dict(normalizer=None, pre_tokenizer=dict(type="Metaspace", replacement="\u2581", prepend_scheme=scheme, split=split))
    changes = [
        ("byteLevel", dict(normalizer=None, pre_tokenizer=byte_level_step)),
        ("byteLevel", dict(normalizer=None, pre_tokenizer={**byte_level_step, "add_prefix_space": True})),
        ("byteLevel", dict(normalizer=dict(type="NFKC"), pre_tokenizer=dict(type="Sequence", pretokenizers=[digits(True), byte_level_step]))),
        ("byteLevel", dict(normalizer=dict(type="Sequence", normalizers=[dict(type="NFD"), dict(type="Lowercase")]), pre_tokenizer=dict(type="Sequence", pretokenizers=[digits(False), byte_level_step]))),
        ("metaspace", mark("always", True)), ("metaspace", mark("first", False)), ("metaspace", mark("never", True)),
        ("metaspace", dict(normalizer=dict(type="Replace", pattern=dict(String=" "), content="\u2581"), pre_tokenizer=dict(type="Split", pattern=dict(String="\u2581"), behavior="MergedWithPrevious", invert=False))),
    ]
    out = []
    for base, change in changes:
        t = Tokenizer.from_str(json.dumps({**json.loads((byte if base == "byteLevel" else meta).to_str()), **change}))
        out.append([base, change, vectors(lambda s: t.encode(s, add_special_tokens=False).ids, seed, count, EXPLICIT + ["a  <s> b<|endoftext|>c"])])
    return out


def trained_pieces(count, seed):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS.split("\n")), model_writer=out, model_type="bpe", vocab_size=900, byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, character_coverage=0.98, minloglevel=2)
    model = proto.ModelProto(); model.ParseFromString(out.getvalue())
    rows = [[p.piece, p.score, p.type] for p in model.pieces]
    return dict(pieces=rows, **vectors(sentencepiece.SentencePieceProcessor(model_proto=out.getvalue()).encode, seed, count, EXPLICIT + ["aaaaaaa", "      "]))


def tok512(path, count, seed):
    """llama2.c's export of a SentencePiece model: spaces for U+2581, and line ends around <s> and </s>."""
    raw, at, model = open(path, "rb").read(), 4, proto.ModelProto()
    while at < len(raw):
        score, size = struct.unpack("fi", raw[at:at + 8])
        name = raw[at + 8:at + 8 + size].decode("utf8"); at += 8 + size
        i = len(model.pieces)
        kind = 2 if i == 0 else 3 if i < 3 else 6 if i < 259 else 1
        model.pieces.add(piece=name.strip() if i < 3 else name if kind == 6 else name.replace(" ", "\u2581"), score=score, type=kind)
    model.trainer_spec.model_type, model.trainer_spec.byte_fallback, model.trainer_spec.vocab_size = 2, True, len(model.pieces)
    model.normalizer_spec.name, model.normalizer_spec.add_dummy_prefix, model.normalizer_spec.remove_extra_whitespaces, model.normalizer_spec.escape_whitespaces = "identity", True, False, True
    return vectors(sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString()).encode, seed, count, EXPLICIT + ["Once upon a time"])


def smollm2(path, count, seed):
    """The tokenizer inside the GGUF, with the cut that its tokenizer.ggml.pre names: digits one by one, then GPT-2's."""
    import gguf
    fields = gguf.GGUFReader(path).fields
    tokens, merges, types = (fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "merges", "token_type"))
    assert fields["tokenizer.ggml.pre"].contents() == "smollm"
    t = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=[tuple(m.split(" ")) for m in merges]))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    t.add_special_tokens([token for token, kind in zip(tokens, types) if kind == 3])
    return vectors(lambda s: t.encode(s, add_special_tokens=False).ids, seed, count, EXPLICIT + ["<|im_start|>hi<|im_end|>"])


out, *paths = sys.argv[1:]
byte, meta = byte_level(), metaspace()
result = dict(
    byteLevel=small(byte, 5000, 1), metaspace=small(meta, 5000, 2), variants=variants(byte, meta, 1000, 6), sentencePiece=trained_pieces(5000, 3),
    **({"smollm2": smollm2(paths[0], 20000, 4)} if paths else {}), **({"tok512": tok512(paths[1], 20000, 5)} if len(paths) > 1 else {}))
body = json.dumps(result, ensure_ascii=False, separators=(",", ":"))
pathlib.Path(out).write_text(body + "\n", encoding="utf8")
print({name: entry["count"] for name, entry in result.items() if "count" in entry}, len(body), "characters")
