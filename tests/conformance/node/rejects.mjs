// Reads every odd stream of the mock with the official Node client: raw and by its accumulator.
// argv: node_modules folder of the client, base URL, rows (JSON file). Prints one JSON line a row.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const [folder, baseURL, rowsFile] = process.argv.slice(2);
const require = createRequire(folder + '/');
const { OpenAI } = require('openai');
const { makeParseableResponseFormat } = require('openai/lib/parser');
console.error = console.warn = () => {}; // the client logs what it cannot parse
const client = new OpenAI({ apiKey: 'sk-test', baseURL, maxRetries: 0, logLevel: 'off' });

function requestOf(row) {
  const { auto_parse, ...rest } = row.request;
  if (auto_parse) rest.response_format = makeParseableResponseFormat(rest.response_format, JSON.parse);
  return { model: `odd-${row.name}`, messages: [{ role: 'user', content: 'hi' }], ...rest };
}

async function outcome(read, expectsTool) {
  try {
    const seen = await read();
    const complete = expectsTool ? seen.tools > 0 : seen.text.length > 0;
    return { outcome: complete ? 'accepted' : 'lost', detail: JSON.stringify(seen) };
  } catch (error) {
    return { outcome: 'throws', detail: `${error.constructor.name}: ${error.message}`.slice(0, 160) };
  }
}

async function raw(row) {
  let text = '';
  let tools = 0;
  for await (const chunk of await client.chat.completions.create({ ...requestOf(row), stream: true })) {
    text += chunk.choices?.map((choice) => choice.delta?.content ?? '').join('') ?? '';
    tools += chunk.choices?.[0]?.delta?.tool_calls?.length ?? 0;
  }
  return { text, tools };
}

async function accumulator(row) {
  const completion = await client.chat.completions.stream(requestOf(row)).finalChatCompletion();
  const message = completion.choices[0].message;
  return { text: message.content ?? '', tools: message.tool_calls?.length ?? 0 };
}

for (const row of JSON.parse(readFileSync(rowsFile, 'utf8'))) {
  const expectsTool = Boolean(row.request.tools);
  const result = { name: row.name, raw: await outcome(() => raw(row), expectsTool), accumulator: await outcome(() => accumulator(row), expectsTool) };
  console.log(JSON.stringify(result));
}
process.exit(0);
