/** What the trials of shared sessions and of idempotency keys judge by: order, connections, answers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Answer } from '../../bench/shared/line.ts';
import { Dice } from '../../src/testdc/faults/dice.ts';
import { KINDS } from '../../src/testdc/faults/table.ts';
import { parseFaults } from '../../src/testdc/faults/rule.ts';
import type { Call } from '../../src/testdc/answers/call.ts';
import { DcRpcError } from '../../src/testdc/protocol/rpc-error.ts';
import { wrongOf, type Asked } from '../trials/keys/asked.ts';
import { outlived } from '../trials/shared/faults.ts';
import { Homes } from '../trials/shared/homes.ts';
import { Order } from '../trials/shared/order.ts';
import { satOut, Waits } from '../trials/shared/waits.ts';
import { placeOf, wish } from '../trials/shared/wishes.ts';

describe('order', () => {
  const read = (...places: [connection: number, seq: number][]): [number, number, number][] => {
    const order = new Order();
    for (const [connection, seq] of places) order.read({ connection, seq }, 'ping', 1);
    return order.overtaken.map(({ connection, seq, by }) => [connection, seq, by]);
  };

  it('is kept by gaps, by repetitions, and between connections', () => {
    assert.deepEqual(read([0, 1], [0, 2], [1, 1], [0, 5], [0, 5], [0, 2], [1, 2]), []);
  });

  it('is broken by a request that comes after a later one of its connection, once', () => {
    assert.deepEqual(read([0, 1], [0, 3], [0, 2], [0, 2]), [[0, 2, 3]]);
    assert.deepEqual(read([0, 2], [0, 1]), [[0, 1, 2]]);
  });
});

describe('waits', () => {
  const waits = new Waits();
  const call = { method: 'messages.sendMessage', session: { key: { userId: 7n } } } as Call;
  waits.played({ call, effect: new DcRpcError(420, 'FLOOD_WAIT_3') }, 10_000);
  waits.played({ call, effect: new DcRpcError(400, 'MSG_WAIT_FAILED') }, 20_000);
  waits.played({ call, effect: undefined }, 20_000);
  waits.played({ call: undefined, effect: undefined }, 20_000);
  const held = { user: '7', method: 'messages.sendMessage', from: 12_500, at: 13_100 };

  it('are those that a refusal names, for its method and user', () => {
    assert.deepEqual(waits.list, [{ user: '7', method: 'messages.sendMessage', from: 10_000, until: 13_000 }]);
  });

  it('hold back what was asked before their end and read after it', () => {
    assert.equal(satOut(waits.list, held), true);
    for (const other of [{ user: '8' }, { method: 'ping' }, { from: 13_000 }, { at: 12_999 }, { at: 14_001 }])
      assert.equal(satOut(waits.list, { ...held, ...other }), false, JSON.stringify(other));
  });
});

describe('wishes', () => {
  it('show the DC their place, unless they are pings', () => {
    const dice = new Dice(1);
    for (let seq = 1; seq <= 200; seq++) {
      const place = { connection: seq % 3, seq };
      const { message, isOrdered } = wish(place, dice);
      assert.deepEqual(placeOf(message), isOrdered ? place : undefined);
    }
  });

  it('know the answer to another request of their kind', () => {
    const read = (seq: number): ReturnType<typeof wish> => {
      for (let seed = 1; ; seed++) {
        const one = wish({ connection: 0, seq }, new Dice(seed));
        if (one.message['_cons'] === 'messages.getMessages') return one;
      }
    };
    const answer = { messages: [{ _cons: 'messageEmpty', id: 1_000_007 }] };
    assert.equal(read(7).isRight(answer), true);
    assert.equal(read(8).isRight(answer), false);
  });
});

describe('homes', () => {
  it('are too many only for as long as there are more than sessions', () => {
    const homes = new Homes();
    homes.expected = 2;
    for (const [open, at] of [
      [1, 0],
      [2, 10],
      [3, 20],
      [4, 30],
      [2, 50],
      [3, 60],
    ] as const)
      homes.changed(open, at);
    assert.deepEqual([homes.most, homes.open, homes.longestOver(70), homes.longestOver(100)], [4, 3, 30, 40]);
  });
});

describe('faults that a named session outlives', () => {
  it('are all but those that end its key, at their usual chance', () => {
    const { rules } = parseFaults(outlived(0.5));
    assert.equal(rules.length, Object.keys(KINDS).length - 4);
    assert.ok(rules.every(({ name, p }) => p === KINDS[name]!.usual / 2));
    assert.ok(!rules.some(({ name }) => name === 'transport.404-twice'));
  });
});

describe('a request under a key', () => {
  const result = { id: 1, message: { _cons: 'updates', n: 1 } };
  const other = { id: 1, message: { _cons: 'updates', n: 2 } };
  const unknown = { id: 1, error: 'DeliveryUnknown', msg: 'ask before you repeat it' };
  const asked = (first: object | undefined, ...again: Answer[]): Asked => {
    const before = first === undefined ? [] : [first as Answer];
    return { token: 'k', request: {}, before, again };
  };

  it('may be answered by its first outcome, whatever the id, or by DeliveryUnknown if nobody has heard one', () => {
    assert.deepEqual(wrongOf(asked(result, { ...result, id: 9 }, result), 1), []);
    assert.deepEqual(wrongOf(asked(undefined, result, result), 1), []);
    assert.deepEqual(wrongOf(asked({ error: 'Overloaded', delivered: 'no' }, result, result), 1), []);
    assert.deepEqual(wrongOf(asked(undefined, unknown, unknown), 0), []);
    assert.deepEqual(wrongOf(asked(undefined, unknown, unknown), 1), []);
  });

  it('may not be carried out twice, or have an outcome for which it never was', () => {
    assert.match(wrongOf(asked(undefined, result, result), 2).join(), /carried out 2 times/);
    assert.match(wrongOf(asked(undefined, result, result), 0).join(), /never carried out/);
  });

  it('may not have another outcome than the one that was heard, or two', () => {
    assert.match(wrongOf(asked(result, other, other), 1).join(), /and then/);
    assert.match(wrongOf(asked(result, unknown, unknown), 1).join(), /and then/);
    assert.match(wrongOf(asked(undefined, unknown, result), 1).join(), /to the first retry/);
  });

  it('may not be refused for another reason', () => {
    const refused = { id: 1, error: 'SessionInUse' };
    assert.match(wrongOf(asked(undefined, refused, refused), 0).join(), /SessionInUse/);
  });
});
