/**
 * Violations: notes what clients did that the protocol forbids, by the rule that was broken.
 * In: a rule's name and a detail. Out: a bounded list and exact counts. Never: a reaction; the
 * caller answers the client as Telegram would.
 */

/** The rules of docs/protocol.md that a client can be caught breaking. */
export type Rule =
  | 'frame' // 2.13: length, CRC, sequence, unknown transport
  | 'plain-message' // 2.3: an unencrypted message that is no query of the key exchange
  | 'plain-msg-id-zero' // 2.3: tolerated, old clients do it
  | 'key-exchange' // 2.7
  | 'key-unknown' // 2.1
  | 'key-duplicated' // 2.15: one key from two places in parallel
  | 'envelope' // 2.2: msg_key, padding 12..1024, length
  | 'session-id-zero' // 2.1
  | 'msg-id-low-bits' // 2.5, code 18
  | 'msg-id-empty-fraction' // 2.5: low 32 bits empty
  | 'msg-id-window' // 2.9, codes 16 and 17: tolerated, a clock may be wrong
  | 'msg-id-reused' // 2.5: another message under an id used before; code 19 for a container
  | 'msg-id-too-old' // 2.12, code 20
  | 'resent-bare' // 2.10: the same id again outside of a container
  | 'seqno-order' // 2.5, codes 32 and 33
  | 'seqno-parity' // 2.5, codes 34 and 35
  | 'ack-parity' // 2.5: tolerated, many clients count acks
  | 'salt' // 2.6, code 48: tolerated, salts expire
  | 'container' // 2.11, code 64
  | 'service-message' // 2.11: bytes that do not parse, counts out of range
  | 'request' // 2.14: bytes that do not parse by the scheme
  | 'unknown-method'
  | 'gzip'; // 2.11

/** Rules that real clients break and Telegram lets them: noted apart. */
const TOLERATED: ReadonlySet<Rule> = new Set<Rule>(['plain-msg-id-zero', 'msg-id-window', 'ack-parity', 'salt']);

/** One breach of a rule. */
export interface Violation {
  readonly rule: Rule;
  readonly detail: string;
  /** Number of the connection, from 1; 0 if it came on none. */
  readonly connection: number;
  readonly isTolerated: boolean;
}

/** Breaches that each list keeps; later ones are only counted. */
const KEPT = 200;

/** The breaches that one test DC has seen. */
export class Violations {
  /** The first 200 breaches that are not tolerated. */
  readonly list: Violation[] = [];
  /** The first 200 breaches that are tolerated. */
  readonly tolerated: Violation[] = [];
  /** How often each rule was broken, tolerated or not. */
  readonly counts = new Map<Rule, number>();
  /** How many breaches are not tolerated. */
  total = 0;
  /** How many breaches `excuse` has excused; they are noted nowhere else. */
  caused = 0;
  /** Whether a fault that the DC played on that connection has brought the breach about. */
  excuse: (rule: Rule, connection: number) => boolean = () => false;

  /** Notes a breach. */
  note(rule: Rule, detail: string, connection: number): void {
    if (this.excuse(rule, connection)) {
      this.caused++;
      return;
    }
    const isTolerated = TOLERATED.has(rule);
    this.counts.set(rule, (this.counts.get(rule) ?? 0) + 1);
    if (!isTolerated) this.total++;
    const list = isTolerated ? this.tolerated : this.list;
    if (list.length < KEPT) list.push({ rule, detail, connection, isTolerated });
  }

  /** Forgets every breach: between the parts of a test. */
  clear(): void {
    this.list.length = 0;
    this.tolerated.length = 0;
    this.counts.clear();
    this.total = 0;
    this.caused = 0;
  }
}
