/**
 * Address rates: how often something may happen from one address (threats: Bytes and lines; Addresses and neighbours).
 * In: addresses, the time. Out: yes or no. Never: more than `MOST` addresses kept, or a single address of a network of
 * which every customer has 2^64.
 */
import { parseAddress } from '../../address/address.ts';

/** Addresses kept; the least recent go first. */
const MOST = 10_000;
/** Addresses are 16 bytes; those that begin with this many zeroes are IPv4. */
const NETWORK_BYTES = 8;

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket for each address: `most` at once, refilled evenly within `within` ms. */
export class AddressRates {
  readonly #most: number;
  readonly #within: number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param most events at once, and events in each `within` ms */
  constructor(most: number, within: number) {
    this.#most = most;
    this.#within = within;
  }

  /** Counts one event. @param now Unix ms @returns false if that was too many */
  take(address: string, now: number): boolean {
    const bucket = this.#bucket(address, now);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #bucket(address: string, now: number): Bucket {
    const key = networkOf(address);
    const known = this.#buckets.get(key);
    if (known === undefined) return this.#add(key, now);
    known.tokens = Math.min(this.#most, known.tokens + ((now - known.at) * this.#most) / this.#within);
    known.at = now;
    return known;
  }

  #add(key: string, now: number): Bucket {
    if (this.#buckets.size >= MOST) this.#buckets.delete(this.#buckets.keys().next().value!);
    const bucket = { tokens: this.#most, at: now };
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

/** An IPv4 address as it is; of an IPv6 address the network, its first 64 bits. */
function networkOf(address: string): string {
  const bytes = parseAddress(address);
  if (bytes === undefined || bytes.subarray(0, NETWORK_BYTES).every((byte) => byte === 0)) return address;
  return Buffer.from(bytes.subarray(0, NETWORK_BYTES)).toString('hex');
}
