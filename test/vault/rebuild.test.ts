/** A rebuild takes of each name the newest version that opens, wherever the versions stand in the damaged file. */
import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type LivenessSocket, writeProcessRow } from '../../src/vault/liveness.ts';
import { OutcomeRows } from '../../src/vault/outcome-rows.ts';
import { outcomeRowName } from '../../src/vault/outcomes.ts';
import type { Identity } from '../../src/vault/processes.ts';
import { rebuild } from '../../src/vault/rebuild.ts';
import { DATA_FILE, openStore, Rows } from '../../src/vault/rows.ts';
import { RowKind, sealRow } from '../../src/vault/seal.ts';
import { body, folderOf } from './support.ts';

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
    const aside = await rebuild(folder, damaged, secret);
    assert.deepEqual(readFileSync(aside), damaged, 'the damaged file has another name');
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

test('a rebuild takes of each outcome the newest that opens, beside the record of its session', async (t) => {
  const folder = folderOf(t);
  const [paid, torn, lost] = ['paid', 'torn', 'lost'].map((key) => outcomeRowName('me', key));
  const rows = [
    sealed([RowKind.RECORD, 'me', 9, 'the session']),
    sealed([RowKind.OUTCOME, paid!, 20, 'its outcome']),
    sealed([RowKind.OUTCOME, paid!, 10, 'noted']),
    sealed([RowKind.OUTCOME, torn!, 10, 'noted']),
    broken([RowKind.OUTCOME, torn!, 20, 'its outcome']),
    broken([RowKind.OUTCOME, lost!, 10, 'noted']),
  ];
  writeFileSync(join(folder, DATA_FILE), Buffer.concat(rows.flatMap((row) => [randomBytes(50), row])));
  await rebuild(folder, readFileSync(join(folder, DATA_FILE)), secret);
  const store = openStore(folder, true);
  const kept = new Rows(store, secret);
  const outcomes = new OutcomeRows(kept, { change: (_size, run) => Promise.resolve(run()), isOwn: () => true });
  const found = ['paid', 'torn', 'lost'].map((key) => outcomes.read('me', key));
  const record = kept.get(RowKind.RECORD, 'me')?.body;
  await store.close();
  assert.deepEqual(
    [...found, record].map((one) => one && Buffer.from(one).toString()),
    ['its outcome', 'noted', undefined, 'the session'],
  );
});

test('an outcome that was damaged is said to be so: its request may have been carried out', async (t) => {
  const folder = folderOf(t);
  const name = outcomeRowName('me', 'paid');
  const row = broken([RowKind.OUTCOME, name, 10, 'its outcome']);
  const store = openStore(folder, false);
  const rows = new Rows(store, secret);
  store.transactionSync(() => rows.putSealed(RowKind.OUTCOME, name, row));
  const outcomes = new OutcomeRows(rows, { change: (_size, run) => Promise.resolve(run()), isOwn: () => true });
  assert.equal(outcomes.read('me', 'new'), undefined);
  assert.throws(() => outcomes.read('me', 'paid'), { fault: 'VaultRecordBroken' });
  await store.close();
});

/** The row of a process without a socket. */
function processRow(self: Identity): Buffer {
  const text = writeProcessRow(self, { file: undefined } as LivenessSocket).toString();
  return sealed([RowKind.PROCESS, self.uuid, 1, text]);
}

test('a vault that a living process has open is not rebuilt', async (t) => {
  const folder = folderOf(t);
  const other = body(t);
  const damaged = Buffer.concat([processRow(other.self), ...ROWS]);
  writeFileSync(join(folder, DATA_FILE), damaged);
  await assert.rejects(rebuild(folder, damaged, secret), {
    fault: 'VaultClosed',
    message: new RegExp(`process ${other.self.pid} has it open`),
  });
  assert.deepEqual(readFileSync(join(folder, DATA_FILE)), damaged);
  await other.kill();
  assert.ok(existsSync(await rebuild(folder, damaged, secret)), 'a dead one does not count');
});

test('one process rebuilds at a time; the lock of a dead one is not heeded', async (t) => {
  const folder = folderOf(t);
  const other = body(t);
  const damaged = Buffer.concat(ROWS);
  writeFileSync(join(folder, DATA_FILE), damaged);
  const lock = join(folder, 'rebuilding');
  writeFileSync(lock, JSON.stringify({ ...other.self, at: Date.now() }));
  await assert.rejects(rebuild(folder, damaged, secret), { fault: 'VaultClosed', message: /is being rebuilt/ });
  await other.kill();
  await rebuild(folder, damaged, secret);
  assert.ok(!existsSync(lock));
});
