"""Record what transformers makes of tokenizer folders: test/fixtures/tokenizer/folders.json.

usage: make_folder_tokenizer_vectors.py VECTORS.json OUT.json
Needs: transformers 5.24, tokenizers 0.23. VECTORS.json is test/fixtures/tokenizer/vectors.json, whose vocabularies are used.

A case has the files of a folder (the text "VOCAB" and "MERGES" stand for the byte-level vocabulary), ids of some texts
without BOS, what BOS is and whether a text gets one, and the EOS that it gets.
"""
import copy, json, pathlib, sys, tempfile
from transformers import AutoTokenizer

vectors_path, out_path = sys.argv[1:]
VECTORS = json.loads(pathlib.Path(vectors_path).read_text(encoding="utf8"))
BYTE, META = VECTORS["byteLevel"]["tokenizer"], VECTORS["metaspace"]["tokenizer"]
VOCAB, MERGES = BYTE["model"]["vocab"], BYTE["model"]["merges"]
SIZE = max(VOCAB.values()) + 1
TEXTS = ["", "Hello world", "2024 I'M <|im_start|>user", "e\u0301 x", " two  spaces 12345", "<|endoftext|>a", "a <tool> b<|im_end|>\n", "it'S We'LL"]

token = lambda content, special=True, **more: dict(content=content, lstrip=False, normalized=False, rstrip=False, single_word=False, special=special, **more)
CHAT = {str(SIZE): token("<|im_start|>"), str(SIZE + 1): token("<|im_end|>"), str(SIZE + 2): token("<tool>", False)}
ADDED = {"<|im_start|>": SIZE, "<|im_end|>": SIZE + 1, "<tool>": SIZE + 2}
END = "<|endoftext|>"


def slow(model_type, config=None, **files):
    out = {"config.json": {"model_type": model_type}, "vocab.json": "VOCAB", "merges.txt": "MERGES"}
    if config is not None: out["tokenizer_config.json"] = config
    return {**out, **files}


def fast(base, model_type, template, config):
    out = {"config.json": {"model_type": model_type}, "tokenizer.json": [base, template], "tokenizer_config.json": config}
    return out


CASES = {
    "qwen2 with added_tokens_decoder": slow("qwen2", dict(tokenizer_class="Qwen2Tokenizer", added_tokens_decoder=CHAT, add_bos_token=False, bos_token=None, eos_token="<|im_end|>", pad_token=END, unk_token=None), **{"added_tokens.json": ADDED}),
    "qwen3 with added_tokens.json alone": slow("qwen3", dict(tokenizer_class="Qwen2Tokenizer", add_prefix_space=False), **{"added_tokens.json": ADDED, "special_tokens_map.json": dict(eos_token="<|im_end|>", additional_special_tokens=["<|im_start|>", "<|im_end|>"])}),
    "qwen2 by model_type": slow("qwen2", dict(add_prefix_space=False), **{"added_tokens.json": ADDED}),
    "gpt2 by its class": slow("gpt2", dict(tokenizer_class="GPT2Tokenizer")),
    "gpt2 by model_type": slow("gpt2"),
    "gpt2 with a space in front": slow("gpt2", dict(tokenizer_class="GPT2Tokenizer", add_prefix_space=True)),
    "opt, which adds a BOS": slow("opt", dict(tokenizer_class="GPT2Tokenizer", add_bos_token=True, bos_token=dict(__type="AddedToken", **token("<tool>")), errors="replace"), **{"added_tokens.json": ADDED}),
    "gpt2 with a BOS of its own": slow("gpt2", dict(tokenizer_class="GPT2Tokenizer", add_bos_token=True), **{"special_tokens_map.json": dict(bos_token=token("<|im_start|>")), "added_tokens.json": ADDED}),
    "gpt_neox": slow("gpt_neox", dict(tokenizer_class="GPTNeoXTokenizer")),
    "codegen": slow("phi", dict(tokenizer_class="CodeGenTokenizer"), **{"added_tokens.json": ADDED}),
    "roberta": slow("roberta", dict(tokenizer_class="RobertaTokenizer")),
    "bart, which is read as RoBERTa": slow("bart", dict(tokenizer_class="BartTokenizer", add_prefix_space=True), **{"added_tokens.json": ADDED}),
    "mpt by model_type": slow("mpt"),
    "cohere": slow("cohere", dict(tokenizer_class="CohereTokenizer", bos_token=END, add_bos_token=True)),
}
for base, model_type, cls in (("byteLevel", "gpt2", "GPT2Tokenizer"), ("byteLevel", "gpt_neox", "GPTNeoXTokenizer"), ("byteLevel", "qwen3", "Qwen2Tokenizer"), ("byteLevel", "llama", "PreTrainedTokenizerFast"), ("metaspace", "llama", "LlamaTokenizer"), ("metaspace", "llama", "PreTrainedTokenizerFast")):
    bos = END if base == "byteLevel" else "<s>"
    for template in (None, bos):
        for flag in (None, True, False):
            for name in ({}, dict(bos_token=bos)):
                config = dict(tokenizer_class=cls, **name, **({} if flag is None else dict(add_bos_token=flag)))
                said = f"{cls} ({base}), template {template}, add_bos_token {flag}, {'names' if name else 'does not name'} bos_token"
                CASES[said] = fast(base, model_type, template, config)
for cls, model_type in (("GPT2Tokenizer", "gpt2"), ("GPTNeoXTokenizer", "gpt_neox"), ("PreTrainedTokenizerFast", "llama")):
    for inside in (True, False):
        for flag in (None, True, False):
            config = dict(tokenizer_class=cls, **({} if flag is None else dict(add_prefix_space=flag)))
            CASES[f"{cls}, ByteLevel add_prefix_space {inside}, configuration {flag}"] = fast("spaced" if inside else "plain", model_type, None, config)


for cls, model_type in (("GPT2Tokenizer", "gpt2"), ("GPTNeoXTokenizer", "gpt_neox"), ("PreTrainedTokenizerFast", "llama")):
    for template in ([END, END], [None, END], None):
        for flag in (None, True, False):
            config = dict(tokenizer_class=cls, bos_token=END, eos_token=END, **({} if flag is None else dict(add_eos_token=flag)))
            CASES[f"{cls}, ends of the template {template}, add_eos_token {flag}"] = fast("byteLevel", model_type, template, config)
for flag in (True, False):
    CASES[f"gpt2 with add_eos_token {flag}"] = slow("gpt2", dict(tokenizer_class="GPT2Tokenizer", add_eos_token=flag))
CASES["qwen2 with add_eos_token and its own end"] = slow("qwen2", dict(tokenizer_class="Qwen2Tokenizer", add_eos_token=True, eos_token="<|im_end|>"), **{"added_tokens.json": ADDED})
CASES["gpt2 with split_special_tokens"] = slow("gpt2", dict(tokenizer_class="GPT2Tokenizer", split_special_tokens=True, added_tokens_decoder=CHAT))
CASES["qwen2 with split_special_tokens false"] = slow("qwen2", dict(tokenizer_class="Qwen2Tokenizer", split_special_tokens=False, added_tokens_decoder=CHAT))
CASES["tokenizer.json with split_special_tokens"] = fast("byteLevel", "llama", None, dict(tokenizer_class="PreTrainedTokenizerFast", split_special_tokens=True))
CASES["roberta with split_special_tokens"] = slow("roberta", dict(tokenizer_class="RobertaTokenizer", split_special_tokens=True))


def tokenizer_json(base, template):
    out = copy.deepcopy(META if base == "metaspace" else BYTE)
    if base in ("spaced", "plain"):
        out["normalizer"] = None
        out["pre_tokenizer"] = dict(type="ByteLevel", add_prefix_space=base == "spaced", trim_offsets=True, use_regex=True)
    first, last = template if isinstance(template, list) else (template, None)
    special = {name: dict(id=name, ids=[next(each["id"] for each in out["added_tokens"] if each["content"] == name)], tokens=[name]) for name in (first, last) if name is not None}
    around = lambda name: [] if name is None else [dict(SpecialToken=dict(id=name, type_id=0))]
    text = lambda name, type_id: dict(Sequence=dict(id=name, type_id=type_id))
    out["post_processor"] = dict(type="TemplateProcessing", single=around(first) + [text("A", 0)] + around(last), pair=around(first) + [text("A", 0), text("B", 1)] + around(last), special_tokens=special)
    return out


def content(name, value):
    if value == "VOCAB": return json.dumps(VOCAB, ensure_ascii=False)
    if value == "MERGES": return "#version: 0.2\n" + "\n".join(" ".join(pair) for pair in MERGES) + "\n"
    return json.dumps(tokenizer_json(*value) if name == "tokenizer.json" else value, ensure_ascii=False)


def recorded(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, value in files.items(): (pathlib.Path(folder) / name).write_text(content(name, value), encoding="utf8")
        tokenizer = AutoTokenizer.from_pretrained(folder)
        plain = [tokenizer(text, add_special_tokens=False).input_ids for text in TEXTS]
        whole, bare = tokenizer("Hello").input_ids, tokenizer("Hello", add_special_tokens=False).input_ids
        at = next(at for at in (0, 1) if whole[at : at + len(bare)] == bare)
        added, ends = whole[:at], whole[at + len(bare) :]
        assert len(ends) <= 1
        return dict(files=files, ids=plain, bos=tokenizer.bos_token_id, adds=added[0] if added else None, ends=ends[0] if ends else None, class_=type(tokenizer).__name__)


out = {name: recorded(files) for name, files in CASES.items()}
for name, case in out.items(): print(name, "->", case["class_"], case["bos"], case["adds"], case["ends"])
for case in out.values(): del case["class_"]
pathlib.Path(out_path).write_text(json.dumps(dict(texts=TEXTS, cases=out), ensure_ascii=False, indent=1) + "\n", encoding="utf8")
