/**
 * Host check: whether a request over HTTP was meant for this gateway (threats: Addresses and neighbours, CVE-2018-7160).
 * In: the `Host` header. Out: yes or no. Never: looks a name up.
 *
 * A web page can have its own name resolve to 127.0.0.1 and then speaks to the gateway from a browser as "the same origin"; it cannot
 * send another `Host` than that name.
 */

/** The host of `host[:port]`, in lower case; undefined if it is neither a name nor an address. */
export function hostOf(header: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/.exec(header.toLowerCase())?.[1];
}

/** 127.0.0.0/8, ::1, and `localhost` with all below it, which resolves nowhere else (RFC 6761). */
function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Judges the `Host` header of requests: loopback, or one of the names given. */
export class HostCheck {
  readonly #names: ReadonlySet<string>;
  /** The last header that was right: mostly there is only one. */
  #last = '';

  /** @param names that are right too, without port */
  constructor(names: readonly string[]) {
    this.#names = new Set(names.map((name) => name.toLowerCase()));
  }

  permits(header: string | undefined): boolean {
    if (header === undefined) return false;
    if (header === this.#last) return true;
    const host = hostOf(header);
    if (host === undefined || !(isLoopbackName(host) || this.#names.has(host))) return false;
    this.#last = header;
    return true;
  }
}
