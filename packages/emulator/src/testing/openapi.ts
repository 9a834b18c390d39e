import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

/** Twilio's OpenAPI file of Conversations, as `tools/openapi.mjs` keeps it. */
interface OpenApi {
  operations: Record<string, { parameters: string[]; answers: Record<string, object | null> }>;
  definitions: Record<string, object>;
}

export const openApi: OpenApi = JSON.parse(readFileSync(new URL('./openapi.json', import.meta.url), 'utf8'));

/** The file has no answers for errors. Their shape is the helper's: what it reads of them. */
const errorSchema = {
  type: 'object',
  required: ['status', 'code', 'message', 'more_info'],
  additionalProperties: false,
  properties: {
    status: { type: 'integer' },
    code: { type: 'integer' },
    message: { type: 'string' },
    more_info: { type: 'string', format: 'uri' },
  },
};

const ajv = new Ajv({ allErrors: true, strict: false });
addFormats.default(ajv);
for (const format of ['uri-map', 'phone-number', 'sid-like', 'http-method']) ajv.addFormat(format, true);
ajv.addSchema({ $id: 'twilio', definitions: openApi.definitions });
const isError = ajv.compile(errorSchema);

const compiled = new Map<string, ValidateFunction>();
const validatorOf = (name: string, schema: object): ValidateFunction => {
  const known = compiled.get(name);
  if (known) return known;
  const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/definitions/', '"twilio#/definitions/'));
  const made = ajv.compile(absolute);
  compiled.set(name, made);
  return made;
};

const templates = Object.keys(openApi.operations).map((operation) => {
  const [method = '', path = ''] = operation.split(' ');
  return { operation, method, segments: path.split('/') };
});

/** The operation of Twilio's that a request is for. The most literal path wins. */
export function operationOf(method: string, path: string): string | undefined {
  const given = path.split('/');
  const fits = templates.filter(
    (template) =>
      template.method === method &&
      template.segments.length === given.length &&
      template.segments.every((segment, place) => segment.startsWith('{') || segment === given[place]),
  );
  const holes = (segments: string[]) => segments.filter((segment) => segment.startsWith('{')).length;
  return fits.sort((one, other) => holes(one.segments) - holes(other.segments))[0]?.operation;
}

/** Throws what Twilio would not answer so. Errors have one shape everywhere; what Twilio does not have is let by. */
export function checkAnswer(method: string, url: string, status: number, body: unknown): void {
  if (status >= 400) {
    complain(isError, `${method} ${url} ${status}`, body);
    return;
  }
  const operation = operationOf(method, new URL(url).pathname);
  if (operation === undefined) return;
  const answers = openApi.operations[operation]?.answers ?? {};
  const schema = answers[status];
  if (schema === undefined) {
    throw new Error(`${operation} answered ${status}; Twilio answers ${Object.keys(answers).join(' or ')}`);
  }
  if (schema === null) {
    if (body !== undefined && body !== '') throw new Error(`${operation} answered ${status} with a body`);
    return;
  }
  complain(validatorOf(`${operation} ${status}`, schema), operation, body);
}

function complain(validate: ValidateFunction, what: string, body: unknown): void {
  if (validate(body)) return;
  throw new Error(
    `${what} is not what Twilio answers: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`,
  );
}
