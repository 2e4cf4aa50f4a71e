/**
 * Admission: what the gateway asks of a further listener (HTTP), and what that listener asks of the gateway.
 * In: nothing. Out: shapes. Never: code.
 */
import type { Server, ServerOpts } from 'node:net';
import type { Gauges, Metrics } from '../../telemetry/metrics.ts';
import type { GatewayServices, Connection } from './gateway-services.ts';

/** A further way in, with sockets of its own: HTTP. */
export interface Listener {
  /** A server that hands its sockets to this listener; one for each address. */
  server(options: ServerOpts): Server;
  /** Ends the sockets that have no place among the connections. */
  close(): void;
}

/** What a listener needs of the gateway. */
export interface Admission extends GatewayServices {
  readonly metrics: Metrics;
  /** Requests are taken: it has started, and does not stop. */
  readonly isServing: boolean;
  /** Takes a place for a connection; false if there is none. */
  room(): boolean;
  /** Too many connections from there just now. */
  isRushed(address: string): boolean;
  /** Takes a connection in that has a place. `left` gives the place back. */
  enter(connection: Connection): void;
  gauges(): Gauges;
}
