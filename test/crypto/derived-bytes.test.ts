/** Derived bytes: the same for the same secret, ticket and deadline, in whatever pieces; others for anything else. */
import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { DerivedBytes, SECRET_LENGTH } from '../../src/crypto/derived-bytes.ts';

const SECRET = new Uint8Array(SECRET_LENGTH).fill(7);

function drawn(secret: Uint8Array, ticket: number, deadline: number, sizes: readonly number[] = [40]): string {
  const source = new DerivedBytes(secret).of(ticket, deadline);
  const pieces = sizes.map((size) => {
    const piece = Buffer.alloc(size, 0xff);
    source.fill(piece);
    return piece;
  });
  return Buffer.concat(pieces).toString('hex');
}

test('they are AES-256-CTR, the counter beginning with ticket and deadline', () => {
  const counter = Buffer.alloc(16);
  counter.writeUInt32LE(0xfffffffe, 0);
  counter.writeDoubleLE(1_795_000_000_000.5, 4);
  const wanted = createCipheriv('aes-256-ctr', SECRET, counter).update(Buffer.alloc(40)).toString('hex');
  assert.equal(drawn(SECRET, -2, 1_795_000_000_000.5), wanted);
});

test('they are the same in whatever pieces they are drawn', () => {
  assert.equal(drawn(SECRET, 1, 2, [8, 8, 3, 21]), drawn(SECRET, 1, 2));
});

test('another secret, ticket or deadline gives others', () => {
  const all = [
    drawn(SECRET, 1, 2),
    drawn(SECRET, 2, 2),
    drawn(SECRET, 1, 3),
    drawn(new Uint8Array(SECRET_LENGTH).fill(8), 1, 2),
  ];
  assert.equal(new Set(all).size, all.length);
});

test('one source begins again with each request', () => {
  const source = new DerivedBytes(SECRET);
  const piece = Buffer.alloc(8);
  const first = [1, 2, 1].map((ticket) => {
    source.of(ticket, 5).fill(piece);
    return piece.toString('hex');
  });
  assert.equal(first[0], first[2]);
  assert.notEqual(first[0], first[1]);
});
