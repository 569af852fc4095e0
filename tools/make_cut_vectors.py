"""Record what the reference makes of text under every cut that a GGUF can name: test/fixtures/tokenizer/cuts.json.

    pip install tokenizers==0.23.1 sentencepiece==0.2.3 protobuf gguf==0.19.0
    python tools/make_cut_vectors.py [GEMMA.gguf]

Needs test/fixtures/tokenizer/vectors.json, whose byte-level vocabulary it uses, and the texts of make_tokenizer_vectors.py,
which cannot be imported: it trains that vocabulary on its own text, and is not to be changed for this. With a GGUF of
Gemma, gemma.json beside it is what SentencePiece makes of texts with the vocabulary in it.
"""
import json, pathlib, sys
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

HERE = pathlib.Path(__file__).parent
FIXTURES = HERE.parent / "test/fixtures/tokenizer"
shared = {"__file__": str(HERE / "make_tokenizer_vectors.py")}
exec((HERE / "make_tokenizer_vectors.py").read_text(encoding="utf8").split("\n\ndef byte_level():")[0], shared)
vectors, EXPLICIT, QWEN2 = shared["vectors"], shared["EXPLICIT"], shared["QWEN2"]

# Letters with a case, as the tokenizer of DeepSeek LLM lists them.
LETTERS = (
    "A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373"
    "\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481"
    "\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B"
    "\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B"
    "\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB"
    "\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128"
    "\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4"
    "\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF"
    "\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A\U00010400-\U0001044F\U000104B0-\U000104D3\U000104D8-\U000104FB"
    "\U00010C80-\U00010CB2\U00010CC0-\U00010CF2\U000118A0-\U000118DF\U0001E900-\U0001E943"
)

# What the tokenizer.json of these models has for a pre-tokeniser (and NFC), in its own words; * marks those of which only
# llama.cpp's words are known.
E = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
UP, LOW, LEAD = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", r"[^\r\n\p{L}\p{N}]?"
TAIL = r"\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = E + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + TAIL
CHINESE = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"
GPT2_CUT = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
iso = lambda regex: pre_tokenizers.Split(Regex(regex), "isolated")
digits = lambda one: pre_tokenizers.Digits(individual_digits=one)
CUTS = {
    "gpt-2": (False, [GPT2_CUT]), "olmo": (True, [GPT2_CUT]), "starcoder": (False, [digits(True), GPT2_CUT]), "command-r": (True, [digits(True), GPT2_CUT]),
    "llama-bpe": (False, [iso(LLAMA3), BYTES]), "dbrx": (False, [iso(LLAMA3), BYTES]), "glm4": (False, [iso(LLAMA3), BYTES]),
    "minicpm5": (False, [iso(r"\p{N}{1,3}"), iso(LLAMA3.replace("{1,3}", "+")), BYTES]),
    "qwen2": (True, [iso(QWEN2), BYTES]), "stablelm2": (False, [iso(QWEN2), BYTES]),
    "seed-coder": (False, [iso(E + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|" + TAIL), BYTES]),
    "bailingmoe": (False, [iso(r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"), BYTES]),
    "deepseek-llm": (False, [iso("[\r\n]"), iso("\\s?[" + LETTERS + "]+"), iso("\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+"), iso(r"\s+$"), iso(CHINESE), iso(r"\p{N}+"), BYTES]),  # *
    "deepseek-coder": (False, [iso("[\r\n]"), iso(r"\s?\p{L}+"), iso(r"\s?\p{P}+"), iso(CHINESE), digits(True), BYTES]),
    "deepseek-v3": (False, [iso(r"\p{N}{1,3}"), iso("[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"), iso(r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""), BYTES]),
    "falcon": (False, [pre_tokenizers.Punctuation("contiguous"), GPT2_CUT, digits(False), iso("[0-9][0-9][0-9]")]),
    "bloom": (False, [iso(r" ?[^(\s|[.,!?…。，、।۔،])]+"), BYTES]), "viking": (False, [iso(r" ?[^(\s|[.,!?…。，、।۔،])]+"), digits(True), BYTES]),
    "tekken": (False, [iso(f"{LEAD}{UP}*{LOW}+|{LEAD}{UP}+{LOW}*|" + r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + TAIL), BYTES]),
    "gpt-4o": (False, [iso(f"{LEAD}{UP}*{LOW}+{E}?|{LEAD}{UP}+{LOW}*{E}?|" + r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + TAIL), BYTES]),
    "kimi-k2": (False, [iso(r"[\p{Han}]+|" + f"{LEAD}[{UP}&&[^\\p{{Han}}]]*[{LOW}&&[^\\p{{Han}}]]+{E}?|{LEAD}[{UP}&&[^\\p{{Han}}]]+[{LOW}&&[^\\p{{Han}}]]*{E}?|" + r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + TAIL), BYTES]),
    "superbpe": (False, [iso(r"\p{N}+"), iso(r"(?=(\d{3})+(?!\d))"), BYTES]),
}
IGNORING = {"llama-bpe", "glm4", "minicpm5", "tekken"}


MORE = ["camelCaseWORDs HTTPServer's I'LL", "1234567 12 3.1415926", "学习machine学习", "a+b=c; x^2|y~ `q`", "foo/\n\n bar\r\n\t  baz   "]


def cuts(model, count, seed):
    """The byte-level vocabulary under every cut."""
    out = {}
    for name, (nfc, steps) in CUTS.items():
        t = Tokenizer(models.BPE(vocab=model["vocab"], merges=[tuple(m) for m in model["merges"]], ignore_merges=name in IGNORING))
        if nfc: t.normalizer = normalizers.NFC()
        t.pre_tokenizer = pre_tokenizers.Sequence(steps)
        out[name] = vectors(lambda s: t.encode(s, add_special_tokens=False).ids, seed, count, EXPLICIT + MORE)
    return out


model = json.loads((FIXTURES / "vectors.json").read_text(encoding="utf8"))["byteLevel"]["tokenizer"]["model"]
made = cuts(model, 500, 7)
(FIXTURES / "cuts.json").write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf8")
print(len(made), "cuts")


def gemma(path, count, seed):
    """A SentencePiece model of the tokens, scores and types in the GGUF, without a space in front."""
    import gguf, sentencepiece
    from sentencepiece import sentencepiece_model_pb2 as proto
    fields = gguf.GGUFReader(path).fields
    tokens, scores, types, unknown = (fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "scores", "token_type", "unknown_token_id"))
    assert fields["tokenizer.ggml.add_space_prefix"].contents() is False
    wanted = proto.ModelProto()
    for i, (token, score, kind) in enumerate(zip(tokens, scores, types)):
        # llama.cpp's converter writes the spaces of what users defined as spaces
        piece = token.replace(" ", "\u2581") if kind == 4 else token
        wanted.pieces.add(piece=piece, score=score, type=2 if i == unknown else kind)
    wanted.trainer_spec.model_type, wanted.trainer_spec.byte_fallback, wanted.trainer_spec.vocab_size = 2, True, len(tokens)
    spec = wanted.normalizer_spec
    spec.name, spec.add_dummy_prefix, spec.remove_extra_whitespaces, spec.escape_whitespaces = "identity", False, False, True
    encode = sentencepiece.SentencePieceProcessor(model_proto=wanted.SerializeToString()).encode
    return vectors(encode, seed, count, EXPLICIT + ["a\n\n\nb", "\t\tx", "    indented", "[multimodal]x", "<table>y"])


if len(sys.argv) > 1:
    made = gemma(sys.argv[1], 5000, 8)
    (FIXTURES / "gemma.json").write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf8")
    print(made["count"], "texts with Gemma's vocabulary")
