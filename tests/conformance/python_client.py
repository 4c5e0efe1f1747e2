"""What the official Python client sees of `xrouter serve`. argv: base URL, mock's URL. One JSON line a check.

The same checks, by the same names, are in node/client.mjs.
"""
import base64
import json
import sys
import time
import traceback
import urllib.request

import openai
import pydantic

BASE_URL, MOCK_URL = sys.argv[1:3]
KEY = "sk-conformance"
HI = [{"role": "user", "content": "hi"}]
WEATHER = {"type": "function", "function": {"name": "weather", "description": "Weather of a city", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}

client = openai.OpenAI(api_key=KEY, base_url=BASE_URL, max_retries=0)
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def mock(path):
    with urllib.request.urlopen(MOCK_URL + path) as response:
        return json.load(response)


def last_received():
    return mock("/__requests")["requests"][-1]


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def eventually(what, condition, seconds=5):
    until = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < until, f"{what}: not within {seconds} s")
        time.sleep(0.02)


def chunks_of(**request):
    return list(client.chat.completions.create(**{"messages": HI, **request}, stream=True))


def text_of(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def accumulate(**request):
    with client.chat.completions.stream(**{"messages": HI, **request}) as stream:
        for _ in stream:
            pass
        return stream.get_final_completion()


@check
def models_are_listed_with_a_stable_date():
    models = {m.id: m for m in client.models.list()}
    expect("xrouter" in models and "alpha" in models, sorted(models))
    expect(client.models.retrieve("alpha").created == models["alpha"].created, "created changed")
    expect(all(m.object == "model" for m in models.values()), "object")


@check
def an_unknown_model_is_not_found():
    error = raises(openai.NotFoundError, lambda: client.chat.completions.create(model="nonsense", messages=HI))
    expect(error.code == "model_not_found" and error.type == "invalid_request_error", (error.code, error.type))
    raises(openai.NotFoundError, lambda: client.models.retrieve("nonsense"))


@check
def a_wrong_key_is_refused():
    error = raises(openai.AuthenticationError, lambda: client.with_options(api_key="sk-wrong").models.list())
    expect(error.code == "invalid_api_key", error.code)


@check
def an_unknown_route_is_a_clean_404():
    error = raises(openai.NotFoundError, lambda: client.embeddings.create(model="alpha", input="x"))
    expect(error.type and error.code, error.body)


@check
def unary_answer_of_a_pool_model():
    reply = client.chat.completions.create(model="alpha", messages=HI)
    expect(reply.choices[0].message.content == "This is the mock answer of alpha.", reply)
    expect(reply.choices[0].finish_reason == "stop" and reply.choices[0].index == 0, reply)
    expect(reply.model == "alpha" and reply.object == "chat.completion" and reply.id.startswith("chatcmpl-"), reply)
    expect(abs(reply.created - time.time()) < 60, reply.created)
    expect(reply._request_id, "x-request-id")
    expect(reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 0, reply.usage)


@check
def unary_answer_of_the_router():
    reply = client.chat.completions.create(model="xrouter", messages=HI)
    expect(reply.choices[0].message.content == "This is the mock answer of alpha.", reply)
    expect(reply.choices[0].finish_reason == "stop" and not reply.choices[0].message.tool_calls, reply)
    expect(reply.model == "xrouter", reply.model)
    metadata = reply.model_extra["router_metadata"]
    expect(metadata["model_used"] == "alpha" and metadata["turns_used"] == 2, metadata)


@check
def usage_details_are_passed_on():
    usage = client.chat.completions.create(model="mock-usage-cached", messages=HI).usage
    expect((usage.prompt_tokens, usage.completion_tokens) == (1000, 200), usage)
    expect(usage.prompt_tokens_details.cached_tokens == 800 and usage.completion_tokens_details.reasoning_tokens == 150, usage)


@check
def finish_reasons_are_true():
    for model, reason in (("mock-length", "length"), ("mock-filter", "content_filter")):
        reply = client.chat.completions.create(model=model, messages=HI)
        expect(reply.choices[0].finish_reason == reason, reply.choices[0].finish_reason)
        expect(chunks_of(model=model)[-1].choices[0].finish_reason == reason, "stream")


@check
def refusals_are_passed_on():
    message = client.chat.completions.create(model="mock-refusal", messages=HI).choices[0].message
    expect(message.refusal == "I cannot help with that." and not message.content, message)
    expect(accumulate(model="mock-refusal").choices[0].message.refusal == message.refusal, "stream")


@check
def stream_of_a_pool_model():
    chunks = chunks_of(model="alpha")
    expect(chunks[0].choices[0].delta.role == "assistant", chunks[0])
    expect(text_of(chunks) == "This is the mock answer of alpha.", text_of(chunks))
    expect(chunks[-1].choices[0].finish_reason == "stop" and chunks[-1].choices[0].delta.content is None, chunks[-1])
    expect(len({(c.id, c.created, c.model, c.object) for c in chunks}) == 1, "id, created, model and object stay")
    expect(chunks[0].model == "alpha" and chunks[0].object == "chat.completion.chunk", chunks[0])
    expect(all("usage" not in c.model_fields_set for c in chunks), "usage was not asked for")


@check
def stream_of_the_router():
    chunks = chunks_of(model="xrouter")
    expect(text_of(chunks) == "This is the mock answer of alpha.", text_of(chunks))
    expect(len({(c.id, c.created, c.model) for c in chunks}) == 1 and chunks[0].model == "xrouter", chunks[0])
    expect(all(not c.choices[0].delta.tool_calls for c in chunks), "the router's tool calls are not visible")


@check
def include_usage_adds_one_last_chunk():
    for model in ("alpha", "xrouter", "mock-usage-last"):
        chunks = chunks_of(model=model, stream_options={"include_usage": True})
        expect(chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0, chunks[-1])
        expect(all("usage" in c.model_fields_set and c.usage is None for c in chunks[:-1]), f"{model}: null before it")


@check
def the_accumulator_agrees_with_the_unary_answer():
    for model in ("alpha", "xrouter", "mock-split", "mock-comments", "mock-crlf", "mock-no-done", "mock-spaced-done"):
        streamed = accumulate(model=model).choices[0]
        unary = client.chat.completions.create(model=model, messages=HI).choices[0]
        expect(streamed.message.content == unary.message.content and streamed.finish_reason == unary.finish_reason, model)


@check
def tool_calls_go_both_ways():
    for streamed in (False, True):
        request = {"model": "mock-tools", "messages": HI, "tools": [WEATHER]}
        choice = (accumulate(**request) if streamed else client.chat.completions.create(**request)).choices[0]
        call = choice.message.tool_calls[0]
        expect(choice.finish_reason == "tool_calls" and call.type == "function" and call.id, choice)
        expect(call.function.name == "weather" and json.loads(call.function.arguments) == {"city": "Zürich"}, call)
        assistant = {"role": "assistant", "content": None, "tool_calls": [call.to_dict(exclude_unset=False) if hasattr(call, "to_dict") else call]}
        messages = HI + [assistant, {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]
        final = client.chat.completions.create(model="mock-tools", messages=messages, tools=[WEATHER]).choices[0]
        expect(final.finish_reason == "stop" and final.message.content, final)
        expect(last_received()["body"]["messages"][2]["tool_call_id"] == call.id, "the result reaches the model")


@check
def parallel_tool_calls_keep_their_indexes():
    for streamed in (False, True):
        request = {"model": "mock-parallel-tools", "messages": HI, "tools": [WEATHER], "parallel_tool_calls": True}
        calls = (accumulate(**request) if streamed else client.chat.completions.create(**request)).choices[0].message.tool_calls
        expect([json.loads(c.function.arguments)["city"] for c in calls] == ["Zürich", "東京"], calls)
        expect(calls[0].id != calls[1].id, "ids")
    indexes = [c.choices[0].delta.tool_calls[0].index for c in chunks_of(model="mock-parallel-tools", tools=[WEATHER]) if c.choices[0].delta.tool_calls]
    expect(indexes == sorted(indexes) and set(indexes) == {0, 1}, indexes)


@check
def the_callers_tools_pass_the_router():
    reply = client.chat.completions.create(model="xrouter", messages=[{"role": "user", "content": "use a tool please"}], tools=[WEATHER])
    calls = reply.choices[0].message.tool_calls
    expect(calls and calls[0].function.name == "weather" and reply.choices[0].finish_reason == "tool_calls", reply)


@check
def logprobs_are_passed_on():
    reply = client.chat.completions.create(model="alpha", messages=HI, logprobs=True, top_logprobs=2)
    content = reply.choices[0].logprobs.content
    expect("".join(t.token for t in content) == reply.choices[0].message.content and len(content[0].top_logprobs) == 2, content)
    streamed = accumulate(model="alpha", logprobs=True, top_logprobs=2)
    expect(len(streamed.choices[0].logprobs.content) == len(content), "stream")


@check
def several_choices_of_a_pool_model():
    reply = client.chat.completions.create(model="alpha", messages=HI, n=2)
    expect([c.index for c in reply.choices] == [0, 1] and reply.choices[0].message.content != reply.choices[1].message.content, reply)
    streamed = accumulate(model="alpha", n=2)
    expect([c.message.content for c in streamed.choices] == [c.message.content for c in reply.choices], streamed)


@check
def several_choices_of_the_router_are_refused():
    error = raises(openai.BadRequestError, lambda: client.chat.completions.create(model="xrouter", messages=HI, n=2))
    expect(error.param == "n" and error.code, (error.param, error.code))


class Answer(pydantic.BaseModel):
    answer: int


@check
def json_schema_answers_parse():
    parsed = client.chat.completions.parse(model="schema", messages=HI, response_format=Answer).choices[0].message.parsed
    expect(parsed == Answer(answer=42), parsed)
    expect(accumulate(model="schema", response_format=Answer).choices[0].message.parsed == Answer(answer=42), "stream")
    sent = last_received()["body"]["response_format"]
    expect(sent["type"] == "json_schema" and sent["json_schema"]["strict"] is True, sent)


@check
def parts_and_unknown_fields_reach_the_model():
    image = "data:image/png;base64," + base64.b64encode(b"not really").decode()
    parts = [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": image}}]
    client.chat.completions.create(model="alpha", messages=[{"role": "developer", "content": "be kind"}, {"role": "user", "content": parts}],
                                   temperature=0, seed=7, stop=["x"], max_completion_tokens=50, presence_penalty=0.5, user="u",
                                   extra_body={"some_new_field": {"a": [1]}})
    body = last_received()["body"]
    expect(body["messages"][1]["content"] == parts and body["messages"][0]["role"] == "developer", body)
    expect(body["temperature"] == 0 and body["seed"] == 7 and body["presence_penalty"] == 0.5 and body["user"] == "u", body)
    expect(body["stop"] in ("x", ["x"]) and body["some_new_field"] == {"a": [1]}, body)
    expect(body.get("max_completion_tokens", body.get("max_tokens")) == 50, body)


@check
def a_bad_field_is_named():
    error = raises(openai.BadRequestError, lambda: client.chat.completions.create(model="alpha", messages=HI, temperature=5))
    expect(error.param == "temperature" and error.type == "invalid_request_error" and error.code, error.body)
    error = raises(openai.BadRequestError, lambda: client.chat.completions.create(model="alpha", messages=[{"role": "nobody", "content": "x"}]))
    expect(error.param == "messages[0].role", error.param)
    expect(error.response.headers.get("x-should-retry") == "false", dict(error.response.headers))


@check
def upstream_failures_are_errors_without_upstream_text():
    for model in ("mock-401", "mock-500", "mock-quota", "mock-bad-json", "mock-error-200", "mock-empty", "mock-reset", "mock-html", "mock-bad-http"):
        for stream in (False, True):
            error = raises(openai.APIStatusError, lambda: chunks_of(model=model) if stream else client.chat.completions.create(model=model, messages=HI))
            text = str(error)
            expect(error.type and error.code, (model, stream, error.body))
            expect("backend" not in text.lower() and "sk-" not in text and "127.0.0.1" not in text and "quota" not in text.lower(), (model, text))
            expect(error.response.headers.get("x-should-retry") in ("true", "false"), (model, dict(error.response.headers)))


@check
def too_long_a_prompt_is_told_as_such():
    error = raises(openai.BadRequestError, lambda: client.chat.completions.create(model="mock-context", messages=HI))
    expect(error.code == "context_length_exceeded", error.body)


@check
def a_busy_upstream_says_when_to_come_back():
    error = raises(openai.APIStatusError, lambda: client.chat.completions.create(model="mock-429-long", messages=HI))
    expect(error.status_code in (429, 503) and error.code, error.body)
    expect(int(error.response.headers["retry-after"]) > 60, dict(error.response.headers))


@check
def the_server_retries_so_that_the_client_need_not():
    for model in ("mock-429-once", "mock-500-once", "mock-503-once", "mock-reset-once"):
        for stream in (False, True):
            reply = accumulate(model=model) if stream else client.chat.completions.create(model=model, messages=HI)
            expect(reply.choices[0].message.content, model)


@check
def the_client_obeys_x_should_retry():
    before = mock("/__stats")["by_model"].get("mock-400", {"started": 0})["started"]
    raises(openai.APIStatusError, lambda: client.with_options(max_retries=2).chat.completions.create(model="mock-400", messages=HI))
    expect(mock("/__stats")["by_model"]["mock-400"]["started"] == before + 1, "a refused request was sent again")


@check
def a_failure_after_the_first_token_is_an_in_band_error():
    for read in (lambda: chunks_of(model="late-cut"), lambda: accumulate(model="late-cut")):
        error = raises(openai.APIError, read)
        expect("mock" not in str(error), error)


@check
def a_slow_stream_survives_by_comments():
    chunks = chunks_of(model="slow-start")
    expect(text_of(chunks) == "This is the mock answer of slow-start.", text_of(chunks))


@check
def a_client_timeout_cancels_the_upstream():
    before = mock("/__stats")["cancelled"]
    raises(openai.APITimeoutError, lambda: client.with_options(timeout=0.4).chat.completions.create(model="mock-stall", messages=HI))
    eventually("the upstream call is cancelled", lambda: mock("/__stats")["cancelled"] > before)


@check
def an_abandoned_stream_cancels_the_upstream():
    before = mock("/__stats")["streams_cancelled"]
    stream = client.chat.completions.create(model="mock-drip", messages=HI, stream=True)
    for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            break
    stream.close()
    eventually("the upstream stream is cancelled", lambda: mock("/__stats")["streams_cancelled"] > before)


@check
def answers_carry_the_usual_headers():
    response = client.chat.completions.with_raw_response.create(model="alpha", messages=HI)
    expect(response.headers["content-type"].startswith("application/json"), dict(response.headers))
    expect(response.headers.get("x-request-id") and response.headers.get("openai-processing-ms"), dict(response.headers))


def main():
    for function in CHECKS:
        try:
            function()
            result = {"check": function.__name__, "ok": True}
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)
            where = [frame.lineno for frame in last if frame.filename == __file__]
            result = {"check": function.__name__, "ok": False, "why": f"line {where[-1] if where else '?'}: {type(error).__name__}: {error}"[:600]}
        print(json.dumps(result), flush=True)


main()
