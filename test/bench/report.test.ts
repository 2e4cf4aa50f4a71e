/** Medians, tables and the comparison of two files. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compare, compareFiles, verdict } from '../../bench/compare.ts';
import { median, rowOf, spread, type Report, type ReportFile } from '../../bench/report.ts';
import { align, cell, figure, renderReport } from '../../bench/table.ts';

function report(cpu: readonly number[], rate: readonly number[]): Report {
  return {
    bench: 'proxy',
    about: 'calls',
    columns: [
      { key: 'cpu', title: 'us/call', better: 'less' },
      { key: 'rate', title: 'calls/s', better: 'more' },
      { key: 'dc', title: 'dc us', better: 'none' },
    ],
    rows: [{ name: 'small', values: { cpu, rate } }],
    notes: ['a note'],
  };
}

function file(of: Report): ReportFile {
  const machine = { cpu: 'c', cores: 2, memory: 'm', system: 's', node: 'n', commit: 'abc', date: 'd' };
  return { machine, reports: [of] };
}

describe('median', () => {
  it('is the middle, or the mean of both middles', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.ok(Number.isNaN(median([])));
  });

  it('lies within the figures, whatever their order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }), (values) => {
        const middle = median(values);
        assert.ok(middle >= Math.min(...values) && middle <= Math.max(...values));
        assert.equal(median(values.toReversed()), middle);
      }),
    );
  });

  it('spread is relative to it', () => {
    assert.equal(spread([9, 10, 12]), 0.3);
    assert.equal(spread([5]), 0);
  });
});

describe('table', () => {
  it('shows the figures that count', () => {
    assert.deepEqual([12_345.6, 123.4, 12.34, 1.234, 0.1234, 0.01234, 0, Number.NaN].map(figure), [
      '12346',
      '123',
      '12.3',
      '1.23',
      '0.12',
      '0.012',
      '0',
      '-',
    ]);
  });

  it('marks runs that lie apart, and leaves empty what was not measured', () => {
    assert.equal(cell([10, 10.1, 10.2]), '10.1');
    assert.equal(cell([10, 10.1, 20]), '10.1~');
    assert.equal(cell(undefined), '');
  });

  it('lines up', () => {
    assert.deepEqual(
      align([
        ['', 'a'],
        ['row', '10.5'],
        ['r', ''],
      ]),
      ['        a', 'row  10.5', 'r'],
    );
    assert.deepEqual(renderReport(report([10, 12], [5, 5])), [
      'proxy: calls; medians of 2 runs, ~ where they lie more than 25 % apart',
      '       us/call  calls/s  dc us',
      'small     11.0     5.00',
      '  a note',
      '',
    ]);
  });

  it('gathers runs into rows', () => {
    assert.deepEqual(rowOf('r', [{ a: 1 }, { a: 2, b: 3 }]), { name: 'r', values: { a: [1, 2], b: [3] } });
  });
});

describe('compare', () => {
  it('calls different only what no run of the other reaches', () => {
    assert.equal(verdict([10, 11, 12], [7, 8, 9], 'less'), 'better');
    assert.equal(verdict([10, 11, 12], [7, 8, 9], 'more'), 'worse');
    assert.equal(verdict([10, 11, 12], [12, 13, 14], 'less'), 'same');
    assert.equal(verdict([10, 11, 12], [13, 14], 'less'), 'worse');
    assert.equal(verdict([10], [1, 2], 'less'), 'unclear');
    assert.equal(verdict([10, 11], [1, 2], 'none'), '');
  });

  it('puts medians and their ratio side by side', () => {
    const lines = compareFiles(file(report([10, 11, 12], [100, 101])), file(report([5, 6, 7], [100, 103])));
    assert.deepEqual(lines.slice(3), [
      'proxy: calls',
      '                   A     B   B/A',
      'small  us/call  11.0  6.00  0.55  better',
      'small  calls/s   101   102  1.01    same',
      '',
    ]);
  });

  it('names the file that is none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-test-'));
    try {
      const [good, bad] = [join(folder, 'a.json'), join(folder, 'b.json')];
      writeFileSync(good, JSON.stringify(file(report([1], [1]))));
      writeFileSync(bad, '{}');
      assert.ok(compare(good, good).length > 3);
      assert.throws(() => compare(good, bad), /b\.json is no file of bench --json/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
