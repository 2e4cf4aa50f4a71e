/**
 * Settings: what the operator chose, as far as a session is concerned. Plain data that crosses to the lanes.
 * In: the checked configuration (`index.ts`). Out: numbers, strings, lists. Never: functions, secrets of clients.
 */
import type { TransportName } from '../transport/transport.ts';
import type { JsonStyle } from '../tl/codec.ts';

/** A data centre's address. Test DCs have the same numbers as production ones. */
export interface DataCentre {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly test: boolean;
  /** A server of the operator's own: it never stands in for one of the built-in list, nor one of those for it. */
  readonly isOperators?: boolean;
}

/** An MTProxy that data centres are reached through. */
export interface Mtproxy {
  readonly host: string;
  readonly port: number;
  readonly secret: Uint8Array;
  /** The framing its secret demands, or that of the settings. */
  readonly transport: TransportName;
}

/** Arguments of `initConnection` as JSON text of an object, without `query`; the scheme's own names. */
export type InitText = string;

/** The operator's choices that sessions follow; structured-cloneable. */
export interface SessionSettings {
  /** Addresses a session may use; the first of the wanted id wins. */
  readonly dataCentres: readonly DataCentre[];
  /** Where a new session goes. */
  readonly home: { readonly id: number; readonly test: boolean };
  /** PEMs of the servers' RSA keys. */
  readonly rsaKeys: readonly string[];
  readonly transport: TransportName;
  readonly obfuscated: boolean;
  /** Data centres are reached through this MTProxy, which is told which one is meant. */
  readonly mtproxy?: Mtproxy | undefined;
  /** Perfect forward secrecy: for the sessions whose keys the gateway made, for all, or for none. */
  readonly forwardSecrecy: 'made' | 'always' | 'never';
  /** The operator's `initConnection`, if an api_id was given: then sessions are initialised by the gateway. */
  readonly init: InitText | undefined;
  readonly style: JsonStyle;
  /** `--allow-server`: `host:port`, a CIDR, or `any`. */
  readonly allowServer: readonly string[];
  /** Copies of all objects to the log, values masked. */
  readonly verbose: boolean;
  /** One entry in the log for each request (`--log-level debug`). */
  readonly logsRequests: boolean;
  /** Stack traces in `InternalError` answers. */
  readonly sendTracebacks: boolean;
}
