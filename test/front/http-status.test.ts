/** Statuses of HTTP: docs/http-and-msgpack.md says of each error the one that it has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERRORS, type ErrorName } from '../../src/errors.ts';
import { statusOfError } from '../../src/front/http-status.ts';

const PAGE = readFileSync(new URL('../../../docs/http-and-msgpack.md', import.meta.url), 'utf8');

/** The page's rows: of each status the errors it names. `Host` that is not this gateway's is a refusal before any request. */
const rows = [...PAGE.matchAll(/^\| (\d{3}) \|(.*)\|$/gm)]
  .filter(([, status]) => status !== '403')
  .map(([, status, text]) => [Number(status), [...text!.matchAll(/`(\w+)`/g)].map(([, name]) => name!)] as const);

test('every error that has a status of its own stands in the row of that status, and in no other', () => {
  const named = rows.flatMap(([status, names]) =>
    names.filter((name) => name in ERRORS).map((name) => `${status} ${name}`),
  );
  const own = (Object.keys(ERRORS) as ErrorName[])
    .map((name) => `${statusOfError(name)} ${name}`)
    .filter((row) => !row.startsWith('200 '));
  assert.deepEqual(named.sort(), own.sort());
});
