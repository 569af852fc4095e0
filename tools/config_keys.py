"""Which keys of config.json transformers' code for a model_type reads, and their defaults: src/models/config/keysRead.ts.

usage: config_keys.py OUT.ts OLDER     then: npx prettier --write OUT.ts
The names are those of the table in src/models/families.ts.
Needs: transformers 5.24, whose source is read (no model is made); OLDER: the folder `transformers` of an unpacked 4.57 wheel. What either
reads counts as read.

A key is read by what the class of the language model reaches in its own modeling file (not by heads of other tasks, nor by the
making of new weights), by the masks and rotary positions that it imports, and by the configuration class when it is made.
"""
import ast, json, pathlib, re, sys
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES,
    MODEL_MAPPING_NAMES,
)

FAMILIES = (pathlib.Path(__file__).parent.parent / "src/models/families.ts").read_text()


def types():
    """The names in the table of families, but for those that are another's spec: these are read by its keys."""
    rows = re.findall(r'^  "?([\w-]+)"?(?:: (\w+))?,$', FAMILIES.split("export const FAMILIES")[1].split("};")[0], re.M)
    others = re.search(r"import \{([^}]*)\} from \"./families/sameSpec.ts\"", FAMILIES)[1]
    return [name for name, value in rows if (value or name) not in re.findall(r"\w+", others)]


# Encoders of text, encoder-decoders, and models that see or hear, each with the table that names its class.
BEYOND = {
    **dict.fromkeys("bert camembert distilbert modernbert roberta xlm-roberta".split(), MODEL_FOR_MASKED_LM_MAPPING_NAMES),
    **dict.fromkeys("bart marian mbart mt5 t5".split(), MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES),
    "whisper": MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES,
    **dict.fromkeys("gemma3 llava".split(), MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES),
    **dict.fromkeys("clip clip_text_model clip_vision_model deit dinov2 dinov2_with_registers siglip siglip_text_model siglip_vision_model vit".split(), MODEL_MAPPING_NAMES),
}
TYPES = [*sorted(set(types()) - set(BEYOND)), *BEYOND]
NOTHING = object()


def trees(folder, prefix):
    return [ast.parse(path.read_text()) for path in sorted(folder.glob(f"{prefix}_*.py"))]


def definitions(modules):
    """Classes, functions and tables (FALCON_ATTENTION_CLASSES) by name."""
    found = {}
    for node in (node for tree in modules for node in tree.body):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found[node.name] = node
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node
    return found


def reached(start, known):
    """Definitions that the names in `start` lead to, directly or through others; making new weights is left out."""
    found, waiting = {}, [*start]
    while waiting:
        name = waiting.pop()
        if name in found or name not in known:
            continue
        node = found[name] = known[name]
        parts = [part for part in getattr(node, "body", [node]) if getattr(part, "name", "") != "_init_weights"] + getattr(node, "bases", [])
        waiting += {inner.id for part in parts for inner in ast.walk(part) if isinstance(inner, ast.Name)}
    return found.values()


def is_config(node):
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in ("config", "text_config", "cfg", "decoder_config")


def keys_in(nodes, of=is_config):
    """x in config.x, getattr(config, "x") and hasattr(config, "x")."""
    for root in nodes:
        for part in [p for p in getattr(root, "body", [root]) if getattr(p, "name", "") not in ("_init_weights", "to_dict")]:
            for node in ast.walk(part):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and of(node.value):
                    yield node.attr
                call = node if isinstance(node, ast.Call) else None
                if call and getattr(call.func, "id", "") in ("getattr", "hasattr") and of(call.args[0]) and isinstance(call.args[1], ast.Constant):
                    yield call.args[1].value


def literal(node):
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return NOTHING


def constant(node):
    """Numbers may be written as products, such as 128 * 1024."""
    value = literal(node)
    if value is NOTHING and isinstance(node, ast.BinOp):
        try:
            return eval(compile(ast.Expression(node), "", "eval"), {"__builtins__": {}})
        except Exception:
            return NOTHING
    return value


class Settings:
    """What a configuration class declares, reads while it is made, and calls by other names."""

    def __init__(self, name, known):
        self.declared, self.read, self.aliases, self.defined, self.popped, self.fixed = {}, set(), {}, set(), set(), {}
        chain = []
        while name in known:
            chain.append(known[name])
            name = next((base.id for base in known[name].bases if isinstance(base, ast.Name)), "")
        for node in reversed(chain):
            for part in node.body:
                self.take(part)

    def take(self, part):
        if isinstance(part, ast.AnnAssign) and "ClassVar" not in ast.dump(part.annotation):
            self.declared[part.target.id] = constant(part.value) if part.value else NOTHING
        if isinstance(part, ast.Assign) and getattr(part.targets[0], "id", "") == "attribute_map":
            self.aliases |= literal(part.value)
        if not isinstance(part, ast.FunctionDef):
            return
        self.defined.add(part.name)
        if part.name == "__init__":
            arguments = part.args.args[1:] + part.args.kwonlyargs
            without = len(part.args.args) - 1 - len(part.args.defaults)
            defaults = [None] * without + part.args.defaults + part.args.kw_defaults
            self.declared.update({a.arg: constant(d) if d is not None else NOTHING for a, d in zip(arguments, defaults)})
        if part.name in ("to_dict", "validate_architecture", "validate_rope"):
            return
        for node in ast.walk(part):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute) and getattr(node.targets[0].value, "id", "") == "self":
                if node.targets[0].attr not in self.declared and constant(node.value) is not NOTHING:
                    self.fixed[node.targets[0].attr] = constant(node.value)
        is_self = lambda node: isinstance(node, ast.Name) and node.id == "self"
        self.read.update(keys_in([part], is_self))
        for node in ast.walk(part):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop") and getattr(node.func.value, "id", "") == "kwargs":
                self.read.add(literal(node.args[0]))
                self.popped |= {literal(node.args[0])} if part.name in ("__init__", "__post_init__") else set()


# Helpers outside a model's own file that read its configuration.
HELPERS = ("masking_utils", "modeling_rope_utils")
ROPE = {"rope_theta", "rope_scaling", "rope_parameters", "partial_rotary_factor", "original_max_position_embeddings"}


def package(root):
    """model_type -> settings and keys that are read, from the source in `root`."""
    helpers = {name: definitions([ast.parse((root / f"{name}.py").read_text())]) for name in HELPERS}
    for model_type in TYPES:
        config_class = CONFIG_MAPPING[model_type]
        folder = root / "models" / config_class.__module__.split(".")[-2]
        if not folder.exists():
            continue
        modeling = trees(folder, "modeling")
        names = BEYOND.get(model_type, MODEL_FOR_CAUSAL_LM_MAPPING_NAMES).get(model_type, config_class.__name__.replace("Config", "Model"))
        own = reached([names] if isinstance(names, str) else names, definitions(modeling))
        read = set(keys_in(own))
        for node in (node for tree in modeling for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module):
            module = node.module.split(".")[-1]
            if module in helpers:
                read |= set(keys_in(reached([alias.name for alias in node.names], helpers[module])))
                read |= ROPE if module == "modeling_rope_utils" else set()
        yield model_type, Settings(config_class.__name__, definitions(trees(folder, "configuration"))), read


# Methods, and what is no key of a file.
NO_KEYS = set("""get_text_config standardize_rope_params to_dict validate_rope sub_configs model_type nested_rope_parameter_keys convert_rope_params_to_dict
default_theta is_heterogeneous ignore_keys_at_rope_validation attribute_map architectures dtype base_model_tp_plan per_layer_config _attn_implementation
_rope_scaling_validation _post_init_done""".split())


def table(root):
    made = {}
    for model_type, settings, read in package(root):
        keys = {settings.aliases.get(key, key) for key in read | settings.read if isinstance(key, str)}
        keys -= NO_KEYS | settings.defined - set(settings.declared)
        made[model_type] = {
            "reads": {key: settings.declared.get(key, settings.fixed.get(key, NOTHING)) for key in keys if not key.startswith("__")},
            "ignores": set(settings.declared) - keys - {"kwargs"},
            "aliases": settings.aliases,
        }
    return made


def merged(new, old):
    """What either reads; defaults of the newer one, which reads files of both."""
    reads = {**old["reads"], **{key: value for key, value in new["reads"].items() if value is not NOTHING or key not in old["reads"]}}
    return {"reads": reads, "ignores": (new["ignores"] | old["ignores"]) - set(reads), "aliases": {**old["aliases"], **new["aliases"]}}


NONE = {"reads": {}, "ignores": set(), "aliases": {}}


def general(older):
    """Keys that every configuration may have: those of generation, and what the base class declares."""
    base = set(transformers.GenerationConfig().to_dict())
    for root in (pathlib.Path(transformers.__file__).parent, older):
        settings = Settings("PretrainedConfig" if root == older else "PreTrainedConfig", definitions([ast.parse((root / "configuration_utils.py").read_text())]))
        base |= set(settings.declared) | {key for key in settings.read if isinstance(key, str) and key in settings.popped}
    return base - MATTER - ROPE - {"kwargs", "attn_implementation", "experts_implementation"}


# Keys of the base class that change what is computed.
MATTER = {"is_encoder_decoder", "add_cross_attention", "tie_word_embeddings", "per_layer_config", "pruned_heads", "quantization_config"}


def written(value):
    if value is NOTHING:
        return "NO_DEFAULT"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(written(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))}: {written(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


def lines(model_type, keys, known):
    """One line for each key that is not among those of every configuration."""
    name = json.dumps(model_type)
    yield f"  {name}: {{"
    yield "    reads: {"
    yield from (f"      {json.dumps(key)}: {written(value)}," for key, value in sorted(keys["reads"].items()) if key not in known)
    yield "    },"
    yield "    ignores: ["
    yield from (f"      {json.dumps(key)}," for key in sorted(keys["ignores"] - known))
    yield "    ],"
    yield f"    aliases: {json.dumps(dict(sorted(keys['aliases'].items())))},"
    yield "  },"


def main(out, older):
    older = pathlib.Path(older)
    known = general(older)
    new, old = table(pathlib.Path(transformers.__file__).parent), table(older)
    text = [
        "/**",
        f" * @file Written by tools/config_keys.py from the source of transformers {transformers.__version__} and 4.57; do not edit. Which keys of config.json the",
        " * code for each model_type reads, with their defaults; which it declares and ignores; other names of keys.",
        " */",
        'import { NO_DEFAULT, type TypeKeys } from "./typeKeys.ts";',
        "",
        "/** Keys of every configuration that change nothing about a forward pass: of generation, and of the base class. */",
        "export const GENERAL_KEYS: readonly string[] = [",
        *(f"  {json.dumps(key)}," for key in sorted(known)),
        "];",
        "",
        "/** By model_type. */",
        "export const KEYS_READ: Readonly<Record<string, TypeKeys>> = {",
        *(line for model_type in TYPES for line in lines(model_type, merged(new[model_type], old.get(model_type, NONE)), known)),
        "};",
        "",
    ]
    pathlib.Path(out).write_text("\n".join(text))


if __name__ == "__main__":
    main(*sys.argv[1:])
