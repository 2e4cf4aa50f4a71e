/**
 * Admission: what the gateway asks of a listener beside its own (HTTP), and what that listener asks of the gateway.
 * In: nothing. Out: shapes. Never: code.
 */
import type { Server, ServerOpts } from 'node:net';
import type { Gauges, Metrics } from '../../telemetry/metrics.ts';
import type { GatewayServices, Connection } from './gateway-services.ts';

/** A way in beside the port for lines, with sockets of its own: HTTP. */
export interface Listener {
  /** What clients call it. */
  readonly name: string;
  /** TCP port to listen on; 0: any that is free. */
  readonly port: number;
  /** A server that hands its sockets to this listener; one for each address. @param admission the same each time */
  server(options: ServerOpts, admission: Admission): Server;
  /** Ends the sockets that have no place among the connections. */
  close(): void;
}

/** What a listener needs of the gateway. */
export interface Admission extends GatewayServices {
  readonly metrics: Metrics;
  /** Requests are taken: the gateway has started, and does not stop. */
  readonly isServing: boolean;
  /** Takes a place for a connection; false if there is none. */
  takePlace(): boolean;
  /** Too many connections came from there in this second. */
  isRushed(address: string): boolean;
  /** Takes a connection in that has a place. `left` gives the place back. */
  enter(connection: Connection): void;
  gauges(): Gauges;
}
