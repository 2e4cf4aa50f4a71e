/** What /proc says: parsed from texts as Linux writes them, and of this very process. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cpuOf, memoryOf, parseRollup, parseSchedstat, parseStat, secondsOf, threadsOf } from '../../bench/proc.ts';

/** proc(5): 52 fields; utime 1234, stime 56, threads 11. */
const REST =
  'S 1 17341 14085 0 -1 4194304 104 0 0 0 1234 56 0 0 20 0 11 0 274285 3133440 388 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0';

const ROLLUP = `55d4eac40000-7ffdb44f4000 ---p 00000000 00:00 0                          [rollup]
Rss:                1768 kB
Pss:                 293 kB
Shared_Clean:       1616 kB
Private_Clean:        40 kB
Private_Dirty:       112 kB
`;

describe('proc', () => {
  it('reads a stat line', () => {
    assert.deepEqual(parseStat(`17343 (node) ${REST}\n`), {
      pid: 17343,
      name: 'node',
      user: 12.34,
      system: 0.56,
      threads: 11,
    });
  });

  it('reads one whose name holds blanks and parentheses', () => {
    const stat = parseStat(`7 (a) b (c) ${REST}\n`);
    assert.equal(stat.name, 'a) b (c');
    assert.equal(stat.user, 12.34);
    assert.throws(() => parseStat('no such thing'), /no stat line/);
  });

  it('reads smaps_rollup: what is resident, and what is its own', () => {
    assert.deepEqual(parseRollup(ROLLUP), { resident: 1768 * 1024, own: 152 * 1024 });
    assert.throws(() => parseRollup('Rss: 1 kB\n'), /no Private_Clean/);
  });

  it('reads schedstat in nanoseconds', () => {
    assert.equal(parseSchedstat('910929072 18965361 5951\n'), 0.910929072);
    assert.throws(() => parseSchedstat('x 1 2\n'), /no schedstat line/);
  });

  it('counts CPU time this process spends, to the right order', () => {
    const before = secondsOf(process.pid);
    const from = process.cpuUsage();
    while (process.cpuUsage(from).user < 60_000);
    const spent = secondsOf(process.pid) - before;
    assert.ok(spent >= 0.05 && spent < 10, `spent ${spent}`);
    assert.ok(cpuOf(process.pid).user > 0);
    assert.ok(threadsOf(process.pid).some((thread) => thread.tid === process.pid));
    const { resident, own } = memoryOf(process.pid);
    assert.ok(own > 1_000_000 && own <= resident);
  });
});
