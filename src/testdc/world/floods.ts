/**
 * FloodRules: refuses calls of a method beyond so many (protocol: RPC errors).
 * In: rules, calls. Out: nothing, or FLOOD_WAIT_X with the seconds that are left. Never: a rule that no test has made.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';

/** How often a method may be called. */
export interface FloodRule {
  /** How many calls are answered before one is refused. */
  readonly calls: number;
  /** How long later calls are refused, seconds from the first refusal on; then counting begins anew. */
  readonly seconds: number;
  /** The error's name before the seconds; default `FLOOD_WAIT`. */
  readonly error?: string;
}

/** A call, as far as it is counted. */
interface CountedCall {
  readonly method: string;
  readonly args: TlObject;
  readonly session: { readonly key: { readonly id: bigint; readonly userId: bigint | undefined } };
  /** Unix milliseconds. */
  readonly now: number;
}

/** Calls of one method by one caller. */
interface Count {
  calls: number;
  /** Unix milliseconds at which the wait ends; 0 while calls are answered. */
  until: number;
}

/** The rules of one world, and who has called how often. */
export class FloodRules {
  readonly #rules = new Map<string, FloodRule>();
  /** Counts by method and caller. */
  readonly #counts = new Map<string, Count>();

  /** Makes a rule for a method. */
  limit(method: string, rule: FloodRule): void {
    this.#rules.set(method, rule);
  }

  /** Ends all rules and waits. */
  clear(): void {
    this.#rules.clear();
    this.#counts.clear();
  }

  /** Counts a call. @throws DcRpcError FLOOD_WAIT_X if there were too many */
  check(call: CountedCall): void {
    if (this.#rules.size === 0) return;
    const rule = this.#rules.get(call.method);
    if (rule === undefined) return;
    const count = this.#countOf(call);
    if (count.until !== 0 && call.now >= count.until) count.calls = count.until = 0;
    if (count.until === 0 && count.calls++ < rule.calls) return;
    if (count.until === 0) count.until = call.now + rule.seconds * 1000;
    throw new DcRpcError(420, `${rule.error ?? 'FLOOD_WAIT'}_${Math.ceil((count.until - call.now) / 1000)}`);
  }

  /** The count of a caller: of the phone that is named, whatever the key, else of the user, else of the key. */
  #countOf({ method, args, session }: CountedCall): Count {
    const who = (args['phone_number'] as string | undefined) ?? String(session.key.userId ?? session.key.id);
    const name = `${method} ${who}`;
    let count = this.#counts.get(name);
    if (count === undefined) this.#counts.set(name, (count = { calls: 0, until: 0 }));
    return count;
  }
}
