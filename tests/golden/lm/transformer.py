#!/usr/bin/env python3
"""Makes the golden numbers of the transformer: small random models, a LoRA adapter, SmolLM2-135M.

Needs torch, transformers, peft, safetensors, tokenizers and gguf (made with torch 2.11.0, transformers 5.23.0,
peft 0.21.2). Writes into the folder transformer/ beside this file:

    llama/ qwen2/ qwen3/   folders of random models, weights stored in bf16
    lora/                  a PEFT adapter for llama/
    golden.txt             logits, log-probs and greedy continuations of them, computed in float32 and in bf16
    smollm2.txt            the same of SmolLM2-135M-Instruct, when its GGUF file is given

A line is a word, or a precision and a word, and numbers: of a case the name, the prompt's ids, and for each
precision the log-prob of every prompt token but the first, the ids of the greedy continuation and their
log-probs, and some rows: index, mean and logsumexp, then the ids (when not all of them) and their logits.

usage: transformer.py [SmolLM2-135M-Instruct.Q4_1.gguf]

The weights of SmolLM2 are the dequantised ones rounded to bf16, as xrouter holds them; norms stay float32.
"""
import pathlib
import shutil
import sys

import peft
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

HERE = pathlib.Path(__file__).resolve().parent / "transformer"
VOCAB = 272  # the 256 bytes and a few special tokens
COMMON = dict(vocab_size=VOCAB, hidden_size=64, intermediate_size=96, num_hidden_layers=2, max_position_embeddings=2048,
              bos_token_id=256, eos_token_id=257, pad_token_id=None, attention_dropout=0.0)


def configs():
    yield "llama", transformers.LlamaConfig(
        **COMMON, num_attention_heads=8, num_key_value_heads=2, head_dim=16, tie_word_embeddings=True, rms_norm_eps=1e-5,
        # A short original length, so that all three parts of the scaling are at work.
        rope_parameters=dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64))
    yield "qwen2", transformers.Qwen2Config(
        **COMMON, num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True, rms_norm_eps=1e-6,
        rope_parameters=dict(rope_type="default", rope_theta=1000000.0))
    yield "qwen3", transformers.Qwen3Config(
        **COMMON, num_attention_heads=4, num_key_value_heads=1, head_dim=32, tie_word_embeddings=False, rms_norm_eps=1e-6,
        rope_parameters=dict(rope_type="default", rope_theta=1000000.0))


def randomise(model, seed):
    """Weights large enough for distributions that are far from flat; biases and norms that are not trivial."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            noise = torch.randn(weight.shape, generator=generator)
            if name.endswith("norm.weight"):
                weight.copy_(1 + 0.3 * noise)
            elif name.endswith("bias"):
                weight.copy_(0.5 * noise)
            elif "embed_tokens" in name or "lm_head" in name:
                weight.copy_(0.4 * noise)
            else:
                weight.copy_(noise * 1.3 / weight.shape[1] ** 0.5)


def byte_tokenizer():
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({symbol: i for i, symbol in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<s>", "</s>"])
    return tokenizer


def rounded(values, digits=8):
    return [float(f"%.{digits}g" % value) for value in values]


def numbers(model, prompt, continuation=24, rows=3, top=None):
    """Logits of some rows, the log-prob of each prompt token behind those before it, a greedy continuation."""
    ids = torch.tensor([prompt])
    with torch.no_grad():
        logits = model(ids).logits[0].float()
        logprobs = torch.log_softmax(logits, -1)
        greedy, greedy_logprobs, past, step = [], [], None, ids
        for _ in range(continuation):
            out = model(step, past_key_values=past, use_cache=True)
            past = out.past_key_values
            last = torch.log_softmax(out.logits[0, -1].float(), -1)
            greedy.append(int(last.argmax()))
            greedy_logprobs.append(float(last.max()))
            step = torch.tensor([[greedy[-1]]])
    at = sorted({round(i * (len(prompt) - 1) / (rows - 1)) for i in range(rows)})
    found = {
        "token_logprobs": rounded([float(logprobs[i, prompt[i + 1]]) for i in range(len(prompt) - 1)]),
        "greedy": greedy,
        "greedy_logprobs": rounded(greedy_logprobs),
        "rows": [],
    }
    for row in at:
        entry = {"at": row, "mean": rounded([float(logits[row].double().mean())])[0], "logsumexp": rounded([float(logits[row].double().logsumexp(0))])[0]}
        if top is None:
            entry["logits"] = rounded(logits[row].tolist())
        else:
            best = logits[row].topk(top)
            entry["ids"] = best.indices.tolist()
            entry["logits"] = rounded(best.values.tolist())
        found["rows"].append(entry)
    return found


def write(file, golden):
    lines = []
    add = lambda *words: lines.append(" ".join(str(word) for word in words))
    for name, cases in golden.items():
        for case in cases:
            add("case", name)
            add("prompt", *case["prompt"])
            for precision in ("f32", "bf16"):
                found = case[precision]
                for key in ("token_logprobs", "greedy", "greedy_logprobs"):
                    add(precision, key, *found[key])
                for row in found["rows"]:
                    add(precision, "row", row["at"], row["mean"], row["logsumexp"])
                    if "ids" in row:
                        add(precision, "ids", *row["ids"])
                    add(precision, "logits", *row["logits"])
    (HERE / file).write_text("\n".join(lines) + "\n")


def cast(model, dtype):
    """The weights only: model.to(dtype) would round the rotary frequencies too, which loading in bf16 does not."""
    for weight in model.parameters():
        weight.data = weight.data.to(dtype)
    return model.eval()


def both_precisions(model, prompt, **options):
    # bf16 and back is exact for what was bf16; the norms of a GGUF file are kept as they were.
    held = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    f32 = numbers(cast(model, torch.float32), prompt, **options)
    bf16 = numbers(cast(model, torch.bfloat16), prompt, **options)
    for name, weight in model.named_parameters():
        weight.data = held[name]
    return {"prompt": prompt, "f32": f32, "bf16": bf16}


def prompts(lengths):
    generator = torch.Generator().manual_seed(5)
    return [torch.randint(0, 256, (length,), generator=generator).tolist() for length in lengths]


def small_models():
    golden = {}
    for seed, (name, config) in enumerate(configs()):
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        model = transformers.AutoModelForCausalLM.from_config(config)
        randomise(model, seed)
        model = model.bfloat16()
        model.save_pretrained(folder)
        byte_tokenizer().save(str(folder / "tokenizer.json"))
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        golden[name] = [both_precisions(model, prompt) for prompt in prompts([12, 150])]
        if name == "llama":
            golden["lora"] = lora(model)
    write("golden.txt", golden)


def lora(model):
    folder = HERE / "lora"
    shutil.rmtree(folder, ignore_errors=True)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    config = peft.LoraConfig(r=4, lora_alpha=8, target_modules=targets, lora_dropout=0.0, bias="none", task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(model, config)
    generator = torch.Generator().manual_seed(77)
    with torch.no_grad():
        for name, weight in sorted(adapted.named_parameters()):
            if "lora_" in name:
                # Representable in bf16, so that files and memory hold the same.
                weight.copy_((torch.randn(weight.shape, generator=generator) * 0.15).bfloat16().float())
    adapted.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = folder / "adapter_config.json"
    config.write_text(config.read_text().replace(str(HERE.parents[2]) + "/", ""))
    return [both_precisions(adapted, prompt) for prompt in prompts([40])]


def smollm2(gguf):
    path = pathlib.Path(gguf)
    model = transformers.AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() == 2:
                weight.copy_(weight.bfloat16().float())
    tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    texts = [
        "The capital of France is",
        "<|im_start|>user\nWhat is 17 times 23? Explain each step.<|im_end|>\n<|im_start|>assistant\n",
        "def fibonacci(n):\n    \"\"\"Return the n-th Fibonacci number.\"\"\"\n" + "\n".join(
            f"    # step {i}: the sum of the two numbers before it, starting with {i % 3} and {i % 5}" for i in range(12)) + "\n",
    ]
    cases = [both_precisions(model, tokenizer(text, add_special_tokens=False)["input_ids"], top=20) for text in texts]
    write("smollm2.txt", {"smollm2": cases})


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    torch.set_num_threads(2)
    small_models()
    if len(sys.argv) > 1:
        smollm2(sys.argv[1])
