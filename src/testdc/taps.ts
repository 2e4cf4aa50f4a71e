/**
 * Taps: the places where a test DC can be made to misbehave, by the fault language and by tests.
 * In: nothing. Out: the interface: what connections, data centres and sessions ask, each in its own file, and requests.
 * Never: behaviour; without taps the DC is as strict and as true as it can be.
 */
import type { Call } from './answers/call.ts';
import type { CentreTaps } from './test-centre.ts';
import type { RequestHook } from './protocol/invoking.ts';
import type { ConnectionTaps } from './wire/dc-connection.ts';

/** Each tap may be left out. */
export interface Taps extends ConnectionTaps, CentreTaps {
  /** As `onRequest` of the DC, and asked before it. */
  request?(call: Call): ReturnType<RequestHook>;
}
