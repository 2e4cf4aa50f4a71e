/** Statuses of `POST /v1/rpc`: docs/http-and-msgpack.md says of each error the one that it has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRORS, type ErrorName } from '../../src/errors.ts';
import { statusOfError } from '../../src/front/http-status.ts';
import { statusRows } from '../support/status-rows.ts';

/** `Host` that is not this gateway's is a refusal before any request. */
const rows = statusRows('## `POST /v1/rpc`').filter(([status]) => status !== 403);

test('every error that has a status of its own stands in the row of that status, and in no other', () => {
  const named = rows.flatMap(([status, names]) =>
    names.filter((name) => name in ERRORS).map((name) => `${status} ${name}`),
  );
  const own = (Object.keys(ERRORS) as ErrorName[])
    .map((name) => `${statusOfError(name)} ${name}`)
    .filter((row) => !row.startsWith('200 '));
  assert.deepEqual(named.sort(), own.sort());
});
