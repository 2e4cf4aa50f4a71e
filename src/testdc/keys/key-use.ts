/**
 * KeyUse: tells whether a signed-in key does its main work from two places in parallel (protocol: RPC errors).
 * In: the sessions of the key's requests, in the order of the requests. Out: whether Telegram would take the request.
 * Never: told of files, or of calls without a login: those may come from anywhere.
 *
 * A client that was cut off, or started anew, leaves a connection behind that nobody uses any more, which is no second
 * place. Use is parallel when an earlier connection speaks again, with a session of its own, after another one has.
 */

/** A session, told by its identity and its connection. */
interface Speaker {
  /** The connection that the session speaks through. */
  readonly link: object | undefined;
}

/** The places that one key is used from. */
export class KeyUse {
  #link: object | undefined;
  #session: Speaker | undefined;
  /** Connections that did the main work before `#link`. */
  readonly #before = new WeakSet<object>();

  /** Notes a request of a session; false when the request shows use in parallel. */
  isAlone(session: Speaker): boolean {
    const { link } = session;
    if (link === undefined || link === this.#link) return true;
    const isParallel = this.#before.has(link) && session !== this.#session;
    if (this.#link !== undefined) this.#before.add(this.#link);
    this.#before.delete(link);
    this.#link = link;
    this.#session = session;
    return !isParallel;
  }
}
