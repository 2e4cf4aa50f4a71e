/** Questions at a terminal: keys in, what is drawn out. The terminal is made of two streams. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'node:test';
import { Interrupted, type Question } from '../../src/signin/steps.ts';
import { Terminal } from '../../src/signin/terminal.ts';

/** A screen that remembers everything that was ever drawn on it. */
class Screen extends PassThrough {
  readonly isTTY = true;
  readonly columns = 100;
  readonly rows = 60;
  drawn = '';
  constructor() {
    super();
    this.on('data', (chunk: Buffer) => (this.drawn += chunk.toString()));
  }
}

class Keys extends PassThrough {
  readonly isTTY = true;
  isRaw = false;
  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw;
    return this;
  }
}

function terminal(): { terminal: Terminal; keys: Keys; screen: Screen } {
  const [keys, screen] = [new Keys(), new Screen()];
  return { terminal: new Terminal(keys, screen), keys, screen };
}

function question(more: Partial<Question> = {}): Question {
  return { name: 'phone', text: 'The question', isSecret: false, mayBeEmpty: false, isYesNo: false, ...more };
}

const NEVER = new AbortController().signal;

test('what is typed is the answer; the keys are the terminal’s own again afterwards', async () => {
  const { terminal: t, keys, screen } = terminal();
  const answer = t.ask(question(), NEVER);
  assert.equal(keys.isRaw, true);
  keys.write('+44 20 1\r');
  assert.equal(await answer, '+44 20 1');
  assert.equal(keys.isRaw, false);
  assert.match(screen.drawn, /The question/);
});

test('a secret is never drawn', async () => {
  const { terminal: t, keys, screen } = terminal();
  const answer = t.ask(question({ isSecret: true }), NEVER);
  for (const key of 'planted') keys.write(key);
  keys.write('\r');
  assert.equal(await answer, 'planted');
  const text = stripVTControlCharacters(screen.drawn);
  for (const part of ['pl', 'la', 'an', 'nt', 'te', 'ed']) {
    assert.ok(!text.replaceAll('The question', '').includes(part), part);
  }
});

test('nothing is an answer only where it may be one', async () => {
  const { terminal: t, keys, screen } = terminal();
  const empty = t.ask(question({ isSecret: true, mayBeEmpty: true }), NEVER);
  keys.write('\r');
  assert.equal(await empty, '');
  const answer = t.ask(question(), NEVER);
  keys.write('\r');
  keys.write('x\r');
  assert.equal(await answer, 'x');
  assert.match(screen.drawn, /An answer is needed here/);
});

test('yes or no', async () => {
  const { terminal: t, keys, screen } = terminal();
  const yes = t.ask(question({ isYesNo: true, text: 'Do you? (yes/no)' }), NEVER);
  keys.write('y');
  assert.equal(await yes, 'yes');
  const no = t.ask(question({ isYesNo: true, text: 'Do you? (yes/no)' }), NEVER);
  keys.write('n');
  assert.equal(await no, 'no');
  assert.ok(!screen.drawn.includes('(yes/no)'));
});

test('Ctrl-C, and a signal, interrupt it', async () => {
  const { terminal: t, keys } = terminal();
  const answer = t.ask(question(), NEVER);
  keys.write('\u0003');
  await assert.rejects(answer, Interrupted);
  const interrupt = new AbortController();
  const other = t.ask(question(), interrupt.signal);
  interrupt.abort();
  await assert.rejects(other, Interrupted);
  assert.equal(keys.isRaw, false);
});

test('a QR code is drawn in place of the last one, unless something was said between', () => {
  const { terminal: t, screen } = terminal();
  const cleared = (): number => screen.drawn.split('\u001b[J').length - 1;
  t.show('tg://login?token=AAAA', 30);
  const lines = screen.drawn.split('\n').length - 1;
  assert.equal(cleared(), 0);
  assert.match(screen.drawn, /[▀▄█]{4}[^]*\ntg:\/\/login\?token=AAAA\nValid for 30 seconds/);
  t.show('tg://login?token=BBBB', 30);
  assert.ok(screen.drawn.includes(`\u001b[${lines}A\u001b[J`));
  t.say('A sentence.');
  t.show('tg://login?token=CCCC', 30);
  assert.equal(cleared(), 1);
  assert.match(screen.drawn, /A sentence\./);
});
