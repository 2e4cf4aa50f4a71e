/**
 * Order: whether the requests of each client connection reach the DC in the order in which they were asked.
 * In: the place of each request as it is read. Out: those that one asked later has overtaken.
 * Never: a repetition taken for a request that came late.
 */
import type { Place } from './wishes.ts';

export interface Overtaken extends Place {
  /** Of the one that came before it and was asked after it. */
  readonly by: number;
  readonly method: string;
  /** When it was read, Unix ms. */
  readonly at: number;
}

interface Course {
  last: number;
  /** Numbers below it that have not come. */
  readonly missing: Set<number>;
}

export class Order {
  readonly overtaken: Overtaken[] = [];
  readonly #courses = new Map<number, Course>();

  read({ connection, seq }: Place, method: string, at: number): void {
    const course = this.#courses.get(connection) ?? { last: 0, missing: new Set() };
    this.#courses.set(connection, course);
    if (seq > course.last) {
      for (let i = course.last + 1; i < seq; i++) course.missing.add(i);
      course.last = seq;
    } else if (course.missing.delete(seq)) this.overtaken.push({ connection, seq, by: course.last, method, at });
  }
}
