/**
 * Play: a flow driven by a script in place of a gateway and a person.
 * In: a flow; what is expected in order, and what to reply. Out: what was said and shown, how it ended.
 * Never: a step that the script does not have.
 */
import assert from 'node:assert/strict';
import {
  type CallAnswer,
  type Flow,
  Interrupted,
  type CallRefusal,
  type Reply,
  type Tl,
} from '../../src/signin/steps.ts';

/** A call by its method, or a question by its name, with the reply to it; an Error is thrown into the flow. */
export type Turn = readonly [expected: string, reply: CallAnswer | string | boolean | Error];

export interface Played<T> {
  readonly end: T | undefined;
  readonly error: Error | undefined;
  readonly said: readonly string[];
  readonly shown: readonly { url: string; seconds: number }[];
  /** Messages of the calls, in order. */
  readonly calls: readonly Tl[];
  /** Questions, in order. */
  readonly asked: readonly { name: string; text: string; isSecret: boolean }[];
}

export const result = (value: unknown): CallAnswer => ({ result: value });

/** `FLOOD_WAIT_31` has its seconds beside it, as the gateway gives them. */
export function refused(text: string, code = 400): CallAnswer {
  const wait = /^(?:FLOOD|FLOOD_PREMIUM)_WAIT_(\d+)$/.exec(text);
  const refusal: CallRefusal = { code, text, seconds: wait === null ? undefined : Number(wait[1]) };
  return { refusal };
}

export const CTRL_C = new Interrupted();

/** Runs a flow to its end by a script. */
export function play<T>(flow: Flow<T>, script: readonly Turn[]): Played<T> {
  const turns = [...script];
  const said: string[] = [];
  const shown: { url: string; seconds: number }[] = [];
  const calls: Tl[] = [];
  const asked: { name: string; text: string; isSecret: boolean }[] = [];
  const done = (end: T | undefined, error: Error | undefined): Played<T> => {
    assert.deepEqual(turns, [], 'the flow ended before its script');
    return { end, error, said, shown, calls, asked };
  };
  const turn = (what: string): Reply | Error => {
    const [expected, reply] = turns.shift() ?? ['the end', undefined];
    assert.equal(what, expected);
    return reply;
  };
  try {
    let next = flow.next();
    while (next.done !== true) {
      const step = next.value;
      let reply: Reply | Error;
      if (step.do === 'say') said.push(step.text);
      else if (step.do === 'show') shown.push({ url: step.url, seconds: step.seconds });
      else if (step.do === 'await') reply = turn(`await ${step.update}`);
      else if (step.do === 'call') {
        calls.push(step.message);
        reply = turn(step.message._cons);
      } else {
        asked.push(step.question);
        reply = turn(`ask ${step.question.name}`);
      }
      next = reply instanceof Error ? flow.throw(reply) : flow.next(reply);
    }
    return done(next.value, undefined);
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return done(undefined, error as Error);
  }
}
