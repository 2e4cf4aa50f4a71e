/**
 * Refusals: what a session tells its client when it cannot do what was asked (wire.md 5).
 * In: the little that varies. Out: `Refusal` objects. Never: a client's values, a key, an address inside the network.
 */
import type { Delivered, Refusal } from '../dialect/dialect.ts';
import { EncodeError } from '../tl/codec.ts';

/** A request that was never sent. */
const unsent = { delivered: 'no', retryable: true } as const;

export const refusals = {
  connectFailed: (reason: string): Refusal => ({
    error: 'ConnectFailed',
    msg: 'the data centre could not be reached',
    reason,
    ...unsent,
  }),
  connectTimeout: (): Refusal => ({
    error: 'ConnectTimeout',
    msg: 'the data centre did not accept the connection in time',
    ...unsent,
  }),
  notConnected: (): Refusal => ({
    error: 'NotConnected',
    msg: 'no connection to the data centre could be used before the time-out',
    ...unsent,
  }),
  handshakeFailed: (reason: string): Refusal => ({
    error: 'HandshakeFailed',
    msg: 'no authorization key could be created',
    reason,
    delivered: 'no',
    retryable: false,
  }),
  invalidDc: (): Refusal => ({
    error: 'InvalidDC',
    msg: 'the server does not serve this data centre number',
    delivered: 'no',
    retryable: false,
  }),
  transportFlood: (retryAfter: number): Refusal => ({
    error: 'TransportFlood',
    msg: 'the data centre refuses connections for now',
    ...unsent,
    retryAfter,
  }),
  serverNotAllowed: (): Refusal => ({ error: 'ServerNotAllowed', msg: 'this server is not one that may be used' }),
  invalidServer: (msg: string): Refusal => ({ error: 'InvalidServer', msg, path: 'server' }),
  invalidSession: (msg: string): Refusal => ({ error: 'InvalidSession', msg, path: 'session' }),
  sessionInUse: (): Refusal => ({
    error: 'SessionInUse',
    msg: 'the same key is open on another connection',
    path: 'session',
    retryable: true,
  }),
  sessionNotFound: (): Refusal => ({ error: 'SessionNotFound', msg: 'this connection has no session yet' }),
  authKeyInvalid: (delivered: Delivered): Refusal => ({
    error: 'AuthKeyInvalid',
    msg: 'the server does not know the key of this session any more',
    delivered,
    retryable: false,
    fatal: true,
  }),
  sessionLost: (reason: string): Refusal => ({
    error: 'SessionLost',
    msg: 'the authorization of this session has ended',
    reason,
    fatal: true,
  }),
  sessionReset: (): Refusal => ({
    error: 'SessionReset',
    msg: 'the server has forgotten the session; it may have carried the request out',
    delivered: 'unknown',
    retryable: false,
  }),
  deliveryUnknown: (): Refusal => ({
    error: 'DeliveryUnknown',
    msg: 'the connection was lost after the request was sent; it may have been carried out',
    delivered: 'unknown',
    retryable: false,
  }),
  updatesDropped: (): Refusal => ({
    error: 'UpdatesDropped',
    msg: 'updates may be missing; ask with updates.getDifference',
  }),
  overloaded: (): Refusal => ({
    error: 'Overloaded',
    msg: 'too many requests of this session are open',
    ...unsent,
    retryAfter: 1,
  }),
  decodeError: (crc: number): Refusal => ({
    error: 'DecodeError',
    msg: 'the answer could not be read',
    crc: `0x${crc.toString(16).padStart(8, '0')}`,
    delivered: 'yes',
    retryable: false,
  }),
  /** @param stack only where the operator asked for `--send-tracebacks` */
  internal: (ref: string, stack: string | undefined): Refusal => ({
    error: 'InternalError',
    msg: 'a bug; the log has more under ref',
    ref,
    ...(stack !== undefined && { reason: stack }),
  }),
} as const;

/** What the codec refused, as a client is told. */
export function refusalOf(error: EncodeError): Refusal {
  return { error: error.code, msg: error.message, path: error.path };
}
