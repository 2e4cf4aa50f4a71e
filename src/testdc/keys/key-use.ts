/**
 * KeyUse: from where a signed-in key does its main work, to tell use from two places in parallel (protocol: RPC errors).
 * In: the sessions and connections of its requests, in their order. Out: whether Telegram would still put up with it.
 * Never: files, or calls without a login: those may come from anywhere.
 *
 * A client that was cut off, or started anew, leaves a connection behind that nobody uses any more: that is no second
 * place. So what counts is that an earlier connection speaks again, with a session of its own, after another has.
 */

/** A session, as far as it matters here. */
interface Speaker {
  /** The connection that it speaks through. */
  readonly link: object | undefined;
}

export class KeyUse {
  #link: object | undefined;
  #session: Speaker | undefined;
  /** Connections that did the main work until another one did. */
  readonly #before = new WeakSet<object>();

  /** Takes note of a request. @returns false when it shows use in parallel */
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
