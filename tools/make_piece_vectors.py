"""Record what the reference makes of random text by WordPiece and Unigram: test/fixtures/tokenizer/pieces.json.

usage: make_piece_vectors.py OUT.json [COUNT] [RULE]
Needs: tokenizers 0.23, sentencepiece 0.2, protobuf. COUNT texts for each pipeline (600 in the repository). RULE: a table of characters that
SentencePiece comes with, such as nmt_nfkc, in place of a small one of our own (that one has 240 kB).
"""
import base64, io, json, pathlib, sys, tempfile
import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

out_path, *rest = sys.argv[1:]
COUNT, RULE = int(rest[0]) if rest else 600, rest[1] if len(rest) > 1 else None
HERE = pathlib.Path(__file__).parent
shared = {"__file__": str(HERE / "make_tokenizer_vectors.py")}
exec((HERE / "make_tokenizer_vectors.py").read_text(encoding="utf8").split("\n\ndef byte_level():")[0], shared)
vectors, CORPUS = shared["vectors"], shared["CORPUS"]

# What the small table rewrites: single characters, characters with marks, two characters at once, to nothing, to a space, to several.
TABLE = {"\t": " ", "\n": " ", "\r": " ", "\r\n": " ", "\u3000": " ", "\u00a0": " ", "\u200b": "", "\ufb01": "fi", "\u00bd": "1/2", "\u2460": "1", "e\u0301": "\u00e9",
         "a\u0300": "\u00e0", "\u0041": "a", "\u0042": "b", "\u304b\u3099": "\u304c", "\u212b": "\u00e5", "\uff21": "A", "\u2126": "\u03c9", "\u0001": "", "\u2014\u2014": "\u2014"}
EXPLICIT = ["", " ", "Hello world", "  two  spaces\t\r\nend ", "it's 12345, isn't it?", "e\u0301\u00e9 A\u0300", "\u039f\u03a3 \u03a3\u0391\u03a3", "\u0130stanbul I\u0307", "\ufb01\ufb01 \u00bd \u2460\u00c5\u212b", "\u4f60\u597d\U00020000\u4e16",
            "\U0001f469\u200d\U0001f4bb\U0001f44d\U0001f3fd", "\u0915\u094d\u0937\u093f \u0e33", "\u1100\u1161\u11a8", "a\u00adb\u200bc\ufeffd", "\x00\x01\x7f\x85", "x" * 300, "unaffordably", "[CLS] a [MASK] b[SEP]", "<s>a</s> <unk>x", "$1 $& ``q''", "\u2014\u2014 \u304b\u3099 \u2581a"]


def trained(**options):
    """A model of SentencePiece with the table of characters."""
    out = io.BytesIO()
    rule = dict(normalization_rule_name=RULE) if RULE else {}
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", delete=False) as file:
        code = lambda text: " ".join(f"{ord(c):x}" for c in text)
        file.write("".join(f"{code(source)}\t{code(target)}\n" for source, target in TABLE.items()))
    rule = rule or dict(normalization_rule_tsv=file.name)
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS.split("\n")), model_writer=out, minloglevel=2, **rule, **options)
    model = proto.ModelProto(); model.ParseFromString(out.getvalue())
    return model, base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()


def sentence_pieces(seed, **options):
    """What a GGUF of kind t5 has, and what SentencePiece makes of texts."""
    model, _ = trained(**options)
    spec = model.normalizer_spec
    rows = [[p.piece, p.score, p.type] for p in model.pieces]
    flags = dict(add_space_prefix=spec.add_dummy_prefix, remove_extra_whitespaces=spec.remove_extra_whitespaces)
    encode = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString()).encode
    return dict(pieces=rows, flags=flags, **vectors(encode, seed, COUNT, [text for text in EXPLICIT if "<s>" not in text]))


def bert(lowercase):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer = normalizers.BertNormalizer(lowercase=lowercase), pre_tokenizers.BertPreTokenizer()
    t.train_from_iterator([CORPUS], trainers.WordPieceTrainer(vocab_size=900, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    return json.loads(t.to_str())


def unigram():
    t = Tokenizer(models.Unigram())
    t.normalizer, t.pre_tokenizer = normalizers.Sequence([normalizers.NFC()]), pre_tokenizers.Metaspace()
    t.train_from_iterator(CORPUS.split("\n"), trainers.UnigramTrainer(vocab_size=700, special_tokens=["<pad>", "</s>", "<unk>", "<s>"], unk_token="<unk>", show_progress=False))
    return json.loads(t.to_str())


def special(content, id, **more):
    return dict(id=id, content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True, **more)


def pipelines():
    uncased, pieces = bert(True), unigram()
    table = dict(type="Precompiled", precompiled_charsmap="CHARSMAP")
    mark = lambda scheme="always", split=True: dict(type="Metaspace", replacement="\u2581", prepend_scheme=scheme, split=split)
    sequence = lambda *steps: dict(type="Sequence", normalizers=list(steps))
    steps = lambda *steps: dict(type="Sequence", pretokenizers=list(steps))
    replace = lambda source, target: dict(type="Replace", pattern=source, content=target)
    norm = lambda **more: dict(type="BertNormalizer", **{**dict(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=False), **more})
    byte_vocab = pieces["model"]["vocab"] + [[f"<0x{byte:02X}>", -20.0] for byte in range(256)]
    yield "wordPiece", {}
    yield "wordPiece", dict(normalizer=norm())
    yield "wordPiece", dict(normalizer=norm(strip_accents=True))
    yield "wordPiece", dict(normalizer=norm(strip_accents=False, lowercase=True, clean_text=False))
    yield "wordPiece", dict(normalizer=norm(lowercase=True, handle_chinese_chars=False), pre_tokenizer=dict(type="Whitespace"))
    yield "wordPiece", dict(normalizer=sequence(dict(type="NFKC"), dict(type="Lowercase"), dict(type="Strip", strip_left=True, strip_right=True)), pre_tokenizer=steps(dict(type="WhitespaceSplit"), dict(type="Punctuation", behavior="Contiguous")))
    yield "wordPiece", dict(pre_tokenizer=steps(dict(type="WhitespaceSplit"), dict(type="Punctuation", behavior="Isolated")), model=dict(max_input_chars_per_word=5))
    yield "unigram", dict(normalizer=table)
    yield "unigram", dict(normalizer=sequence(table, replace(dict(Regex=" {2,}"), " ")), pre_tokenizer=steps(dict(type="WhitespaceSplit"), mark()))
    yield "unigram", dict(normalizer=sequence(replace(dict(String="``"), '"'), replace(dict(String="''"), "$&"), dict(type="NFKD"), dict(type="StripAccents"), dict(type="Lowercase"), table), pre_tokenizer=mark("always", False))
    yield "unigram", dict(normalizer=dict(type="NFC"), pre_tokenizer=mark("first", False))
    yield "unigram", dict(normalizer=sequence(dict(type="Strip", strip_left=False, strip_right=True), table), pre_tokenizer=mark("never", False), model=dict(byte_fallback=True, vocab=byte_vocab), added_tokens=[special(vocab, id) for id, (vocab, _) in enumerate(byte_vocab[:4])])
    yield "unigram", dict(normalizer=None, pre_tokenizer=None)


def described(base, change):
    return {**base, **{key: {**base["model"], **value} if key == "model" else value for key, value in change.items()}}


bases = dict(wordPiece=bert(True), unigram=unigram())
for base in bases.values(): base.update(truncation=None, padding=None, post_processor=None, decoder=None)
bases["unigram"]["added_tokens"].append({**special("<mask>", len(bases["unigram"]["model"]["vocab"])), "lstrip": True, "normalized": True})
(_, table), cases = trained(vocab_size=400), []
for index, (base, change) in enumerate(pipelines()):
    t = Tokenizer.from_str(json.dumps(described(bases[base], change)).replace("CHARSMAP", table))
    cases.append([base, change, vectors(lambda text: t.encode(text, add_special_tokens=False).ids, 20 + index, COUNT, EXPLICIT + ["a <mask>b <mask>"])])
sentences = [sentence_pieces(40, vocab_size=600), sentence_pieces(41, vocab_size=800, byte_fallback=True, remove_extra_whitespaces=False, user_defined_symbols=["<extra>"]),
             sentence_pieces(42, vocab_size=500, add_dummy_prefix=False)]
body = json.dumps(dict(charsmap=table, bases=bases, cases=cases, sentences=sentences), ensure_ascii=False, separators=(",", ":"))
pathlib.Path(out_path).write_text(body + "\n", encoding="utf8")
print(len(cases), "pipelines,", COUNT, "texts each,", len(body), "characters")
