/** The journal on a real disk: numbers, order, what a failed write and a killed process leave, what is kept for how long. */
import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import fs, { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { NewEntry } from '../../src/journal/entry.ts';
import { Journal } from '../../src/journal/journal.ts';
import { JOURNAL_MAP_SIZE, JournalRows, openJournalStore } from '../../src/journal/journal-rows.ts';
import { Commits } from '../../src/vault/commits.ts';
import { preallocateToOpen } from '../../src/vault/preallocate.ts';

const KEY = createSecretKey(randomBytes(32));
const START = 1_700_000_000_000;

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-journal-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function opened(
  t: TestContext,
  folder = folderOf(t),
  key = KEY,
): Promise<{ journal: Journal; close: () => Promise<void> }> {
  preallocateToOpen(folder, true);
  const store = openJournalStore(folder);
  const commits = new Commits(store, join(folder, 'data.mdb'), JOURNAL_MAP_SIZE);
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await commits.idle();
    commits.close();
    await store.close();
  };
  t.after(close);
  return { journal: new Journal(new JournalRows(store, key), commits), close };
}

function entry(text: string, more: Partial<NewEntry> = {}): NewEntry {
  const bytes = Buffer.from(`update ${text}`);
  return {
    at: START,
    box: 'common',
    layer: 214,
    kind: 'updateNewMessage',
    chat: 'user 7',
    isFetched: false,
    bytes,
    ...more,
  };
}

const texts = (entries: readonly { bytes: Uint8Array }[]): string[] =>
  entries.map(({ bytes }) => Buffer.from(bytes).toString().replace('update ', ''));

describe('a journal', () => {
  it('gives each update its number, and has it as it was written, also when it is opened again', async (t) => {
    const folder = folderOf(t);
    const first = await opened(t, folder);
    const many = [entry('a'), entry('b', { box: '8', chat: 'channel 8', isFetched: true, at: START + 5, layer: 215 })];
    assert.equal(await first.journal.append('me', many, [{ box: 'common', body: Buffer.from('pts 1') }]), 1);
    assert.equal(await first.journal.append('me', [entry('c')], []), 3);
    assert.equal(await first.journal.append('you', [entry('other')], []), 1);
    await first.close();
    const { journal } = await opened(t, folder);
    const entries = journal.read('me', 1, 1 << 20);
    assert.deepEqual(
      entries.map(({ bytes, ...rest }) => ({ ...rest, bytes: Buffer.from(bytes) })),
      [...many, entry('c')].map((one, i) => ({ ...one, number: i + 1 })),
    );
    assert.deepEqual(
      journal.boxes('me').map(({ box, body }) => [box, Buffer.from(body).toString()]),
      [['common', 'pts 1']],
    );
    assert.equal(await journal.append('me', [entry('d')], []), 4);
    assert.deepEqual([journal.bounds('me').first, journal.bounds('me').next], [1, 5]);
    assert.deepEqual(journal.bounds('nobody'), { first: 1, next: 1, size: 0 });
  });

  it('is read from any number on, a piece at a time', async (t) => {
    const { journal } = await opened(t);
    await journal.append(
      'me',
      Array.from({ length: 300 }, (_, i) => entry(String(i + 1))),
      [],
    );
    assert.deepEqual(texts(journal.read('me', 299, 1 << 20)), ['299', '300']);
    assert.deepEqual(texts(journal.read('me', 301, 1 << 20)), []);
    assert.deepEqual(texts(journal.read('me', 5, 1)), ['5'], 'one at least');
    let next = 1;
    const all: string[] = [];
    for (let some = journal.read('me', next, 1_000); some.length > 0; some = journal.read('me', next, 1_000)) {
      assert.ok(some.length < 30);
      all.push(...texts(some));
      next = some.at(-1)!.number + 1;
    }
    assert.deepEqual(
      all,
      Array.from({ length: 300 }, (_, i) => String(i + 1)),
    );
  });

  it('keeps names apart of which one begins as another', async (t) => {
    const { journal } = await opened(t);
    for (const name of ['a', 'ab', 'a e', 'ä']) await journal.append(name, [entry(name)], []);
    for (const name of ['a', 'ab', 'a e', 'ä']) assert.deepEqual(texts(journal.read(name, 1, 1 << 20)), [name]);
  });

  it('has appends of one turn in their order', async (t) => {
    const { journal } = await opened(t);
    const numbers = await Promise.all(['a', 'b', 'c'].map((text) => journal.append('me', [entry(text)], [])));
    assert.deepEqual(numbers, [1, 2, 3]);
    assert.deepEqual(texts(journal.read('me', 1, 1 << 20)), ['a', 'b', 'c']);
  });

  it('removes a box that is no more', async (t) => {
    const { journal } = await opened(t);
    await journal.append(
      'me',
      [],
      [
        { box: '8', body: Buffer.from('x') },
        { box: '9', body: Buffer.from('y') },
      ],
    );
    await journal.append('me', [], [{ box: '8', body: new Uint8Array(0) }]);
    assert.deepEqual(
      journal.boxes('me').map(({ box }) => box),
      ['9'],
    );
  });

  it('has nothing of what could not be written, and goes on', async (t) => {
    const { journal } = await opened(t);
    await journal.append('me', [entry('a')], [{ box: 'common', body: Buffer.from('1') }]);
    const full = t.mock.method(fs, 'writeSync', () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    });
    syncBuiltinESMExports();
    const large = entry('b', { bytes: randomBytes(8 << 20) });
    const failed = journal.append('me', [large], [{ box: 'common', body: Buffer.from('2') }]);
    await assert.rejects(failed, { fault: 'VaultWriteFailed', code: 'ENOSPC' });
    full.mock.restore();
    syncBuiltinESMExports();
    assert.equal(await journal.append('me', [entry('c')], []), 2);
    assert.deepEqual(texts(journal.read('me', 1, 1 << 20)), ['a', 'c']);
    assert.equal(Buffer.from(journal.boxes('me')[0]!.body).toString(), '1');
  });

  it('is sealed: nothing of an update stands in the file, and another key opens nothing', async (t) => {
    const folder = folderOf(t);
    const first = await opened(t, folder);
    await first.journal.append('me', [entry('the secret text')], []);
    await first.close();
    assert.equal(readFileSync(join(folder, 'data.mdb')).indexOf('the secret text'), -1);
    const { journal } = await opened(t, folder, createSecretKey(randomBytes(32)));
    assert.deepEqual(journal.read('me', 1, 1 << 20), []);
  });
});

describe('consumers', () => {
  it('have places that are kept, and forgotten', async (t) => {
    const { journal } = await opened(t);
    await journal.keepPlace('me', 'worker', Buffer.from('41'));
    await journal.keepPlace('me', 'other', Buffer.from('7'));
    await journal.keepPlace('you', 'worker', Buffer.from('1'));
    assert.equal(Buffer.from(journal.place('me', 'worker')!).toString(), '41');
    assert.deepEqual(journal.consumers('me'), ['other', 'worker']);
    await journal.keepPlace('me', 'other', new Uint8Array(0));
    assert.deepEqual(journal.consumers('me'), ['worker']);
  });
});

describe('what is kept', () => {
  it('is as old and as long as it may be, the newest', async (t) => {
    const { journal } = await opened(t);
    for (let i = 1; i <= 600; i++) void journal.append('me', [entry(String(i), { at: START + i })], []);
    assert.equal(await journal.append('me', [], []), 601);
    assert.equal(await journal.prune('me', { after: START + 301, size: Infinity }), 300);
    assert.deepEqual(texts(journal.read('me', 1, 1)), ['301']);
    const { size } = journal.bounds('me');
    assert.equal(await journal.prune('me', { after: 0, size: size / 2 }), 150);
    const { first, next, size: left } = journal.bounds('me');
    assert.deepEqual([first, next], [451, 601]);
    assert.ok(left <= size / 2);
    assert.equal(await journal.append('me', [entry('more')], []), 601, 'numbers go on');
  });

  it('of a session that is forgotten is nothing', async (t) => {
    const { journal } = await opened(t);
    await journal.append('me', [entry('a')], [{ box: 'common', body: Buffer.from('1') }]);
    await journal.keepPlace('me', 'worker', Buffer.from('1'));
    await journal.append('me2', [entry('b')], []);
    await journal.forget('me');
    assert.deepEqual([journal.read('me', 1, 1), journal.boxes('me'), journal.consumers('me')], [[], [], []]);
    assert.deepEqual(journal.bounds('me'), { first: 1, next: 1, size: 0 });
    assert.deepEqual(texts(journal.read('me2', 1, 1)), ['b']);
  });
});
