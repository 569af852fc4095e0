"""Record what transformers makes of spiece.model, sentencepiece.bpe.model and vocab.txt without a tokenizer.json: test/fixtures/tokenizer/older.json.

usage: make_older_tokenizer_vectors.py OUT.json [COUNT] [RULE]
Needs: sentencepiece 0.2, transformers 5.24, protobuf. COUNT random texts (60 in the repository). RULE: a table of characters that SentencePiece comes
with, such as nmt_nfkc, in place of none (that one has 240 kB). Files are in base64; `whole` has the ids of "the" with what the class puts around it.
"""
import base64, collections, io, json, pathlib, random, sys, tempfile
import sentencepiece
from transformers import AutoTokenizer

out_path, *rest = sys.argv[1:]
COUNT, RULE = int(rest[0]) if rest else 60, rest[1] if len(rest) > 1 else "identity"
HERE = pathlib.Path(__file__).parent
shared = {"__file__": str(HERE / "make_tokenizer_vectors.py")}
exec((HERE / "make_tokenizer_vectors.py").read_text(encoding="utf8").split("\n\ndef byte_level():")[0], shared)
CORPUS = shared["CORPUS"]
WORDS = CORPUS.split()
ODD = """<s> </s> <pad> <unk> <mask> <extra_id_0> <extra_id_9> <extra_id_99> [CLS] [SEP] [MASK] [UNK] [PAD] <s>NOTUSED <ent> -- ... 'don't' 3.14 1,000 !! _x_ a/b ``x''""".split()
ODD += ["\u2581", "\u2581\u2581", "\u2581the", "\u00a0", "\u3000", "\t", "\n", "\r\n", "\u200b", "\ufeff", "\u0301", "\u00e9", "\u00c9", "e\u0301", "\ufb01", "\u2460", "\u00bd", "\u00df", "\u0130", "\u0131", "\u03a3\u03c2", "\u201cq\u201d", "\u212b\u00c5"]
ODD += ["\u65e5\u672c\u8a9e", "\ud55c\uad6d\uc5b4", "\u041f\u0440\u0438\u0432\u0435\u0442", "\u0645\u0631\u062d\u0628\u0627", "\U0001f469\u200d\U0001f467", "\U0001f984", "\0", "\x07", "\uff21\uff22", "\u017f", "\u01c4"]


def text(rng):
    return "".join(rng.choice(WORDS if rng.random() < 0.5 else ODD) + rng.choice([" ", "  ", "", " ", "\n", " \t "]) for _ in range(rng.randint(0, 8)))


def trained(**options):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS.split("\n")), model_writer=out, model_type="unigram", vocab_size=160,
        character_coverage=0.98, minloglevel=2, normalization_rule_name=RULE, **options)
    return out.getvalue()


def words():
    letters = sorted({c for c in CORPUS if not c.isspace()} | set("\u00e9\u00c9e\u0301\u00dfi\u65e5\u672c"))
    common = [word for word, _ in collections.Counter(w.lower() for w in WORDS if w.isalpha()).most_common(40)]
    return list(dict.fromkeys(["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *("##" + c for c in letters), *common, "##ing", "##ed", "The", "caf\u00e9", "cafe"]))


T5 = trained(pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
XLM = trained()
BERT = "".join(f"{word}\n" for word in words()).encode()
FILES = {"t5": T5, "xlm": XLM, "bert": BERT, "bert, lines end in CR LF": BERT.replace(b"\n", b"\r\n")}
EXTRA = [f"<extra_id_{i}>" for i in range(100)]
MASK = dict(__type="AddedToken", content="<mask>", lstrip=True, rstrip=False, normalized=True, single_word=False)
PIECES, SPIECE, VOCAB = "sentencepiece.bpe.model", "spiece.model", "vocab.txt"
CASES = [
    ("T5", SPIECE, "t5", "t5", dict(tokenizer_class="T5Tokenizer", extra_ids=10), {}),
    ("mT5 by its model_type", SPIECE, "t5", "mt5", dict(extra_ids=0), {}),
    ("T5 that lists its extra ids", SPIECE, "t5", "t5", dict(tokenizer_class="T5Tokenizer", additional_special_tokens=EXTRA), {}),
    ("T5 that lists another token", SPIECE, "t5", "t5", dict(tokenizer_class="T5Tokenizer", additional_special_tokens=["<ent>"], extra_ids=10), {}),
    ("XLM-R", PIECES, "xlm", "xlm-roberta", dict(tokenizer_class="XLMRobertaTokenizer", mask_token=MASK), {}),
    ("XLM-R by its model_type", PIECES, "xlm", "xlm-roberta", None, {}),
    ("XLM-R with another token", PIECES, "xlm", "xlm-roberta", dict(tokenizer_class="XLMRobertaTokenizer", additional_special_tokens=["<ent>"]), {}),
    ("CamemBERT", PIECES, "xlm", "camembert", dict(tokenizer_class="CamembertTokenizer"), {}),
    ("BERT without configuration", VOCAB, "bert", "bert", None, {}),
    ("BERT with capitals", VOCAB, "bert, lines end in CR LF", "bert", dict(tokenizer_class="BertTokenizer", do_lower_case=False), {}),
    ("BERT with capitals, without accents", VOCAB, "bert", "bert", dict(do_lower_case=False, strip_accents=True), {}),
    ("BERT with accents and without a cut at ideographs", VOCAB, "bert", "bert", dict(do_lower_case=True, strip_accents=False, tokenize_chinese_chars=False), {}),
    ("DistilBERT with an added token", VOCAB, "bert", "distilbert", dict(tokenizer_class="DistilBertTokenizer"),
        {"special_tokens_map.json": dict(additional_special_tokens=["<ent>"], mask_token="[MASK]"), "added_tokens.json": {"<ent>": len(words())}}),
]
rng = random.Random(7)
TEXTS = ["", "  ", "the  caf\u00e9\n x", " a <mask> b", "a<mask>b", "x </s> y", "<extra_id_3>z", "a <ent> b", *ODD, *(text(rng) for _ in range(COUNT))]
cases = []
for name, file_name, file, model_type, config, more in CASES:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / file_name).write_bytes(FILES[file])
        files = {"config.json": dict(model_type=model_type), **({} if config is None else {"tokenizer_config.json": config}), **more}
        for each, value in files.items():
            (path / each).write_text(json.dumps(value))
        tokenizer = AutoTokenizer.from_pretrained(folder)
        cases.append(dict(name=name, fileName=file_name, file=file, files=files, whole=tokenizer("the").input_ids,
            ids=[tokenizer(each, add_special_tokens=False).input_ids for each in TEXTS]))
files = {name: base64.b64encode(content).decode() for name, content in FILES.items()}
json.dump(dict(files=files, texts=TEXTS, cases=cases), open(out_path, "w"), separators=(",", ":"))
