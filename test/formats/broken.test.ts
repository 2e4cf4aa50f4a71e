/** Texts that are no session: cut, changed, foreign. Each is refused with a sentence that has nothing of the text in it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { FormatError, FORMATS, formatOf, importText } from '../../src/formats/formats.ts';
import { MAX_TEXT } from '../../src/formats/parts.ts';
import { aKey, recordWith } from '../support/session-records.ts';

const RECORD = recordWith({ host: '149.154.167.51', port: 443, userId: 4_242_424_242n, apiId: 17_349, sessionLow: 7 });
const OLD = { ...RECORD, userId: 42_424_242n };
const textOf = (name: string): string => formatOf(name).write(name === 'pyrogram-oldest' ? OLD : RECORD);

const OLDER: Readonly<Record<string, { readonly name: string; readonly length: number }>> = {
  pyrogram: { name: 'pyrogram-oldest', length: 351 },
  mtkruto: { name: 'mtkruto-old', length: textOf('mtkruto-old').length },
};

/** Refuses with a FormatError whose message has no eight characters of the text. */
function refuses(read: () => unknown, text: string, what: string): void {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof FormatError, `${what}: ${String(error)}`);
    for (let i = 0; i + 8 <= text.length; i += 4)
      assert.ok(!error.message.includes(text.slice(i, i + 8)), `${what}: shows what it read`);
    assert.equal(error.cause, undefined);
    return;
  }
  assert.fail(`${what}: not refused`);
}

for (const { name, read } of FORMATS) {
  const text = textOf(name);

  test(`${name}: cut at every byte`, () => {
    for (let length = 0; length < text.length; length++) {
      const cut = text.slice(0, length);
      // Padding says nothing: base64 without it is whole.
      if (cut.replace(/=+$/, '') === text.replace(/=+$/, '')) continue;
      refuses(() => read(cut), cut, `${name}, ${length} of ${text.length}`);
      // Cut to just the length of an older form these are one, with the same key or one that nothing can tell from a right one.
      const older = OLDER[name];
      if (length === older?.length) assert.equal(importText(cut).format.name, older.name);
      else refuses(() => importText(cut), cut, `${name} by detection, ${length}`);
    }
  });

  test(`${name}: doubled, lengthened, with foreign characters at every place`, () => {
    for (const more of [text + text, `${text}A`, `${text}AAAA`, `${text}====`])
      refuses(() => read(more), more, `${name}: longer`);
    for (let at = 0; at < text.length; at++)
      for (const foreign of ['\0', 'Ł', ' ']) {
        const changed = text.slice(0, at) + foreign + text.slice(at + 1);
        if (text.startsWith('{') && !isInside(text, at)) continue;
        refuses(() => read(changed), text, `${name}: ${JSON.stringify(foreign)} at ${at}`);
      }
  });

  test(`${name}: one character changed at every place is another session or a refusal, never a crash`, () => {
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice(0, at) + (text[at] === 'B' ? 'C' : 'B') + text.slice(at + 1);
      try {
        const record = read(changed);
        assert.ok(record.keys.every(({ key }) => key.length === 256));
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }
  });
}

/** Within the base64 of the key, where a space, unlike between members, is no JSON white space. */
function isInside(text: string, at: number): boolean {
  const key = Buffer.from(aKey(1)).toString('base64');
  const from = text.indexOf(key);
  return at >= from && at < from + key.length;
}

test('garbage of every kind is refused by every format', () => {
  const base64 = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
  const json = fc.json();
  const almost = fc.record({ v: fc.jsonValue(), dc: fc.jsonValue(), keys: fc.jsonValue(), salts: fc.jsonValue() });
  const garbage = fc.oneof(
    fc.string(),
    base64,
    base64.map((text) => `1${text}`),
    json,
    almost.map((one) => JSON.stringify(one)),
  );
  fc.assert(
    fc.property(garbage, (text) => {
      for (const { name, read } of FORMATS) {
        try {
          read(text);
        } catch (error) {
          assert.ok(error instanceof FormatError, `${name}: ${String(error)}`);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('a string of our own that was mistyped anywhere is refused, not read as another', () => {
  const text = textOf('string');
  for (let at = 3; at < text.length; at++) {
    const changed = text.slice(0, at) + (text[at] === 'B' ? 'C' : 'B') + text.slice(at + 1);
    assert.throws(() => formatOf('string').read(changed), FormatError);
  }
});

test('a blank key is no key', () => {
  for (const { name, read, write } of FORMATS.filter((format) => format.name !== 'pyrogram-oldest'))
    assert.throws(() => read(write({ ...RECORD, keys: [{ dc: 2, key: new Uint8Array(256).fill(7) }] })), /blank/, name);
});

test('what is no session, or no name of a format, is said', () => {
  assert.throws(() => importText('  \n'), /nothing was given/);
  assert.throws(() => importText('A'.repeat(MAX_TEXT + 1)), /longer than any session/);
  assert.throws(() => importText('hello'), /in any format known here/);
  assert.throws(() => importText('{}'), /no auth_key/);
  assert.throws(() => importText('{"v":2}'), /no "v":1/);
  assert.throws(
    () => importText('hello', 'telethno'),
    /no format "telethno"; there are json, string, original, telethon/,
  );
});

test('a text that two formats take is not guessed at', () => {
  // MTKruto's bytes, zeros packed: 01 32 00 02 fe 00 01 01 00 01 and the key. With five zeros in the key they are as many
  // as Pyrogram's; the last of them lies where the user id begins, and the last byte is a yes.
  const key = aKey(3).map((byte) => byte || 9);
  for (const at of [2, 4, 6, 8, 248]) key[at] = 0;
  key[255] = 1;
  const text = formatOf('mtkruto-old').write(recordWith({ dc: 2 }, key));
  assert.throws(() => importText(text), /this could be pyrogram or mtkruto-old: say which with --format/);
  assert.deepEqual(importText(text, 'mtkruto-old').record, recordWith({ dc: 2 }, key));
});
