// Reads Twilio's OpenAPI file of Conversations and keeps what REST answers must look like: paths, methods, statuses
// and schemas, without its prose. Run by hand when Twilio publishes a new one:
//
//   npm pack @twilio/cli-core@8.3.2 && tar xzf twilio-cli-core-8.3.2.tgz
//   node tools/openapi.mjs package/src/services/twilio-api/twilio_conversations_v1.json
//
// Strict on purpose: the file itself names no property as required and forbids none, and would pass an empty object.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const written = path.join(root, 'packages/emulator/src/testing/openapi.json');
const source = process.argv[2];
if (source === undefined) {
  console.error('openapi: name the OpenAPI file to read');
  process.exit(2);
}

const kept = ['type', 'format', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'enum'];

function readSchema(schema) {
  if (schema.$ref !== undefined)
    return { $ref: schema.$ref.replace('#/components/schemas/', '#/definitions/') };
  const result = {};
  for (const name of kept) if (schema[name] !== undefined) result[name] = schema[name];
  if (schema.items !== undefined) result.items = readSchema(schema.items);
  if (schema.properties !== undefined) {
    result.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, readSchema(property)]),
    );
    result.required = Object.keys(schema.properties);
    result.additionalProperties = false;
  }
  // Twilio's own examples hold null where an enum is expected, and the file does not say so.
  const nullable = schema.nullable === true || schema.enum !== undefined;
  if (nullable && result.type !== undefined) {
    result.type = [result.type, 'null'];
    if (result.enum !== undefined) result.enum = [...result.enum, null];
  }
  return result;
}

const { info, paths, components } = JSON.parse(await readFile(source, 'utf8'));
const operations = {};
for (const [route, methods] of Object.entries(paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    if (operation.responses === undefined) continue;
    const form = operation.requestBody?.content?.['application/x-www-form-urlencoded']?.schema;
    operations[`${method.toUpperCase()} ${route}`] = {
      parameters: [
        ...(operation.parameters ?? []).filter((one) => one.in === 'query').map((one) => one.name),
        ...Object.keys(form?.properties ?? {}),
      ],
      answers: Object.fromEntries(
        Object.entries(operation.responses).map(([status, response]) => {
          const schema = response.content?.['application/json']?.schema;
          return [status, schema === undefined ? null : readSchema(schema)];
        }),
      ),
    };
  }
}
const definitions = Object.fromEntries(
  Object.entries(components.schemas).map(([name, schema]) => [name, readSchema(schema)]),
);
const from = `${info.title} ${info.version}, OpenAPI file in @twilio/cli-core 8.3.2 (Apache-2.0), without its prose`;
// One line an entry: what a new release changed can be read in the diff.
const lines = (entries) =>
  Object.entries(entries)
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join(',\n');
await writeFile(
  written,
  `{"from":${JSON.stringify(from)},\n"operations":{\n${lines(operations)}},\n"definitions":{\n${lines(definitions)}}}\n`,
);
console.log(
  `${written}: ${Object.keys(operations).length} operations, ${Object.keys(definitions).length} schemas`,
);
