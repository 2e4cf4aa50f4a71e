/** A rebuild takes of each name the newest version that opens, wherever the versions stand in the damaged file. */
import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rebuild } from '../../src/vault/rebuild.ts';
import { DATA_FILE, openStore, Rows } from '../../src/vault/rows.ts';
import { RowKind, sealRow } from '../../src/vault/seal.ts';
import { folderOf } from './support.ts';

const secret = createSecretKey(randomBytes(32));

/** Kind, name, version, body. */
type Version = readonly [kind: number, name: string, seq: number, body: string];

const sealed = ([kind, name, seq, body]: Version): Buffer => sealRow(secret, kind, name, seq, Buffer.from(body));

/** With one bit of its body wrong. */
function broken(version: Version): Buffer {
  const row = sealed(version);
  row[row.length - 20]! ^= 1;
  return row;
}

const ROWS: readonly Buffer[] = [
  ...[9, 10, 2].map((seq) => sealed([RowKind.RECORD, 'used', seq, `version ${seq}`])),
  sealed([RowKind.RECORD, 'forgotten', 1, 'was kept']),
  sealed([RowKind.REMOVED, 'forgotten', 2, '']),
  sealed([RowKind.REMOVED, 'made again', 4, '']),
  sealed([RowKind.RECORD, 'made again', 5, 'is kept']),
  sealed([RowKind.RECORD, 'torn', 6, 'before']),
  broken([RowKind.RECORD, 'torn', 7, 'the write that tore']),
  broken([RowKind.RECORD, 'lost', 3, 'nothing opens']),
  // A version that is no number is none.
  sealed([RowKind.RECORD, 'odd', 3, 'third']),
  sealed([RowKind.RECORD, 'odd', Infinity, 'what wrote this?']),
  sealed([RowKind.OWNER, 'used', 99, '{}']),
];

for (const [order, rows] of [
  ['older first', ROWS],
  ['newer first', ROWS.toReversed()],
] as const)
  test(`a rebuild takes the newest version that opens: ${order}`, async (t) => {
    const folder = folderOf(t);
    const damaged = Buffer.concat(rows.flatMap((row) => [randomBytes(50), row]));
    writeFileSync(join(folder, DATA_FILE), damaged);
    await rebuild(folder, damaged, secret);
    const store = openStore(folder, true);
    const kept = [...new Rows(store, secret).all(RowKind.RECORD)];
    const owner = new Rows(store, secret).get(RowKind.OWNER, 'used');
    await store.close();
    assert.deepEqual(
      kept.map(({ kind, name, body }) => [name, kind === RowKind.REMOVED ? 'gone' : body?.toString()]),
      [
        ['forgotten', 'gone'],
        ['lost', undefined],
        ['made again', 'is kept'],
        ['odd', 'third'],
        ['torn', 'before'],
        ['used', 'version 10'],
      ],
    );
    assert.equal(owner, undefined, 'nobody has a name');
  });
