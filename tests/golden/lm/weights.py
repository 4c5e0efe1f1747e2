#!/usr/bin/env python3
"""Makes the golden files of the model loader with the gguf package (made with gguf 0.19.0, numpy 2).

Needs gguf and numpy. Writes into the folder weights/ beside this file:

    quantised.gguf   one tensor of 2 x 256 values for each type that is read
    quantised.f32    what gguf.dequantize makes of them, float32, in the order of TYPES
    llama.gguf, qwen2.gguf, qwen3.gguf
                     small whole models. Value i of the Hugging Face tensor NAME is value(NAME, i) below, so the test
                     needs no second copy of the weights; the file stores them under GGUF's names, in its order of
                     rows, in types that hold them exactly.

usage: weights.py
       weights.py --compare MODEL.gguf DUMP     compares what weights_dump wrote of a model file (see weights_dump.cpp)
"""
import pathlib
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T

HERE = pathlib.Path(__file__).resolve().parent / "weights"
TYPES = [T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q4_K, T.Q5_K, T.Q6_K]
# Where the half precision scales of a block lie; everything else in a block may be any bytes.
SCALES = {T.Q8_0: [0], T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208]}
VALUES = 512
HIDDEN, INNER, VOCAB = 32, 64, 262
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>"]


def random_blocks(kind, rng):
    per_block, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (VALUES // per_block, size), dtype=np.uint8)
    for at in SCALES[kind]:
        # Ordinary, huge, tiny, negative and subnormal scales.
        scale = (rng.standard_normal(len(blocks)) * 2.0 ** rng.integers(-20, 12, len(blocks))).astype(np.float16)
        blocks[:, at:at + 2] = scale.view(np.uint8).reshape(-1, 2)
    return blocks.reshape(2, -1)


def quantised():
    rng = np.random.default_rng(11)
    writer = gguf.GGUFWriter(HERE / "quantised.gguf", "none")
    writer.add_string("a.text", "grüße")
    writer.add_array("a.list", ["x", "", "ß"])
    writer.add_array("a.numbers", [3, -4, 5])
    writer.add_uint8("a.u8", 200)
    writer.add_int16("a.i16", -300)
    writer.add_uint64("a.u64", 2**63)
    writer.add_float64("a.f64", 0.1)
    writer.add_bool("a.flag", True)
    expected = []
    for kind in TYPES:
        if kind in SCALES:
            data = random_blocks(kind, rng)
            expected.append(gguf.dequantize(data, kind))
        else:
            # Any bits but those of infinities and NaN.
            wide = (rng.standard_normal((2, VALUES // 2)) * 2.0 ** rng.integers(-20, 12, (2, VALUES // 2))).astype(np.float32)
            data = wide if kind == T.F32 else wide.astype(np.float16) if kind == T.F16 else gguf.quantize(wide, kind)
            expected.append(gguf.dequantize(data, kind).reshape(2, -1))
        writer.add_tensor(kind.name, data, raw_dtype=kind)
    write(writer)
    (HERE / "quantised.f32").write_bytes(b"".join(np.ascontiguousarray(e, dtype="<f4").tobytes() for e in expected))


def write(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def value(name, count):
    """Multiples of 1/64 up to 127/64, with 127/64 in every 32: exact in every type, Q8_0 included."""
    seed = 0
    for byte in name.encode():
        seed = (seed * 31 + byte) % 65521
    i = np.arange(count)
    steps = (seed + i * 7 + i // 32 * 5) % 255 - 127
    steps[::32] = 127
    return (steps / 64).astype(np.float32)


def permuted(weight, heads):
    """Hugging Face's order of rows to that of GGUF's llama family."""
    half = weight.shape[0] // heads // 2
    return weight.reshape(heads, 2, half, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def byte_tokens():
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet = {b: chr(b) for b in shown}
    alphabet.update({b: chr(256 + i) for i, b in enumerate(b for b in range(256) if b not in alphabet)})
    return [alphabet[b] for b in range(256)]


def model(family, heads, kv_heads, head_dim, tied, kind, pre, layers=1):
    writer = gguf.GGUFWriter(HERE / f"{family}.gguf", family)
    writer.add_type("model")
    writer.add_block_count(layers)
    writer.add_context_length(512)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(500000.0)
    if head_dim * heads != HIDDEN:
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
    tokens = byte_tokens() + ["ab", "abc"] + SPECIAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([1] * 258 + [3] * 3 + [4])
    writer.add_token_merges(["a b", "ab c"])
    writer.add_bos_token_id(258)
    writer.add_eos_token_id(260)
    writer.add_eot_token_id(258)
    writer.add_chat_template("{{ messages }}")

    def add(theirs, name, shape, stored):
        data = value(name, int(np.prod(shape))).reshape(shape)
        if family == "llama" and theirs.endswith(("attn_q.weight", "attn_k.weight")):
            data = permuted(data, heads if "attn_q" in theirs else kv_heads)
        packed = data.astype(np.float16) if stored == T.F16 else gguf.quantize(data, stored)
        writer.add_tensor(theirs, packed, raw_dtype=stored)

    add("token_embd.weight", "model.embed_tokens.weight", (VOCAB, HIDDEN), kind)
    add("output_norm.weight", "model.norm.weight", (HIDDEN,), T.F32)
    if not tied:
        add("output.weight", "lm_head.weight", (VOCAB, HIDDEN), kind)
    if family == "llama":
        writer.add_tensor("rope_freqs.weight", llama3_divisors(head_dim, 500000.0, 8.0))
    queries, keys = heads * head_dim, kv_heads * head_dim
    for layer in range(layers):
        theirs, ours = f"blk.{layer}.", f"model.layers.{layer}."
        add(theirs + "attn_norm.weight", ours + "input_layernorm.weight", (HIDDEN,), T.F32)
        add(theirs + "ffn_norm.weight", ours + "post_attention_layernorm.weight", (HIDDEN,), T.F32)
        for short, rows, columns in (("q", queries, HIDDEN), ("k", keys, HIDDEN), ("v", keys, HIDDEN)):
            add(theirs + f"attn_{short}.weight", ours + f"self_attn.{short}_proj.weight", (rows, columns), kind)
            if family == "qwen2":
                add(theirs + f"attn_{short}.bias", ours + f"self_attn.{short}_proj.bias", (rows,), T.F32)
            if family == "qwen3" and short != "v":
                add(theirs + f"attn_{short}_norm.weight", ours + f"self_attn.{short}_norm.weight", (head_dim,), T.F32)
        add(theirs + "attn_output.weight", ours + "self_attn.o_proj.weight", (HIDDEN, queries), kind)
        for short, rows, columns in (("gate", INNER, HIDDEN), ("up", INNER, HIDDEN), ("down", HIDDEN, INNER)):
            add(theirs + f"ffn_{short}.weight", ours + f"mlp.{short}_proj.weight", (rows, columns), kind)
    write(writer)


def llama3_divisors(head_dim, theta, factor, low=1.0, high=4.0, original=8192):
    """What the converter of llama.cpp stores for Llama 3's rotary scaling."""
    wave = 2 * np.pi * theta ** (np.arange(0, head_dim, 2) / head_dim)
    smooth = (original / wave - low) / (high - low)
    middle = 1 / ((1 - smooth) / factor + smooth)
    return np.where(wave < original / high, 1, np.where(wave > original / low, factor, middle)).astype(np.float32)


def bf16(values):
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def compare(path, dump):
    """Every tensor of a file of the families above, as xrouter hands it out, against gguf.dequantize."""
    reader = gguf.GGUFReader(path)
    family = str(bytes(reader.fields["general.architecture"].parts[-1]), "utf-8")
    number = lambda key: int(reader.fields[f"{family}.{key}"].parts[-1][0])
    heads = {"attn_q": number("attention.head_count"), "attn_k": number("attention.head_count_kv")}
    tensors = {t.name: t for t in reader.tensors}
    names = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output", "input_layernorm": "attn_norm",
             "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
             "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
             "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
    equal = different = values = 0
    with open(dump, "rb") as file:
        while line := file.readline().split():
            name, dtype, size = line[0].decode(), line[1].decode(), int(line[2])
            stem, kind = name.rsplit(".", 1)
            part = stem.split(".")
            theirs = names[stem] if stem in names else f"blk.{part[2]}." + names[".".join(part[3:])]
            tensor = tensors[f"{theirs}.{kind}"]
            data = gguf.dequantize(tensor.data, tensor.tensor_type)
            if family == "llama" and theirs.split(".")[-1] in heads:
                count = heads[theirs.split(".")[-1]]
                data = data.reshape(count, data.shape[0] // count // 2, 2, *data.shape[1:]).swapaxes(1, 2).reshape(data.shape)
            wanted = bf16(data) if dtype == "bf16" else np.ascontiguousarray(data, dtype={"f32": np.float32, "f16": np.float16}[dtype])
            same = wanted.tobytes() == file.read(size)
            equal, different, values = equal + same, different + (not same), values + data.size
            if not same:
                print("different:", name)
    print(f"{equal} tensors equal, {different} different, {values} values")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--compare"]:
        compare(*sys.argv[2:])
    HERE.mkdir(exist_ok=True)
    quantised()
    model("llama", heads=4, kv_heads=2, head_dim=8, tied=False, kind=T.Q8_0, pre="llama-bpe")
    model("qwen2", heads=4, kv_heads=1, head_dim=8, tied=True, kind=T.F16, pre="qwen2")
    model("qwen3", heads=2, kv_heads=1, head_dim=32, tied=True, kind=T.BF16, pre="qwen2")
