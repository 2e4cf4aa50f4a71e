/**
 * LabelledCounts: counters told apart by labels whose values come from outside.
 * In: values, one addition each. Out: the counts. Never: more of them than were allowed: what is beyond is `other`.
 */
const OTHER = 'other';

interface LabelledCount {
  readonly values: readonly string[];
  count: number;
}

/** Counts by label values, a bounded number of them; beyond it everything is counted as `other`. */
export class LabelledCounts {
  readonly names: readonly string[];
  readonly #most: number;
  readonly #counts = new Map<string, LabelledCount>();

  /** @param names of the labels @param most different values that are told apart */
  constructor(names: readonly string[], most: number) {
    this.names = names;
    this.#most = most;
  }

  /** Counts one. @param values one for each label */
  add(values: readonly string[]): void {
    const known = this.#counts.get(values.join(' '));
    if (known !== undefined) known.count++;
    else if (this.#counts.size < this.#most) this.#counts.set(values.join(' '), { values, count: 1 });
    else this.#other().count++;
  }

  #other(): LabelledCount {
    const values = this.names.map(() => OTHER);
    const name = values.join(' ');
    let other = this.#counts.get(name);
    if (other === undefined) this.#counts.set(name, (other = { values, count: 0 }));
    return other;
  }

  /** Each with its labels, as they were met first. */
  *all(): Generator<{ readonly labels: Readonly<Record<string, string>>; readonly count: number }> {
    for (const { values, count } of this.#counts.values())
      yield { labels: Object.fromEntries(this.names.map((name, i) => [name, values[i]!])), count };
  }
}
