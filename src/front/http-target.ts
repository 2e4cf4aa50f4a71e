/**
 * HTTP target: what a request line asks for.
 * In: the target as it stands there. Out: its path without a query or a last slash; the host, where it names one itself.
 * Never: decodes a path: its pieces are told apart first (`http-paths.ts`).
 */
export interface RequestTarget {
  readonly path: string;
  /** Of the absolute form, which goes before the `Host` header (RFC 9112, 3.2.2). */
  readonly host: string | undefined;
}

const RPC: RequestTarget = { path: '/v1/rpc', host: undefined };

/** Reads the target of a request line, which may be in the absolute form. */
export function requestTarget(url: string | undefined): RequestTarget {
  if (url === RPC.path) return RPC;
  const [, host, path = ''] = /^(?:https?:\/\/([^/?#]*))?([^?#]*)/i.exec(url ?? '') ?? [];
  return { path: path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path, host };
}
