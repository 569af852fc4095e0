"""Record what SentencePiece and transformers make of text with a tokenizer.model: test/fixtures/tokenizer/sentencepiece.json.

usage: make_sentencepiece_fixtures.py OUT.json [COUNT] [RULE]
Needs: sentencepiece 0.2.3, transformers 5.24, protobuf. COUNT random texts for each model (1000 in the repository). RULE: a table of characters
that SentencePiece comes with, such as nmt_nfkc, in place of a small one of our own (that one has 240 kB).

Each model is a file of SentencePiece in base64. `legacy` has what transformers makes of texts with names of special tokens in them, for each
value of that key in tokenizer_config.json; texts begin with no space, of which transformers' LLaMA class thinks otherwise than SentencePiece.
"""
import base64, io, json, pathlib, sys, tempfile
import sentencepiece
from transformers import AutoTokenizer

out_path, *rest = sys.argv[1:]
COUNT = int(rest[0]) if rest else 1000
HERE = pathlib.Path(__file__).parent
shared = {"__file__": str(HERE / "make_tokenizer_vectors.py")}
exec((HERE / "make_tokenizer_vectors.py").read_text(encoding="utf8").split("\n\ndef byte_level():")[0], shared)
CORPUS, EXPLICIT = shared["CORPUS"], shared["EXPLICIT"] + ["  two  spaces ", "      ", "aaaaaaa", "of the<tool>\n\n\n of\u2581the", "\u200b", "\u200b  ", "\ufb01x of\u2581the", "\u00bd  \u00bd x", "\u2581\u2581 a\u2581", "aa  e the<tool>"]
SPECIAL = ["a<s>b</s> c", "<s>ab", "a <unk>[INST] b", "the head<tool> of the token[INST]  the"]


def trained(**options):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS.split("\n")), model_writer=out, character_coverage=0.98, minloglevel=2,
        **{**dict(model_type="bpe", vocab_size=700, normalization_rule_name="identity", remove_extra_whitespaces=False, byte_fallback=True), **options})
    return out.getvalue()


def transformers_ids(model, config):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "tokenizer.model").write_bytes(model)
        (path / "config.json").write_text(json.dumps(dict(model_type="llama")))
        (path / "tokenizer_config.json").write_text(json.dumps(config))
        tokenizer = AutoTokenizer.from_pretrained(folder)
        return dict(config=config, bos=tokenizer.bos_token_id, whole=tokenizer("ab").input_ids, ids=[tokenizer(text, add_special_tokens=False).input_ids for text in SPECIAL])


def table(rows):
    """Options of a model with a table of its own."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", delete=False) as file:
        file.write("".join(f"{' '.join(f'{ord(c):x}' for c in source)}\t{' '.join(f'{ord(c):x}' for c in target)}\n" for source, target in rows.items()))
    return dict(normalization_rule_name="", normalization_rule_tsv=file.name)


# single characters, to nothing, to several with spaces, two at once, one that a piece of the user begins with
TABLE = table({"A": "a", "\u200b": "", "\u00bd": " 1/2", "\ufb01": "fi", "\r\n": " ", "\t": " ", "\n": "  x", "<t": "x"})
USER = ["<tool>", "\n\n", "of\u2581the", "aa", "  ", "\ufb01x", "e"]
RULE = dict(normalization_rule_name=rest[1]) if len(rest) > 1 else TABLE
MODELS = {
    "llama": trained(user_defined_symbols=["<tool>"], control_symbols=["[INST]"]),
    "gemma": trained(add_dummy_prefix=False, user_defined_symbols=["\n\n", "\n\n\n", "\u2581\u2581", "of\u2581the"], pad_id=0, eos_id=1, bos_id=2, unk_id=3, bos_piece="<bos>", eos_piece="<eos>"),
    "spaces": trained(remove_extra_whitespaces=True, byte_fallback=False),
    "table": trained(user_defined_symbols=USER, remove_extra_whitespaces=True, byte_fallback=False, **RULE),
    "unigram": trained(model_type="unigram", vocab_size=500, byte_fallback=False),
    "unigram table": trained(model_type="unigram", user_defined_symbols=USER, remove_extra_whitespaces=True, **RULE),
    "unigram behind": trained(model_type="unigram", vocab_size=500, byte_fallback=False, treat_whitespace_as_suffix=True, user_defined_symbols=USER, **RULE),
    "char": trained(model_type="char", vocab_size=100, byte_fallback=False, remove_extra_whitespaces=True),
}
REFUSED = {"word": trained(model_type="word", vocab_size=100, byte_fallback=False)}
encode = lambda model: sentencepiece.SentencePieceProcessor(model_proto=model).encode
text = lambda model: base64.b64encode(model).decode()
result = dict(
    models={name: dict(file=text(model), **shared["vectors"](encode(model), 11 + at, COUNT, EXPLICIT)) for at, (name, model) in enumerate(MODELS.items())},
    special=SPECIAL,
    legacy=[transformers_ids(MODELS["llama"], dict(tokenizer_class="PreTrainedTokenizerFast", **more)) for more in
        (dict(), dict(legacy=True), dict(legacy=False), dict(add_bos_token=True, add_eos_token=True), dict(added_tokens_decoder={"700": dict(content="ken", special=True)}, legacy=False), dict(split_special_tokens=True))],
    refused={name: text(model) for name, model in REFUSED.items()},
)
body = json.dumps(result, ensure_ascii=False, separators=(",", ":"))
pathlib.Path(out_path).write_text(body + "\n", encoding="utf8")
print({name: len(value["file"]) for name, value in result["models"].items()}, len(body), "characters")
for each in result["legacy"]: print(each)
