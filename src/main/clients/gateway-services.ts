/**
 * Gateway services: what every client connection, of whatever front, shares with the gateway and is to the gateway.
 * In: nothing. Out: shapes. Never: code.
 */
import type { MainEnv } from '../env.ts';
import type { TokenRefusal } from './admission-control.ts';
import type { Front, FrontOwner } from '../front.ts';
import type { Bearer, Tokens } from './tokens.ts';
import type { Limits } from '../limits/limits.ts';
import type { SessionClient } from '../sessions/attachment.ts';
import type { ClientSessions, FirstManner } from '../sessions/client-sessions.ts';
import type { Router } from '../sessions/router.ts';
import type { Reaper } from './reaper.ts';

/** A connection that the gateway has taken in, as far as its end is concerned. */
export interface Connection {
  /** The gateway stops: nothing more is read, what is open may still be answered. */
  stopping(retryAfter: number): void;
  /** The gateway waits no longer: each open request is told so. */
  abandon(retryAfter: number): void;
  destroy(): void;
}

/** What all clients share. */
export interface GatewayServices {
  readonly env: MainEnv;
  readonly router: Router;
  readonly reaper: Reaper;
  readonly limits: Limits;
  /** All that a new client will speak in. @param first how it speaks; the operator's form is added to it */
  speaker(client: SessionClient, first: FirstManner): ClientSessions;
  front(owner: FrontOwner): Front;
  readonly tokens: Tokens;
  /** Who shows a token from an address, or why it is not taken. */
  judgeToken(token: string, address: string): Bearer | TokenRefusal;
  /** Under memory pressure new requests are refused. */
  readonly isOverloaded: boolean;
  left(connection: Connection): void;
}
