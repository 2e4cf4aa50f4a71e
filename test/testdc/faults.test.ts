import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { listenForOrders, startTestDc } from '../../src/testdc/dc-server.ts';
import { Faults } from '../../src/testdc/faults/faults.ts';
import { Dice } from '../../src/testdc/faults/dice.ts';
import { KINDS } from '../../src/testdc/faults/table.ts';
import { parseFaults } from '../../src/testdc/faults/rule.ts';
import { Nc } from '../support/nc.ts';
import { Run } from '../support/process.ts';
import { Trial } from '../support/trial.ts';

describe('the language', () => {
  test('reads names, numbers, families, comments and the seed', () => {
    const { rules, seed } = parseFaults(
      'seed 7\n# nothing\n\nrpc.500 method=messages.* p=0.1 count=3\nanswer.* rate=2 # many\n',
    );
    assert.equal(seed, 7);
    assert.equal(rules[0]!.name, 'rpc.500');
    assert.deepEqual([rules[0]!.p, rules[0]!.count], [0.1, 3]);
    assert.ok(rules[0]!.method!.test('messages.sendMessage') && !rules[0]!.method!.test('help.getConfig'));
    const family = Object.keys(KINDS).filter((name) => name.startsWith('answer.'));
    assert.deepEqual(
      rules.slice(1).map((rule) => rule.name),
      family,
    );
    for (const rule of rules.slice(1)) assert.equal(rule.p, KINDS[rule.name]!.usual * 2);
  });

  test('says which line is wrong, and why', () => {
    assert.throws(
      () => parseFaults('rpc.500\nnothing.like.it'),
      /^Error: line 2: no fault nothing\.like\.it; there are/,
    );
    assert.throws(() => parseFaults('rpc.500 p'), /line 1: p: expected key=value/);
    assert.throws(() => parseFaults('rpc.500 p=often'), /line 1: p: often is no number/);
  });

  test('has at least 40 kinds, each told in a sentence', () => {
    assert.ok(Object.keys(KINDS).length >= 40);
    for (const kind of Object.values(KINDS)) assert.ok(kind.about.length > 5 && kind.usual > 0);
  });

  test('the same seed rolls the same dice', () => {
    const rolls = (seed: number): number[] => {
      const dice = new Dice(seed);
      return Array.from({ length: 20 }, () => dice.below(1000));
    };
    assert.deepEqual(rolls(5), rolls(5));
    assert.notDeepEqual(rolls(5), rolls(6));
  });

  test('`after`, `every` and `count` choose among opportunities', async () => {
    const trial = new Trial();
    const faults = new Faults(trial.pair.dc, 'rpc.403 method=account.updateStatus after=1 every=2 count=2');
    await trial.start();
    const failed: boolean[] = [];
    for (let i = 0; i < 8; i++) failed.push(await trial.fails({ _cons: 'account.updateStatus', offline: true }));
    assert.deepEqual(failed, [false, false, true, false, true, false, false, false]);
    assert.deepEqual([...faults.counts], [['rpc.403', 2]]);
  });
});

describe('the control port', () => {
  test('adds, reports and clears, a JSON line each', async (t) => {
    const dc = await startTestDc();
    t.after(() => dc.close());
    const port = await listenForOrders(dc, new Faults(dc, '', 9), 0);
    const nc = await Nc.to(port);
    nc.send('{"add":"rpc.500 count=1"}\n{"report":true}\n{"add":"no.such"}\n{"clear":true}\nnonsense\n{}\n');
    const [added, reported, unknown, cleared, broken, empty] = (await nc.lines(6)).map(
      (line) => JSON.parse(line) as Record<string, unknown>,
    );
    assert.deepEqual([added!['seed'], added!['faults'], reported!['kinds']], [9, 0, {}]);
    assert.match(String(unknown!['error']), /no fault no\.such/);
    assert.equal(cleared!['faults'], 0);
    assert.match(String(broken!['error']), /JSON/);
    assert.match(String(empty!['error']), /expected add, clear or report/);
    nc.close();
  });

  test('a client that breaks off disturbs nobody', async (t) => {
    const dc = await startTestDc();
    t.after(() => dc.close());
    const port = await listenForOrders(dc, new Faults(dc, '', 9), 0);
    for (let i = 0; i < 5; i++) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write('{"report":true}\n{"rep');
      await once(socket, 'data');
      socket.resetAndDestroy();
    }
    const nc = await Nc.to(port);
    nc.send('{"report":true}\n');
    assert.equal((await nc.json())['seed'], 9);
    nc.close();
  });

  test('a wrong file of faults is told before anything listens', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'faults-'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'faults'), 'rpc.500\nrpc.9000\n');
    const run = new Run(t, ['dc', '--port', '0', '--faults', join(folder, 'faults')]);
    assert.equal(await run.code(), 2);
    assert.match(run.err, /--faults: .*: line 2: no fault rpc\.9000/);
  });
});

/** Some answers are still awaited when the connection is lost. */
const SLOW = 'request.delay method=account.* p=0.7 ms=1200';

describe('every fault alone', () => {
  // With temporary keys, as a gateway is by default, and every third without.
  for (const [i, name] of Object.keys(KINDS).entries())
    for (const forwardSecrecy of i % 3 === 0 ? (['made', 'never'] as const) : (['made'] as const))
      test(`${name}, temporary keys ${forwardSecrecy}`, async () => {
        const trial = new Trial({ session: { forwardSecrecy } });
        const faults = new Faults(
          trial.pair.dc,
          `${name} p=${KINDS[name]!.usual > 0.001 ? 0.5 : 0.15} count=4\n${SLOW}`,
          11,
        );
        await trial.start();
        for (let round = 1; round < 400 && (round < 8 || !faults.counts.has(name)); round++) {
          await trial.round();
          // Faults of connections, sessions and keys want new ones.
          if (round % 3 === 2) await trial.cut();
          if (round % 4 === 3) await trial.restart();
        }
        faults.clear();
        await trial.settle();
        assert.deepEqual(trial.wrong(), []);
        assert.ok(faults.counts.has(name), 'never played');
      });
});
