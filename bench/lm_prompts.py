"""The prompts of bench/lm.py, the same for every participant: a router's role with 12 offered models, and questions of 300 tokens."""
import json

NAMES = ["gpt-large", "gpt-mini", "claude-big", "claude-small", "gemini-pro", "gemini-flash", "llama-70b", "llama-8b", "qwen-72b", "qwen-coder-32b", "mistral-large",
         "deepseek-reasoner"]
STRENGTHS = ["long chains of reasoning, mathematics and proofs", "short factual answers and everyday writing", "careful analysis of long documents and code review",
             "summaries, translations and classification", "questions about pictures, tables and science", "very long inputs at low latency"]
ROLE = ("You are the router of a pool of language models. Decide which model answers the last message of the conversation best at the lowest cost. Of two models that can "
        "both solve the task take the cheaper one. Judge whether the task needs long reasoning, code, special knowledge or merely fluent text, and choose by that.\n\n")
TOPICS = ["Explain step by step why the sum of two odd numbers is even, and prove it for sums of any even count of odd numbers.",
          "Write a Python function that merges overlapping intervals, with tests, and say how long it takes for n intervals.",
          "Translate the following letter into German and keep its formal tone; point out idioms that have no counterpart.",
          "Our web server answers slowly in the morning. Here is what we know of its load; find the most likely cause."]
FILLER = (" Here is the background that I have collected so far, as completely as I can give it: the people involved, the numbers of the last quarter, what was tried before "
          "and failed, which constraints are hard and which are only wishes, and what a good answer would have to look like for me to be able to use it tomorrow.")
BEFORE_NAME, AFTER_NAME = '<tool_call>\n{"name": "call_', '", "arguments": {}}\n</tool_call>'
NEW_TOKENS = 300


def tool(index, name):
    price = round(0.1 * (index + 1) ** 2, 2)
    return {"type": "function", "function": {
        "name": "call_" + name,
        "description": f"Ask the model {name}, known for {STRENGTHS[index % 6]} and for {STRENGTHS[(index + 2) % 6]}. Price: {price} USD per million input tokens and {4 * price} USD "
                       f"per million output tokens; context of {32 << (index % 4)} thousand tokens.",
        "parameters": {"type": "object", "properties": {"system_prompt": {"type": "string", "description": "What the model is told beside the conversation."}}}}}


def make(tokenizer):
    """`tokenizer`: one of Hugging Face tokenizers for the model."""
    ids = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    tools = "\n".join(json.dumps(tool(i, name)) for i, name in enumerate(NAMES))
    prefix = ids(f"<|im_start|>system\n{ROLE}# Tools\n\n<tools>\n{tools}\n</tools>\n\nFor each function call return a JSON object within <tool_call></tool_call> tags.<|im_end|>\n<|im_start|>user\n")
    tail = ids("<|im_end|>\n<|im_start|>assistant\n")
    questions = [(ids(topic + FILLER * 12))[:NEW_TOKENS - len(tail)] + tail for topic in TOPICS]
    return {"prefix": prefix, "questions": questions, "names": NAMES, "before_name": BEFORE_NAME, "after_name": AFTER_NAME}


def salted(prompts, index, salt):
    """The question with another first token, so that nobody finds it in a cache."""
    return [1000 + salt] + prompts["questions"][index][1:]
