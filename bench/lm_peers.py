"""llama.cpp and transformers under the commands of bench/lm.py, one measurement a line, as runtime_bench.cpp:
    lm_peers.py llama|transformers-bf16|transformers-f32 MODEL PROMPTS.json THREADS"""
import ctypes
import json
import resource
import sys
import time

import lm_prompts

PIECE = 512


def some_tokens(count, seed):
    return [1000 + (i * 7919 + seed * 104729) % 40000 for i in range(count)]


class Llama:
    """llama.cpp by its C API. A reply's token is taken greedily and checked against the grammar; only when it does not fit, all tokens are filtered and the
    best of the rest is taken (what llama.cpp's own programs do)."""

    def __init__(self, model, prompts, threads):
        import llama_cpp.llama_cpp as api
        import numpy
        self.api, self.numpy, self.prompts = api, numpy, prompts
        self.silence = api.llama_log_callback(lambda *_: None)
        api.llama_log_set(self.silence, None)
        api.llama_backend_init()
        self.model = api.llama_model_load_from_file(model.encode(), api.llama_model_default_params())
        self.vocab = api.llama_model_get_vocab(self.model)
        self.width = api.llama_vocab_n_tokens(self.vocab)
        params = api.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch, params.n_seq_max = 12288, PIECE, PIECE, 33
        params.n_threads = params.n_threads_batch = threads
        params.kv_unified = True
        self.context = api.llama_init_from_model(self.model, params)
        self.memory_of = api.llama_get_memory(self.context)
        self.batch = api.llama_batch_init(PIECE, 0, 1)
        names = " | ".join('"%s"' % name for name in prompts["names"])
        quoted = [json.dumps(prompts[key]) for key in ("before_name", "after_name")]
        self.grammar = f"root ::= {quoted[0]} ({names}) {quoted[1]}"
        self.prefix_cached = False

    def decode_batch(self, tokens):
        """tokens: (id, position, sequence, wants logits)"""
        self.batch.n_tokens = len(tokens)
        for i, (token, position, sequence, wanted) in enumerate(tokens):
            self.batch.token[i], self.batch.pos[i], self.batch.n_seq_id[i], self.batch.logits[i] = token, position, 1, wanted
            self.batch.seq_id[i][0] = sequence
        status = self.api.llama_decode(self.context, self.batch)
        if status != 0:
            raise RuntimeError(f"llama_decode: {status}")

    def feed(self, tokens, sequence, start=0, logits=False):
        for at in range(0, len(tokens), PIECE):
            piece = tokens[at:at + PIECE]
            self.decode_batch([(token, start + at + i, sequence, logits and at + i + 1 == len(tokens)) for i, token in enumerate(piece)])

    def logits(self, row):
        return self.numpy.ctypeslib.as_array(self.api.llama_get_logits_ith(self.context, row), shape=(self.width,))

    def clear(self):
        self.api.llama_memory_clear(self.memory_of, True)
        self.prefix_cached = False

    def prefill(self, count):
        self.clear()
        start = time.perf_counter()
        self.feed(some_tokens(count, 1), 0, logits=True)
        self.logits(-1)
        return count / (time.perf_counter() - start)

    def decode(self, batch, steps, context):
        self.clear()
        for sequence in range(batch):
            self.feed(some_tokens(context, sequence), sequence)
        following = some_tokens(batch, 77)
        for step in range(-1, steps):
            if step == 0:
                start = time.perf_counter()
            self.decode_batch([(following[i], context + step + 1, i, True) for i in range(batch)])
            following = [int(self.logits(i).argmax()) for i in range(batch)]
        return batch * steps / (time.perf_counter() - start)

    def fits(self, grammar, token):
        one = (self.api.llama_token_data * 1)(self.api.llama_token_data(token, 1.0, 0.0))
        view = self.api.llama_token_data_array(one, 1, -1, False)
        self.api.llama_sampler_apply(grammar, ctypes.byref(view))
        return one[0].logit > float("-inf")

    def choose(self, grammar, logits):
        best = int(logits.argmax())
        if self.fits(grammar, best):
            return best
        table = (self.api.llama_token_data * self.width)()
        columns = self.numpy.ctypeslib.as_array(ctypes.cast(table, ctypes.POINTER(ctypes.c_float)), shape=(self.width, 3))
        self.numpy.ctypeslib.as_array(ctypes.cast(table, ctypes.POINTER(ctypes.c_int32)), shape=(self.width, 3))[:, 0] = self.numpy.arange(self.width)
        columns[:, 1] = logits
        view = self.api.llama_token_data_array(table, self.width, -1, False)
        self.api.llama_sampler_apply(grammar, ctypes.byref(view))
        return int(columns[:, 1].argmax())

    def piece(self, token):
        buffer = ctypes.create_string_buffer(256)
        length = self.api.llama_token_to_piece(self.vocab, token, buffer, 256, 0, True)
        return buffer.raw[:length].decode()

    def decision(self, index, salt):
        prefix, question = self.prompts["prefix"], lm_prompts.salted(self.prompts, index, salt)
        if not self.prefix_cached:
            self.clear()
            self.feed(prefix, 0)
            self.prefix_cached = True
        start = time.perf_counter()
        self.api.llama_memory_seq_rm(self.memory_of, 1, -1, -1)
        self.api.llama_memory_seq_cp(self.memory_of, 0, 1, -1, -1)
        grammar = self.api.llama_sampler_init_grammar(self.vocab, self.grammar.encode(), b"root")
        at, text, passes = len(prefix), "", 1
        self.feed(question, 1, at, logits=True)
        at += len(question)
        while True:
            token = self.choose(grammar, self.logits(-1))
            text += self.piece(token)
            self.api.llama_sampler_accept(grammar, token)
            if text.endswith(self.prompts["after_name"]):
                break
            self.decode_batch([(token, at, 1, True)])
            at, passes = at + 1, passes + 1
        ms = (time.perf_counter() - start) * 1e3
        self.api.llama_sampler_free(grammar)
        return {"ms": ms, "choice": text[len(self.prompts["before_name"]):-len(self.prompts["after_name"])], "passes": passes}


class Transformers:
    """transformers by its own forward pass; a decision goes through the tokens of the replies that are allowed, with forced tokens fed together."""

    def __init__(self, model, prompts, threads, kind):
        import os
        import torch
        import transformers
        torch.set_num_threads(threads)
        self.torch, self.cache_type, self.prompts = torch, transformers.DynamicCache, prompts
        folder, file = os.path.split(model)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.bfloat16 if kind == "bf16" else torch.float32).eval()
        self.cached = None

    def run(self, ids, cache, last_only=True):
        with self.torch.inference_mode():
            return self.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1 if last_only else 0).logits

    def ids(self, rows):
        return self.torch.tensor(rows, dtype=self.torch.long)

    def feed(self, tokens, cache):
        for at in range(0, len(tokens), PIECE):
            logits = self.run(self.ids([tokens[at:at + PIECE]]), cache)
        return logits

    def prefill(self, count):
        start = time.perf_counter()
        self.feed(some_tokens(count, 1), self.cache_type())
        return count / (time.perf_counter() - start)

    def decode(self, batch, steps, context):
        cache = self.cache_type()
        self.run(self.ids([some_tokens(context, i) for i in range(batch)]), cache)
        following = self.ids([[token] for token in some_tokens(batch, 77)])
        for step in range(-1, steps):
            if step == 0:
                start = time.perf_counter()
            following = self.run(following, cache)[:, -1].argmax(-1, keepdim=True)
        return batch * steps / (time.perf_counter() - start)

    def decision(self, index, salt):
        if self.cached is None:
            self.cached = self.cache_type()
            self.feed(self.prompts["prefix"], self.cached)
        start = time.perf_counter()
        logits = self.feed(lm_prompts.salted(self.prompts, index, salt), self.cached)[0, -1]
        left, at, passes = self.prompts["replies"], 0, 1
        while len(left) > 1:
            forced = []
            while len({reply[at] for reply in left}) == 1:
                forced.append(left[0][at])
                at += 1
            if forced:
                logits = self.run(self.ids([forced]), self.cached)[0, -1]
                passes += 1
            token = max({reply[at] for reply in left}, key=lambda candidate: float(logits[candidate]))
            left = [reply for reply in left if reply[at] == token]
            at += 1
            if len(left) > 1:
                logits = self.run(self.ids([[token]]), self.cached)[0, -1]
                passes += 1
        ms = (time.perf_counter() - start) * 1e3
        self.cached.crop(len(self.prompts["prefix"]) - self.cached.get_seq_length())
        return {"ms": ms, "choice": self.prompts["names"][self.prompts["replies"].index(left[0])], "passes": passes}


def main():
    kind, model, prompts, threads = sys.argv[1:5]
    with open(prompts) as file:
        prompts = json.load(file)
    peer = Llama(model, prompts, int(threads)) if kind == "llama" else Transformers(model, prompts, int(threads), kind.split("-")[1])
    for line in sys.stdin:
        command, *numbers = line.split()
        if command == "memory":
            answer = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        else:
            answer = getattr(peer, command)(*map(int, numbers))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
