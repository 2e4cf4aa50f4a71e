/**
 * OpenAPI: what HTTP has to offer, as a document of OpenAPI 3.1, made from the table of paths and the table of errors.
 * In: nothing. Out: its text, and a tag that changes with it. Never: a path, a method or an error that is not in its table.
 */
import { createHash } from 'node:crypto';
import { NAME } from '../account/name.ts';
import { ERRORS, type ErrorEntry, type ErrorName } from '../errors.ts';
import type { Asking } from './http-ask.ts';
import { ERRORS_OVER_HTTP } from './http-status.ts';
import { METHOD } from './session-asks.ts';
import { CALL_STATUSES } from './session-status.ts';
import { isOfProbe, OPERATIONS, type Operation, type Own } from './http-paths.ts';

type Json = Readonly<Record<string, unknown>>;

const JSON_TYPE = 'application/json';

const TOKEN_ERRORS: readonly ErrorName[] = ['AuthRequired', 'AuthFailed'];
const WRONG_HOST = 'ProtocolMismatch (the Host is no name of this gateway)';

const PARAMETERS: Readonly<Record<string, Json>> = {
  name: { description: 'the name of a kept session', schema: { type: 'string', pattern: NAME.source } },
  method: { description: 'a method of the scheme', schema: { type: 'string', pattern: METHOD.source } },
};

const KEY_HEADER: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'the same key in the same session gets the first outcome again',
  schema: { type: 'string' },
};

/** What the listener answers by itself: type and meaning of each status. */
const OWN: Readonly<Record<Own, { readonly type: string; readonly statuses: Readonly<Record<number, string>> }>> = {
  live: { type: 'text/plain', statuses: { 200: 'the process runs' } },
  ready: {
    type: 'text/plain',
    statuses: { 200: 'requests are taken', 503: 'starting, stopping, or without a thread' },
  },
  metrics: { type: 'text/plain', statuses: { 200: 'the counters', 500: 'they could not be read' } },
  description: { type: JSON_TYPE, statuses: { 200: 'this document', 304: 'the document that If-None-Match names' } },
};

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const content = (schema: Json, type = JSON_TYPE): Json => ({ content: { [type]: { schema } } });

let made: { readonly text: string; readonly tag: string } | undefined;

/** The document and its entity tag (RFC 9110, 8.8.3); made once. */
export function description(): { readonly text: string; readonly tag: string } {
  if (made === undefined) {
    const text = `${JSON.stringify(documentOf())}\n`;
    made = { text, tag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` };
  }
  return made;
}

function documentOf(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'mtproto2json',
      version: '1.0.0',
      summary: "Telegram's MTProto for programs that speak JSON",
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    // Which of the two is the operator's choice.
    security: [{}, { token: [] }],
    paths: paths(),
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { ...BODIES, Answer: ANSWER, Error: errorSchema(), ErrorName: errorNames() },
    },
  };
}

/** By path, then by method in small letters; HEAD beside each GET. */
function paths(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of OPERATIONS) {
    const { method, path, name, summary } = operation;
    const item = (paths[path] ??= parametersOf(path));
    item[method.toLowerCase()] = operationOf(operation, name, summary);
    if (method === 'GET') item['head'] = operationOf(operation, `${name}Head`, `${summary}: the headers alone`);
  }
  return paths;
}

function parametersOf(path: string): Record<string, Json> {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const parameters = names.map((name) => ({ name, in: 'path', required: true, ...PARAMETERS[name] }));
  return parameters.length === 0 ? {} : { parameters: parameters as unknown as Json };
}

function operationOf({ does }: Operation, operationId: string, summary: string): Json {
  if (typeof does === 'string') {
    const isOpen = does !== 'metrics';
    return { operationId, summary, ...(isOpen && { security: [] }), responses: ownResponses(does) };
  }
  const { body, hasKey = false } = does;
  const taken = body === undefined ? {} : { requestBody: { required: body !== 'Fields', ...content(ref(body)) } };
  const parameters = hasKey ? { parameters: [KEY_HEADER] } : {};
  return { operationId, summary, ...parameters, ...taken, responses: sessionResponses(does) };
}

function ownResponses(own: Own): Json {
  const { type, statuses } = OWN[own];
  const schema = type === JSON_TYPE ? { type: 'object' } : { type: 'string' };
  const said = Object.entries(statuses).map(([status, text]) => {
    const body = status === '304' ? {} : content(schema, type);
    return [status, { description: text, ...body }] as const;
  });
  return {
    ...Object.fromEntries(said),
    ...(own === 'metrics' && { 401: errorResponse(TOKEN_ERRORS, 401) }),
    ...(!isOfProbe(own) && { 403: errorResponse([WRONG_HOST], 403) }),
  };
}

/** A response for each status that an error has; those that have 200 share it with the answers. */
function sessionResponses(asking: Asking): Json {
  const byStatus = new Map<number, string[]>();
  if (asking.isCall === true)
    for (const [status, word] of Object.entries(CALL_STATUSES)) byStatus.set(Number(status), [word]);
  for (const name of ERRORS_OVER_HTTP) {
    const status = asking.statusOfError(name);
    byStatus.set(status, [...(byStatus.get(status) ?? []), name]);
  }
  const refused = byStatus.get(200) ?? [];
  byStatus.delete(200);
  const answer = refused.length === 0 ? ref('Answer') : { anyOf: [ref('Answer'), ref('Error')] };
  return {
    200: { description: ['the answer', ...refused].join(', '), ...content(answer) },
    ...Object.fromEntries([...byStatus].map(([status, names]) => [status, errorResponse(names, status)])),
    403: errorResponse([WRONG_HOST, ...(byStatus.get(403) ?? [])], 403),
  };
}

function errorResponse(names: readonly string[], status: number): Json {
  const headers = HEADERS[status];
  // Telegram's refusals are answers: they have no `error`.
  const isAnswer = names.some((name) => name.startsWith('rpc_'));
  const schema = isAnswer ? { anyOf: [ref('Answer'), ref('Error')] } : ref('Error');
  return { description: names.join(', '), ...(headers !== undefined && { headers }), ...content(schema) };
}

const RETRY_AFTER: Json = {
  'Retry-After': { description: 'seconds to wait, where that is known', schema: { type: 'integer' } },
};
const HEADERS: Readonly<Record<number, Json>> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string' } } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};

const ID: Json = { description: "the request's id; 1 if it gave none", type: ['integer', 'string'] };

/** A request as a line has it. What its message may say is the scheme's, which is not written out here. */
const REQUEST: Json = {
  type: 'object',
  properties: {
    id: ID,
    message: { type: 'object', properties: { _cons: { type: 'string' } }, required: ['_cons'] },
  },
};

/** What a request's body may be. */
const BODIES: Readonly<Record<NonNullable<Asking['body']>, Json>> = {
  Request: REQUEST,
  Fields: { description: 'the fields of the method; which, is said by the scheme', type: 'object' },
  SessionChange: {
    type: 'object',
    properties: { resident: { type: 'boolean' } },
    required: ['resident'],
    additionalProperties: false,
  },
};

const ANSWER: Json = { type: 'object', properties: { id: ID }, required: ['id'] };

/** Every error has these, beside what its row names. */
function errorSchema(): Json {
  const entries: readonly ErrorEntry[] = ERRORS_OVER_HTTP.map((name) => ERRORS[name]);
  const further = new Set(entries.flatMap(({ fields, sometimes }) => [...fields, ...sometimes]));
  return {
    type: 'object',
    properties: {
      ...Object.fromEntries([...further].map((field) => [field, { type: FIELD_TYPES[field] ?? 'string' }])),
      id: ID,
      error: ref('ErrorName'),
      msg: { description: 'one sentence', type: 'string' },
      retryable: { description: 'the same request may be sent again without harm and with hope', type: 'boolean' },
      delivered: { description: 'whether Telegram may have executed it', enum: ['no', 'yes', 'unknown'] },
      fatal: { description: 'the session is lost', type: 'boolean' },
    },
    required: ['id', 'error', 'msg', 'retryable', 'delivered'],
  };
}

/** Types of further attributes that are no text. */
const FIELD_TYPES: Readonly<Record<string, string>> = {
  pos: 'integer',
  limit: 'integer',
  retry_after: 'number',
  closing: 'boolean',
};

function errorNames(): Json {
  return {
    type: 'string',
    enum: ERRORS_OVER_HTTP,
    'x-enum-descriptions': ERRORS_OVER_HTTP.map((name) => ERRORS[name].text),
  };
}
