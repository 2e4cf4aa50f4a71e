/** Why there is no connection, in words: what an operator can do about it is said, and the code is in it for a search. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unreachableWords } from '../../src/address/unreachable.ts';

test('what an operator can change is named', () => {
  assert.equal(
    unreachableWords('NOTALLOWED'),
    'this gateway may not connect there: --allow-server allows it (NOTALLOWED)',
  );
  assert.match(unreachableWords('EMFILE'), /no file descriptors left: raise the limit \(ulimit -n\) \(EMFILE\)$/);
  assert.match(unreachableWords('ECONNREFUSED'), /nothing listens there \(ECONNREFUSED\)$/);
  assert.match(unreachableWords('ESOCKS'), /the SOCKS proxy/);
});

test('a code that nobody knows is said all the same; an orderly end has none', () => {
  assert.equal(unreachableWords('EODD'), 'the connection failed (EODD)');
  for (const end of ['END', 'FIN']) assert.equal(unreachableWords(end), 'the other side closed the connection');
});
