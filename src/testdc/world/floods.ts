/**
 * Floods: methods that may be called so often, and then have to wait (protocol: RPC errors).
 * In: rules, calls. Out: nothing, or FLOOD_WAIT_X with the seconds that are left. Never: a rule nobody made.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';

export interface FloodRule {
  /** So many calls are let through … */
  readonly calls: number;
  /** … then it is refused until so many seconds have passed without the wait being over. */
  readonly seconds: number;
  /** Default `FLOOD_WAIT`. */
  readonly error?: string;
}

/** What of a call is counted. */
interface CountedCall {
  readonly method: string;
  readonly args: TlObject;
  readonly session: { readonly key: { readonly id: bigint; readonly userId: bigint | undefined } };
  /** Unix milliseconds. */
  readonly now: number;
}

interface Count {
  calls: number;
  /** Unix milliseconds; 0 while calls are let through. */
  until: number;
}

export class FloodRules {
  readonly #rules = new Map<string, FloodRule>();
  /** By method and who calls. */
  readonly #counts = new Map<string, Count>();

  limit(method: string, rule: FloodRule): void {
    this.#rules.set(method, rule);
  }

  /** No rules any more, and nobody waits. */
  clear(): void {
    this.#rules.clear();
    this.#counts.clear();
  }

  /** Counts a call; throws FLOOD_WAIT_X when there were too many. */
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

  /** A phone is counted under whatever key it is tried. */
  #countOf({ method, args, session }: CountedCall): Count {
    const who = (args['phone_number'] as string | undefined) ?? String(session.key.userId ?? session.key.id);
    const name = `${method} ${who}`;
    let count = this.#counts.get(name);
    if (count === undefined) this.#counts.set(name, (count = { calls: 0, until: 0 }));
    return count;
  }
}
