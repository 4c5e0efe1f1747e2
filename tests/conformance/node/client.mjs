// What the official Node client sees of `xrouter serve` in front of the mock, or of `xrouter host`. argv: node_modules
// folder, base URL, then the mock's URL or "host". One JSON line a check. The same checks, by the same names, are in
// ../python_client.py, where the two kinds of target are explained.
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const [folder, baseURL, mockURL] = process.argv.slice(2);
const HOST = mockURL === 'host';
const { OpenAI } = createRequire(folder + '/')('openai');
const client = new OpenAI({ apiKey: 'sk-conformance', baseURL, maxRetries: 0, logLevel: 'off' });
console.error = console.warn = () => {};
const HI = [{ role: 'user', content: 'hi' }];
const WEATHER = { type: 'function', function: { name: 'weather', description: 'Weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } };
const SCHEMA = { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: { type: 'object', properties: { answer: { type: 'integer' } }, required: ['answer'], additionalProperties: false } } };

const mock = async (path) => (await fetch(mockURL + path)).json();
const lastReceived = async () => (await mock('/__requests')).requests.at(-1);
function expect(condition, what) {
  if (!condition) throw new Error('expected: ' + (typeof what === 'string' ? what : JSON.stringify(what)));
}
async function raises(kind, call) {
  try {
    await call();
  } catch (error) {
    if (error instanceof kind) return error;
    throw new Error(`${error.constructor.name} instead of ${kind.name}: ${error.message}`);
  }
  throw new Error('no ' + kind.name);
}
async function eventually(what, condition) {
  for (let i = 0; i < 250; ++i) {
    if (await condition()) return;
    await sleep(20);
  }
  throw new Error(what + ': not within 5 s');
}
const to = (model) => (HOST ? { model: 'alpha', messages: [{ role: 'user', content: model }] } : { model, messages: HI });
const these = (...models) => (HOST ? models.slice(0, 1) : models);
async function underWay() {
  const text = await (await fetch(baseURL.replace(/v1$/, 'metrics'), { headers: { authorization: 'Bearer sk-conformance' } })).text();
  return [...text.matchAll(/^xrouter_host_(?:running|waiting) (.*)$/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
}
const create = (request) => client.chat.completions.create({ messages: HI, ...request });
async function chunksOf(request) {
  const chunks = [];
  for await (const chunk of await create({ ...request, stream: true })) chunks.push(chunk);
  return chunks;
}
const textOf = (chunks) => chunks.map((c) => c.choices[0]?.delta.content ?? '').join('');
const accumulate = (request) => client.chat.completions.stream({ messages: HI, ...request }).finalChatCompletion();
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

const checks = {
  async models_are_listed_with_a_stable_date() {
    const models = {};
    for await (const model of client.models.list()) models[model.id] = model;
    expect(models.alpha && Boolean(models.xrouter) !== HOST, Object.keys(models));
    expect((await client.models.retrieve('alpha')).created === models.alpha.created, 'created stays');
  },
  async an_unknown_model_is_not_found() {
    const error = await raises(OpenAI.NotFoundError, () => create({ model: 'nonsense' }));
    expect(error.code === 'model_not_found' && error.type === 'invalid_request_error', error);
    await raises(OpenAI.NotFoundError, () => client.models.retrieve('nonsense'));
  },
  async a_wrong_key_is_refused() {
    const error = await raises(OpenAI.AuthenticationError, () => client.withOptions({ apiKey: 'sk-wrong' }).models.list());
    expect(error.code === 'invalid_api_key', error.code);
  },
  async an_unknown_route_is_a_clean_404() {
    const error = await raises(OpenAI.NotFoundError, () => client.embeddings.create({ model: 'alpha', input: 'x' }));
    expect(error.type && error.code, error);
  },
  async unary_answer_of_a_pool_model() {
    const reply = await create({ model: 'alpha' });
    expect(reply.choices[0].message.content === 'This is the mock answer of alpha.', reply);
    expect(reply.choices[0].finish_reason === 'stop' && reply.choices[0].index === 0, reply);
    expect(reply.model === 'alpha' && reply.object === 'chat.completion' && reply.id.startsWith('chatcmpl-'), reply);
    expect(Math.abs(reply.created - Date.now() / 1000) < 60, reply.created);
    expect(reply._request_id, 'x-request-id');
    expect(reply.usage.total_tokens === reply.usage.prompt_tokens + reply.usage.completion_tokens, reply.usage);
  },
  async unary_answer_of_the_router() {
    const reply = await create({ model: 'xrouter' });
    expect(reply.choices[0].message.content === 'This is the mock answer of alpha.' && !reply.choices[0].message.tool_calls, reply);
    expect(reply.model === 'xrouter', reply.model);
    expect(reply.router_metadata.model_used === 'alpha' && reply.router_metadata.turns_used === 2, reply.router_metadata);
  },
  async usage_details_are_passed_on() {
    const { usage } = await create({ model: 'mock-usage-cached' });
    expect(usage.prompt_tokens === 1000 && usage.completion_tokens === 200, usage);
    expect(usage.prompt_tokens_details.cached_tokens === 800 && usage.completion_tokens_details.reasoning_tokens === 150, usage);
  },
  async finish_reasons_are_true() {
    for (const [model, reason] of [['mock-length', 'length'], ['mock-filter', 'content_filter']]) {
      expect((await create({ model })).choices[0].finish_reason === reason, model);
      expect((await chunksOf({ model })).at(-1).choices[0].finish_reason === reason, 'stream');
    }
  },
  async refusals_are_passed_on() {
    const { message } = (await create({ model: 'mock-refusal' })).choices[0];
    expect(message.refusal === 'I cannot help with that.' && !message.content, message);
    expect((await accumulate({ model: 'mock-refusal' })).choices[0].message.refusal === message.refusal, 'stream');
  },
  async stream_of_a_pool_model() {
    const chunks = await chunksOf({ model: 'alpha' });
    expect(chunks[0].choices[0].delta.role === 'assistant', chunks[0]);
    expect(textOf(chunks) === 'This is the mock answer of alpha.', textOf(chunks));
    expect(chunks.at(-1).choices[0].finish_reason === 'stop' && same(chunks.at(-1).choices[0].delta, {}), chunks.at(-1));
    expect(new Set(chunks.map((c) => [c.id, c.created, c.model, c.object].join())).size === 1, 'id, created, model and object stay');
    expect(chunks.every((c) => !('usage' in c)), 'usage was not asked for');
  },
  async stream_of_the_router() {
    const chunks = await chunksOf({ model: 'xrouter' });
    expect(textOf(chunks) === 'This is the mock answer of alpha.', textOf(chunks));
    expect(chunks[0].model === 'xrouter' && chunks.every((c) => !c.choices[0].delta.tool_calls), chunks[0]);
  },
  async include_usage_adds_one_last_chunk() {
    for (const model of these('alpha', 'xrouter', 'mock-usage-last')) {
      const chunks = await chunksOf({ model, stream_options: { include_usage: true } });
      expect(same(chunks.at(-1).choices, []) && chunks.at(-1).usage.total_tokens > 0, chunks.at(-1));
      expect(chunks.slice(0, -1).every((c) => c.usage === null), model + ': null before it');
    }
  },
  async the_accumulator_agrees_with_the_unary_answer() {
    for (const model of these('alpha', 'xrouter', 'mock-split', 'mock-comments', 'mock-crlf', 'mock-no-done', 'mock-spaced-done')) {
      const streamed = (await accumulate({ model })).choices[0];
      const unary = (await create({ model })).choices[0];
      expect(streamed.message.content === unary.message.content && streamed.finish_reason === unary.finish_reason, model);
    }
  },
  async tool_calls_go_both_ways() {
    for (const streamed of [false, true]) {
      const request = { ...to('mock-tools'), tools: [WEATHER] };
      const choice = (await (streamed ? accumulate(request) : create(request))).choices[0];
      const call = choice.message.tool_calls[0];
      expect(choice.finish_reason === 'tool_calls' && call.type === 'function' && call.id, choice);
      expect(call.function.name === 'weather' && same(JSON.parse(call.function.arguments), { city: 'Zürich' }), call);
      const messages = [...request.messages, choice.message, { role: 'tool', tool_call_id: call.id, content: 'sunny' }];
      const final = (await create({ ...request, messages })).choices[0];
      expect(final.finish_reason === 'stop' && final.message.content, final);
      expect(HOST || (await lastReceived()).body.messages[2].tool_call_id === call.id, 'the result reaches the model');
    }
  },
  async parallel_tool_calls_keep_their_indexes() {
    for (const streamed of [false, true]) {
      const request = { ...to('mock-parallel-tools'), tools: [WEATHER], parallel_tool_calls: true };
      const calls = (await (streamed ? accumulate(request) : create(request))).choices[0].message.tool_calls;
      expect(same(calls.map((c) => JSON.parse(c.function.arguments).city), ['Zürich', '東京']) && calls[0].id !== calls[1].id, calls);
    }
  },
  async the_callers_tools_pass_the_router() {
    const reply = await create({ model: 'xrouter', messages: [{ role: 'user', content: 'use a tool please' }], tools: [WEATHER] });
    expect(reply.choices[0].message.tool_calls?.[0].function.name === 'weather' && reply.choices[0].finish_reason === 'tool_calls', reply);
  },
  async logprobs_are_passed_on() {
    const reply = await create({ model: 'alpha', logprobs: true, top_logprobs: 2 });
    const { content } = reply.choices[0].logprobs;
    expect(content.map((t) => t.token).join('') === reply.choices[0].message.content && content[0].top_logprobs.length === 2, content);
    const streamed = await accumulate({ model: 'alpha', logprobs: true, top_logprobs: 2 });
    expect(streamed.choices[0].logprobs.content.length === content.length, 'stream');
  },
  async several_choices_of_a_pool_model() {
    const request = { ...to(HOST ? 'vary' : 'alpha'), n: 2, seed: 1 };
    const reply = await create(request);
    expect(same(reply.choices.map((c) => c.index), [0, 1]) && reply.choices[0].message.content !== reply.choices[1].message.content, reply);
    const streamed = await accumulate(request);
    expect(same(streamed.choices.map((c) => c.message.content), reply.choices.map((c) => c.message.content)), streamed);
  },
  async several_choices_of_the_router_are_refused() {
    const error = await raises(OpenAI.BadRequestError, () => create({ model: 'xrouter', n: 2 }));
    expect(error.param === 'n' && error.code, error);
  },
  async json_schema_answers_parse() {
    const reply = await create({ ...to('schema'), response_format: SCHEMA });
    expect(JSON.parse(reply.choices[0].message.content).answer === 42, reply);
    expect(HOST || (await lastReceived()).body.response_format.json_schema.strict === true, 'the schema reaches the model');
    expect(JSON.parse((await accumulate({ ...to('schema'), response_format: SCHEMA })).choices[0].message.content).answer === 42, 'stream');
  },
  async parts_and_unknown_fields_reach_the_model() {
    const parts = [{ type: 'text', text: 'hi' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,bm90' } }];
    await create({ model: 'alpha', messages: [{ role: 'developer', content: 'be kind' }, { role: 'user', content: parts }], temperature: 0, seed: 7, max_completion_tokens: 50, some_new_field: { a: [1] } });
    const { body } = await lastReceived();
    expect(same(body.messages[1].content, parts) && body.messages[0].role === 'developer', body);
    expect(body.temperature === 0 && body.seed === 7 && same(body.some_new_field, { a: [1] }), body);
    expect((body.max_completion_tokens ?? body.max_tokens) === 50, body);
  },
  async a_bad_field_is_named() {
    const error = await raises(OpenAI.BadRequestError, () => create({ model: 'alpha', temperature: 5 }));
    expect(error.param === 'temperature' && error.type === 'invalid_request_error' && error.code, error);
    expect(error.headers.get('x-should-retry') === 'false', 'x-should-retry');
  },
  async upstream_failures_are_errors_without_upstream_text() {
    for (const model of ['mock-401', 'mock-500', 'mock-quota', 'mock-bad-json', 'mock-error-200', 'mock-empty', 'mock-reset', 'mock-html', 'mock-bad-http']) {
      for (const stream of [false, true]) {
        const error = await raises(OpenAI.APIError, () => (stream ? chunksOf({ model }) : create({ model })));
        expect(error.status >= 400 && error.type && error.code, [model, stream, error.status, error.message]);
        expect(!/backend|sk-|127\.0\.0\.1|quota/i.test(error.message), [model, error.message]);
      }
    }
  },
  async too_long_a_prompt_is_told_as_such() {
    expect((await raises(OpenAI.BadRequestError, () => create(HOST ? to('x'.repeat(20000)) : { model: 'mock-context' }))).code === 'context_length_exceeded', 'code');
  },
  async a_busy_upstream_says_when_to_come_back() {
    const error = await raises(OpenAI.APIError, () => create({ model: 'mock-429-long' }));
    expect([429, 503].includes(error.status) && error.code, error);
    expect(Number(error.headers.get('retry-after')) > 60, 'retry-after');
  },
  async the_server_retries_so_that_the_client_need_not() {
    for (const model of ['mock-429-once', 'mock-500-once', 'mock-503-once', 'mock-reset-once'])
      for (const stream of [false, true]) expect((await (stream ? accumulate({ model }) : create({ model }))).choices[0].message.content, model);
  },
  async the_client_obeys_x_should_retry() {
    const started = async () => (await mock('/__stats')).by_model['mock-400']?.started ?? 0;
    const before = await started();
    await raises(OpenAI.APIError, () => client.withOptions({ maxRetries: 2 }).chat.completions.create({ model: 'mock-400', messages: HI }));
    expect((await started()) === before + 1, 'a refused request is not sent again');
  },
  async a_failure_after_the_first_token_is_an_in_band_error() {
    for (const read of [chunksOf, accumulate]) {
      const error = await raises(OpenAI.APIError, () => read({ model: 'late-cut' }));
      expect(!/mock|terminated/.test(error.message), error.message);
    }
  },
  async a_slow_stream_survives_by_comments() {
    const chunks = await chunksOf(to('slow-start'));
    expect(textOf(chunks) === `This is the mock answer of ${chunks[0].model}.`, textOf(chunks));
  },
  async a_client_timeout_cancels_the_upstream() {
    const before = HOST ? 0 : (await mock('/__stats')).cancelled;
    await raises(OpenAI.APIConnectionTimeoutError, () => client.withOptions({ timeout: 400 }).chat.completions.create(to('mock-stall')));
    await eventually('the call is cancelled', async () => (HOST ? (await underWay()) === 0 : (await mock('/__stats')).cancelled > before));
  },
  async an_abandoned_stream_cancels_the_upstream() {
    const before = HOST ? 0 : (await mock('/__stats')).streams_cancelled;
    for await (const chunk of await create({ ...to('mock-drip'), stream: true })) if (chunk.choices[0]?.delta.content) break;
    await eventually('the stream is cancelled', async () => (HOST ? (await underWay()) === 0 : (await mock('/__stats')).streams_cancelled > before));
  },
  async answers_carry_the_usual_headers() {
    const { response } = await client.chat.completions.create({ model: 'alpha', messages: HI }).withResponse();
    expect(response.headers.get('content-type').startsWith('application/json'), 'content-type');
    expect(response.headers.get('x-request-id') && response.headers.get('openai-processing-ms'), 'headers');
  },
};

const ofHost = {
  async output_limits_and_stop_texts_are_kept() {
    const cut = (await create({ ...to('alpha'), max_tokens: 7 })).choices[0];
    expect(cut.message.content === 'This is' && cut.finish_reason === 'length', cut);
    const stopped = (await create({ ...to('alpha'), stop: [' mock'] })).choices[0];
    expect(stopped.message.content === 'This is the' && stopped.finish_reason === 'stop', stopped);
    expect((await chunksOf({ ...to('alpha'), max_tokens: 7 })).at(-1).choices[0].finish_reason === 'length', 'stream');
  },
  async tools_are_called_as_tool_choice_says() {
    for (const tool_choice of ['required', { type: 'function', function: { name: 'weather' } }]) {
      const choice = (await create({ ...to('alpha'), tools: [WEATHER], tool_choice })).choices[0];
      expect(choice.finish_reason === 'tool_calls' && typeof JSON.parse(choice.message.tool_calls[0].function.arguments).city === 'string', choice);
    }
    const none = (await create({ ...to('mock-tools'), tools: [WEATHER], tool_choice: 'none' })).choices[0];
    expect(none.message.content && !none.message.tool_calls, none);
    const single = (await create({ ...to('mock-parallel-tools'), tools: [WEATHER], parallel_tool_calls: false })).choices[0];
    expect(single.message.tool_calls.length === 1, single);
  },
  async what_the_model_cannot_do_is_refused_by_name() {
    for (const [param, value] of [['n', 100], ['presence_penalty', 0.5], ['some_new_field', 1], ['modalities', ['text', 'audio']]]) {
      const error = await raises(OpenAI.BadRequestError, () => create({ ...to('alpha'), [param]: value }));
      expect(error.param === param && error.code, [param, error]);
    }
    const content = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,bm90' } }];
    const error = await raises(OpenAI.BadRequestError, () => create({ model: 'alpha', messages: [{ role: 'user', content }] }));
    expect(error.param === 'messages[0].content[0]', error);
  },
  async a_prompt_that_comes_again_is_cached() {
    await create(to('alpha'));
    const { usage } = await create(to('alpha'));
    expect(usage.prompt_tokens_details.cached_tokens > 0, usage);
  },
};
const OF_SERVE = [
  'unary_answer_of_the_router',
  'usage_details_are_passed_on',
  'finish_reasons_are_true',
  'refusals_are_passed_on',
  'stream_of_the_router',
  'the_callers_tools_pass_the_router',
  'several_choices_of_the_router_are_refused',
  'parts_and_unknown_fields_reach_the_model',
  'upstream_failures_are_errors_without_upstream_text',
  'a_busy_upstream_says_when_to_come_back',
  'the_server_retries_so_that_the_client_need_not',
  'the_client_obeys_x_should_retry',
  'a_failure_after_the_first_token_is_an_in_band_error',
];

const wanted = HOST ? [...Object.entries(checks).filter(([name]) => !OF_SERVE.includes(name)), ...Object.entries(ofHost)] : Object.entries(checks);
for (const [name, run] of wanted) {
  try {
    await run();
    console.log(JSON.stringify({ check: name, ok: true }));
  } catch (error) {
    console.log(JSON.stringify({ check: name, ok: false, why: String(error.message).slice(0, 600) }));
  }
}
process.exit(0);
