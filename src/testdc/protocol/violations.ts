/**
 * Violations: notes what clients did that the protocol forbids, by the rule that was broken.
 * In: a rule's name and a detail. Out: a bounded list and exact counts. Never: a reaction; the
 * caller answers the client as Telegram would.
 */

/** The rules of docs/protocol.md that a client can be caught breaking. */
export type Rule =
  | 'frame' // a frame's length, CRC or sequence, or an unknown transport (protocol: Transports)
  | 'plain-message' // an unencrypted message that is no query of the key exchange (protocol: Unencrypted messages)
  | 'plain-msg-id-zero' // tolerated, since old clients do it (protocol: Unencrypted messages)
  | 'key-exchange' // a query that does not fit its exchange (protocol: Key exchange)
  | 'key-unknown' // an auth_key_id that no key has (protocol: Objects and lifetimes)
  | 'key-duplicated' // one key from two places in parallel (protocol: RPC errors)
  | 'envelope' // msg_key, a padding that is not 12..1024 bytes, length (protocol: Encrypted messages)
  | 'session-id-zero' // protocol: Objects and lifetimes
  | 'msg-id-low-bits' // code 18 (protocol: Message ids)
  | 'msg-id-empty-fraction' // the low 32 bits are 0 (protocol: Message ids)
  | 'msg-id-window' // codes 16 and 17: tolerated, since a clock may be wrong (protocol: Receiving)
  | 'msg-id-reused' // another message under an id used before; code 19 for a container (protocol: Message ids)
  | 'msg-id-too-old' // code 20 (protocol: Refused messages)
  | 'resent-bare' // the same id again outside of a container (protocol: Delivery)
  | 'seqno-order' // codes 32 and 33 (protocol: Message ids)
  | 'seqno-parity' // codes 34 and 35 (protocol: Message ids)
  | 'ack-parity' // tolerated, since many clients count acknowledgements (protocol: Message ids)
  | 'salt' // code 48: tolerated, since salts expire (protocol: Salts)
  | 'container' // code 64 (protocol: Service messages)
  | 'service-message' // bytes that do not parse, counts out of range (protocol: Service messages)
  | 'request' // bytes that do not parse by the scheme (protocol: Invoking)
  | 'unknown-method' // protocol: Invoking
  | 'gzip'; // protocol: Service messages

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
