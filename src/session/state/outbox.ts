/**
 * Outbox: what waits to be said beside new requests: acknowledgements, service messages, requests that go again.
 * In: ids, messages that are written already, requests. Out: the same, for the next packet (`delivery/packets.ts`).
 * Never: packs or sends.
 */
import type { Pending } from './pending.ts';

/** Acknowledgements are sent in a packet of their own when so many wait, or the oldest has waited so long, ms. */
const ACKS_MANY = 16;
const ACK_WITHIN_MS = 10_000;
/** How many msg_ids of own service messages and containers are remembered: a notification may name one. */
const RECENT = 16;

/** What one connection has to send beside the requests in its queue. */
export class Outbox {
  /** low, high, … of server messages to acknowledge. */
  acks: number[] = [];
  /** When the acknowledgements are sent in a packet of their own, Unix ms; Infinity if none waits. */
  ackAt = Infinity;
  isPingDue = false;
  isSaltRequestDue = false;
  /** Service messages, already encoded. */
  readonly said: Uint8Array[] = [];
  /** Sent requests that go once more under their own ids. */
  readonly resends = new Set<Pending>();
  /** msg_id of the last `get_future_salts`. */
  saltsLow = 0;
  saltsHigh = 0;
  /** msg_ids of own service messages and containers: low, high, … */
  readonly #recent: number[] = [];
  /** Containers are avoided until then, Unix ms, after the server refused one (code 64). */
  aloneUntil = 0;
  /** The last `flush` did not send all that waits: the next one goes on. */
  hasRest = false;

  /** Notes a server message that must be acknowledged. */
  acknowledge(low: number, high: number, now: number): void {
    if (this.acks.length === 0) this.ackAt = now + ACK_WITHIN_MS;
    this.acks.push(low, high);
    if (this.acks.length >= ACKS_MANY * 2) this.ackAt = now;
  }

  /** What waits to be acknowledged goes with the next packet. */
  hurry(now: number): void {
    if (this.acks.length > 0) this.ackAt = now;
  }

  /** The session at the server is left: what came in it needs no acknowledgement. */
  forgetAcks(): void {
    this.acks = [];
    this.ackAt = Infinity;
  }

  /** Takes all resends back: what the server said of a msg_id holds for one connection and one session only. */
  forgetResends(): void {
    this.resends.clear();
  }

  /** Says a service message that is written already; it goes with the next packet. */
  say(body: Uint8Array): void {
    this.said.push(body);
  }

  /**
   * Sends a request once more as it was, inside a container: a server that has it, or gets it yet from a packet that was
   * late, carries one id out once (protocol: Delivery). Unless it is answered, or goes under another id, before that.
   */
  resend(pending: Pending): void {
    this.resends.add(pending);
  }

  /** An own message without a request has left under this id. */
  note(low: number, high: number): void {
    this.#recent.push(low, high);
    if (this.#recent.length > RECENT * 2) this.#recent.splice(0, 2);
  }

  /** Whether a notification's id is that of an own message without a request. */
  isRecent(low: number, high: number): boolean {
    for (let i = 0; i < this.#recent.length; i += 2)
      if (this.#recent[i] === low && this.#recent[i + 1] === high) return true;
    return false;
  }
}
