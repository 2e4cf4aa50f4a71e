/**
 * House: what every client connection, of whatever front, shares with the gateway and is to the gateway.
 * In: nothing. Out: shapes. Never: code.
 */
import type { Front, FrontOwner } from '../front/front.ts';
import type { Limits } from './limits.ts';
import type { Guest, Route } from './route.ts';
import type { Router } from './router.ts';
import type { Sweep } from './sweep.ts';

/** A connection that the gateway has taken in, as far as its end is concerned. */
export interface Visitor {
  /** The gateway stops: nothing more is read, what is open may still be answered. */
  stopping(retryAfter: number): void;
  /** The gateway waits no longer: what is still open is told so. */
  abandon(retryAfter: number): void;
  destroy(): void;
}

/** What all clients share. */
export interface House {
  readonly router: Router;
  readonly sweep: Sweep;
  readonly limits: Limits;
  /** A new session for a client. */
  route(client: Guest, flags: number): Route;
  front(owner: FrontOwner): Front;
  /** Whether a token is known; undefined if none is asked for. */
  readonly admits: ((token: string) => boolean) | undefined;
  /** Whether who shows this token, or none, may see keys of kept sessions. */
  exports(token: string | undefined): boolean;
  /** What is wrong with a token that was shown from an address. */
  judgeToken(token: string, address: string): 'AuthFailed' | 'RateLimited' | undefined;
  /** Memory runs out: new requests are refused. */
  readonly isOverloaded: boolean;
  left(client: Visitor): void;
}
