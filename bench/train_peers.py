"""TRL's GRPOTrainer under the commands of bench/train.py, one step a line, as training_bench.cpp:
    train_peers.py f32|bf16 MODEL PROMPTS.json GROUP COMPLETION THREADS"""
import json
import os
import random
import resource
import sys
import tempfile
import time

KIND, MODEL, PROMPTS = sys.argv[1:4]
GROUP, COMPLETION, THREADS = map(int, sys.argv[4:7])
os.environ.update(OMP_NUM_THREADS=str(THREADS), TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1", TRL_EXPERIMENTAL_SILENCE="1")
ANSWERS = os.fdopen(os.dup(1), "w")  # TRL and its libraries print to standard output
os.dup2(2, 1)

import torch  # noqa: E402
from datasets import Dataset  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback  # noqa: E402
from trl import GRPOConfig, GRPOTrainer  # noqa: E402

torch.set_num_threads(THREADS)


def say(answer):
    ANSWERS.write(json.dumps(answer) + "\n")
    ANSWERS.flush()


def random_rewards(completions, **_):
    return [random.random() for _ in completions]


class Timed(GRPOTrainer):
    """Measures the phases of a step; changes none."""
    seconds, trained, generated = {}, 0, 0

    def _generate_and_score_completions(self, inputs):
        start = time.perf_counter()
        outputs = super()._generate_and_score_completions(inputs)
        self.seconds["rollout"] = self.seconds.get("rollout", 0) + time.perf_counter() - start
        self.trained += int(outputs["prompt_mask"].sum() + outputs["completion_mask"].sum())
        self.generated += int(outputs["completion_mask"].sum())
        return outputs


class OneStepALine(TrainerCallback):
    """Waits for a command before each step and answers behind it."""

    def wait(self):
        for line in sys.stdin:
            command = line.split()
            if command[0] == "step":
                random.seed(int(command[1]))
                torch.manual_seed(int(command[1]))
                break
            if command[0] == "memory":
                say(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        else:
            sys.exit(0)
        self.trainer.seconds, self.trainer.trained, self.trainer.generated = {}, 0, 0
        self.start = time.perf_counter()

    def on_train_begin(self, *_, **__):
        self.wait()

    def on_pre_optimizer_step(self, *_, **__):
        self.before_optimizer = time.perf_counter()

    def on_optimizer_step(self, *_, **__):
        self.trainer.seconds["optimizer"] = time.perf_counter() - self.before_optimizer

    def on_step_end(self, *_, **__):
        step = time.perf_counter() - self.start
        seconds = self.trainer.seconds
        seconds["update"] = step - sum(seconds.values())
        say({"step": step, **seconds, "generated": self.trainer.generated, "trained": self.trainer.trained, "computed": self.trainer.trained})
        self.wait()


def main():
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.convert_ids_to_tokens(0)
    model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32)
    model.generation_config.eos_token_id = None
    prompts = [tokenizer.decode(ids) for ids in json.load(open(PROMPTS))]
    config = GRPOConfig(
        output_dir=tempfile.mkdtemp(), use_cpu=True, bf16=KIND == "bf16", per_device_train_batch_size=GROUP, gradient_accumulation_steps=len(prompts),
        num_generations=GROUP, max_completion_length=COMPLETION, generation_kwargs={"min_new_tokens": COMPLETION, "eos_token_id": None},
        temperature=1.0, top_k=0, beta=0.0, epsilon=0.2, epsilon_high=0.28, loss_type="dapo", scale_rewards="none", learning_rate=1e-6, max_grad_norm=1.0,
        gradient_checkpointing=False, max_steps=10_000, logging_steps=10_000, save_strategy="no", report_to=[], disable_tqdm=True, shuffle_dataset=False)
    callback = OneStepALine()
    trainer = Timed(model=model, args=config, processing_class=tokenizer, reward_funcs=random_rewards, callbacks=[callback],
                    train_dataset=Dataset.from_dict({"prompt": prompts}))
    callback.trainer = trainer
    trainer.train()


main()
