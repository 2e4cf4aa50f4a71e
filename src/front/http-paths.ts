/**
 * HTTP paths: the table of them, which methods each takes and what they do.
 * In: a path. Out: the endpoint it leads to, with what stands for its `{…}`. Never: an answer.
 */
import type { Asking } from './http-ask.ts';
import { rpc } from './rpc-ask.ts';
import { calling, changing, forgetting, listing, showing } from './session-asks.ts';

/** What the listener answers by itself. */
export type Own = 'live' | 'ready' | 'metrics' | 'description';

/** Orchestrators ask by the address of the moment, and without a token; what they hear is no secret. */
export function isOfProbe(does: Operation['does']): boolean {
  return does === 'live' || does === 'ready';
}

/** One method on one path. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `{…}` stands for one piece of a path. */
  readonly path: string;
  /** Its name in the description of the interface. */
  readonly name: string;
  readonly summary: string;
  readonly does: Own | Asking;
}

export const OPERATIONS: readonly Operation[] = [
  { method: 'POST', path: '/v1/rpc', name: 'rpc', summary: 'one request, as a line has it', does: rpc },
  { method: 'GET', path: '/v1/sessions', name: 'listSessions', summary: 'the sessions that are kept', does: listing },
  {
    method: 'GET',
    path: '/v1/sessions/{name}',
    name: 'showSession',
    summary: 'a session that is kept',
    does: showing,
  },
  {
    method: 'PATCH',
    path: '/v1/sessions/{name}',
    name: 'changeSession',
    summary: 'whether a session is kept open with nobody there',
    does: changing,
  },
  {
    method: 'DELETE',
    path: '/v1/sessions/{name}',
    name: 'forgetSession',
    summary: 'forgets a session, its key included',
    does: forgetting,
  },
  {
    method: 'POST',
    path: '/v1/sessions/{name}/{method}',
    name: 'callMethod',
    summary: "one of Telegram's methods, called in a session",
    does: calling,
  },
  {
    method: 'GET',
    path: '/v1/openapi.json',
    name: 'describe',
    summary: 'this description of the interface',
    does: 'description',
  },
  { method: 'GET', path: '/livez', name: 'isLive', summary: 'whether the process runs', does: 'live' },
  { method: 'GET', path: '/readyz', name: 'isReady', summary: 'whether requests are taken', does: 'ready' },
  { method: 'GET', path: '/metrics', name: 'metrics', summary: 'counters, as Prometheus reads them', does: 'metrics' },
];

/** One path with its methods. */
export interface Endpoint {
  readonly path: string;
  /** By method; HEAD is wherever GET is (RFC 9110, 9.3.2). */
  readonly operations: ReadonlyMap<string, Operation>;
  /** The methods, as `Allow` lists them. */
  readonly allowed: string;
  /** Whether the `Host` is of no concern. */
  readonly isForAnyHost: boolean;
}

/** Where a path leads. */
export interface EndpointFound {
  readonly endpoint: Endpoint;
  /** What stands for the `{…}` of its path, in order, decoded. */
  readonly parameters: readonly string[];
}

const ENDPOINTS: readonly Endpoint[] = [...new Set(OPERATIONS.map(({ path }) => path))].map((path) => {
  const here = OPERATIONS.filter((operation) => operation.path === path);
  const operations = new Map<string, Operation>();
  for (const operation of here) {
    operations.set(operation.method, operation);
    if (operation.method === 'GET') operations.set('HEAD', operation);
  }
  const isForAnyHost = here.every(({ does }) => isOfProbe(does));
  return { path, operations, allowed: [...operations.keys()].join(', '), isForAnyHost };
});

const hasParameters = ({ path }: Endpoint): boolean => path.includes('{');
/** Most requests are for these: found without taking the path apart. */
const FIXED = new Map<string, EndpointFound>(
  ENDPOINTS.filter((endpoint) => !hasParameters(endpoint)).map((endpoint) => [
    endpoint.path,
    { endpoint, parameters: [] },
  ]),
);
const PATTERNS = ENDPOINTS.filter(hasParameters).map((endpoint) => ({
  endpoint,
  pattern: new RegExp(`^${endpoint.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '([^/]+)')}$`),
}));

/** Where a path leads, or undefined if there is no such path. @param path without query and last slash */
export function endpointOf(path: string): EndpointFound | undefined {
  const fixed = FIXED.get(path);
  if (fixed !== undefined) return fixed;
  for (const { endpoint, pattern } of PATTERNS) {
    const match = pattern.exec(path);
    if (match !== null) return { endpoint, parameters: match.slice(1).map(decoded) };
  }
  return undefined;
}

/** A piece of a path without its percent signs; as it stands if it cannot be decoded, which no parameter may look like. */
function decoded(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}

/** All there is, for whoever asked for something else. */
export const ALL_PATHS: string = ENDPOINTS.map(({ path, allowed }) => `${allowed.replace(', HEAD', '')} ${path}`).join(
  '; ',
);
