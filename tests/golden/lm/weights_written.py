#!/usr/bin/env python3
"""Do transformers and PEFT read what xrouter writes? Copies folders with weights_dump and opens them there.

Needs torch, transformers, peft and safetensors (run with torch 2.11.0, transformers 5.23.0, peft 0.21.2).

usage: weights_written.py WEIGHTS_DUMP            the small models of transformer/, whole and in shards, and the adapter
       weights_written.py WEIGHTS_DUMP MODEL.gguf the same for a GGUF file, against transformers' own reading of it
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
import transformers
from peft import PeftModel

HERE = pathlib.Path(__file__).resolve().parent / "transformer"
PROMPT = torch.tensor([[72, 101, 108, 108, 111, 44, 32, 119]])


def load(folder, **options):
    model, info = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True, **options)
    wrong = {key: sorted(value) for key, value in info.items() if value and key != "error_msgs"}
    assert not wrong, wrong
    return model.eval()


def logits(model):
    with torch.no_grad():
        return model(PROMPT).logits


def same_config(a, b):
    """Everything that shapes the computation, under whatever names this version of transformers has for it."""
    a, b = a.to_dict(), b.to_dict()
    ignored = {"_name_or_path", "architectures", "transformers_version", "dtype", "torch_dtype", "bos_token_id", "pad_token_id", "pretraining_tp", "initializer_range",
               "unsloth_fixed", "is_llama_config", "rope_interleaved", "transformers.js_config", "max_window_layers", "output_attentions"}
    ignored |= {"head_dim"} if a.get("model_type") == "qwen2" else set()  # no field of that class
    ignored |= {"quantization_config", "_model_name_or_path", "unk_token_id"}  # of GGUF files only
    return {key: (a.get(key), b.get(key)) for key in sorted((a.keys() | b.keys()) - ignored) if a.get(key) != b.get(key)}


def folders(dump, scratch):
    for name in ("llama", "qwen2", "qwen3"):
        for shard in ("5000000000", "40000"):
            copy = scratch / f"{name}-{shard}"
            subprocess.run([dump, "--copy", HERE / name, copy, shard], check=True, stdout=subprocess.DEVNULL)
            first, second = load(HERE / name), load(copy)
            files = len(list(copy.glob("*.safetensors")))
            difference = same_config(first.config, second.config)
            assert torch.equal(logits(first), logits(second)) and not difference, difference
            assert transformers.AutoTokenizer.from_pretrained(copy)("Hello, w")["input_ids"]
            print(f"{name}: {files} file(s), logits equal, config equal, tokenizer read")
    copy = scratch / "lora"
    subprocess.run([dump, "--copy-adapter", HERE / "lora", copy], check=True)
    first = PeftModel.from_pretrained(load(HERE / "llama"), HERE / "lora")
    second = PeftModel.from_pretrained(load(HERE / "llama"), copy)
    assert torch.equal(logits(first), logits(second)) and not torch.equal(logits(first), logits(load(HERE / "llama")))
    print("lora: PEFT reads it, logits equal, modules", sorted(json.loads((copy / "adapter_config.json").read_text())["target_modules"]))


def gguf(dump, path, scratch):
    copy = scratch / "copy"
    subprocess.run([dump, "--copy", path, copy], check=True, stdout=subprocess.DEVNULL)
    path = pathlib.Path(path).resolve()
    theirs, ours = load(path.parent, gguf_file=path.name), load(copy)
    worst = 0.0
    ours_state = ours.state_dict()
    for name, weight in theirs.state_dict().items():
        rounded = weight.bfloat16().float() if weight.dim() == 2 else weight
        assert torch.equal(rounded, ours_state[name]), name
        worst = max(worst, float((weight - ours_state[name]).abs().max()))
    tokenizers = [transformers.AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name), transformers.AutoTokenizer.from_pretrained(copy)]
    for text in (pathlib.Path(__file__).read_text(), "h\u00e9llo e\u0301 \U0001F600 12345  it's\n\n", "<|im_start|>user\n1<|im_end|>"):
        first, second = (tokenizer(text, add_special_tokens=False)["input_ids"] for tokenizer in tokenizers)
        assert first == second, (text[:40], first[:20], second[:20])
    chat = [{"role": "user", "content": "Hi"}]
    first, second = (tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) for tokenizer in tokenizers)
    assert first == second, (first, second)
    print(f"{path.name}: {len(ours_state)} weights equal after rounding to bf16 (largest rounding {worst:.3g}); tokens and chat template equal; config differs in", same_config(theirs.config, ours.config))


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as scratch:
        if len(sys.argv) > 2:
            gguf(sys.argv[1], sys.argv[2], pathlib.Path(scratch))
        else:
            folders(sys.argv[1], pathlib.Path(scratch))
