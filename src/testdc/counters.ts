/**
 * Counters: how much of each thing a test DC has seen. In: increments. Out: plain numbers. Never: a list of requests.
 */
export class Counters {
  connections = 0;
  openConnections = 0;
  /** Keys made by the exchange. */
  handshakes = 0;
  /** Encrypted packets received. */
  packets = 0;
  packetsSent = 0;
  bytesIn = 0;
  bytesOut = 0;
  sessions = 0;
  /** The most home connections (`home-links.ts`) that one permanent key has had open at once, of all keys. */
  homeConnectionsOfOneKey = 0;
  updatesPushed = 0;
  /** API requests by method, wrappers not counted. */
  readonly requests = new Map<string, number>();

  /** Counts an API request. */
  request(method: string): void {
    this.requests.set(method, (this.requests.get(method) ?? 0) + 1);
  }

  /** How many API requests there were, of all methods. */
  get requestCount(): number {
    let sum = 0;
    for (const count of this.requests.values()) sum += count;
    return sum;
  }
}
