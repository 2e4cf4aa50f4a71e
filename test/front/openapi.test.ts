/** The description of the interface: right by the schema of OpenAPI 3.1, and true by the tables it is made from. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { ERRORS } from '../../src/errors.ts';
import { OPERATIONS } from '../../src/front/http-paths.ts';
import { description } from '../../src/front/openapi.ts';

interface Described {
  readonly openapi: string;
  readonly paths: Record<
    string,
    Record<string, { operationId: string; responses: Record<string, { description: string }> }>
  >;
  readonly components: { readonly schemas: Record<string, { enum?: string[]; properties?: Record<string, unknown> }> };
}

const DESCRIBED = JSON.parse(description().text) as Described;

test('a validator of others takes it as OpenAPI 3.1, references included', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(description().text);
  assert.deepEqual([valid, errors, validator.version], [true, undefined, '3.1']);
  validator.resolveRefs();
});

test('it has each operation of the table, with HEAD beside each GET, and no other', () => {
  const described = Object.entries(DESCRIBED.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((key) => key !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  const wanted = OPERATIONS.flatMap(({ method, path }) =>
    method === 'GET' ? [`GET ${path}`, `HEAD ${path}`] : [`${method} ${path}`],
  );
  assert.deepEqual(described.toSorted(), wanted.toSorted());
  const ids = Object.values(DESCRIBED.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  );
  assert.equal(new Set(ids.filter(Boolean)).size, described.length);
});

test('each error that HTTP can tell stands once below each path that asks a session, and all its attributes are described', () => {
  const notHere = ['LineTimeout', 'TooManyErrors', 'SlowConsumer', 'UpdatesDropped'];
  const names = Object.keys(ERRORS).filter((name) => !notHere.includes(name));
  const { ErrorName, Error } = DESCRIBED.components.schemas;
  assert.deepEqual(ErrorName!.enum, names);
  for (const { path, method, does } of OPERATIONS) {
    if (typeof does === 'string') continue;
    const { responses } = DESCRIBED.paths[path]![method.toLowerCase()]!;
    const told = Object.values(responses).flatMap((one) => one.description.split(', '));
    assert.deepEqual(told.filter((name) => name in ERRORS).toSorted(), names.toSorted(), path);
  }
  for (const [name, { fields, sometimes }] of Object.entries(ERRORS)) {
    if (notHere.includes(name)) continue;
    for (const field of [...fields, ...sometimes])
      assert.ok(Error!.properties![field] !== undefined, `${name}.${field}`);
  }
});
