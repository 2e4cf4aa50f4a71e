/**
 * The demo's data centre, on a thread of its own, so that it takes nothing from the gateway's main thread.
 * In: nothing. Out: one message: where it listens, its key, a signed-in user. Never: anything but 127.0.0.1.
 */
import { parentPort } from 'node:worker_threads';
import { startTestDc } from '../testdc/dc-server.ts';
import { ECHO_ID } from '../testdc/world/seed.ts';

/** What `demo.ts` needs to know; 64-bit numbers as decimal text. */
export interface DemoDc {
  readonly dcId: number;
  readonly host: string;
  readonly port: number;
  readonly publicKeyPem: string;
  /** Base64 of the signed-in demo user's key. */
  readonly authKey: string;
  readonly sessionId: string;
  readonly echoId: string;
  readonly echoHash: string;
}

const dc = await startTestDc();
const user = dc.demoUser();
const echo = dc.world.people.get(ECHO_ID)!;
parentPort!.postMessage({
  dcId: user.dc,
  host: dc.host,
  port: dc.port(),
  publicKeyPem: dc.publicKeyPem,
  authKey: user.authKey.toString('base64'),
  sessionId: String(user.sessionId),
  echoId: String(ECHO_ID),
  echoHash: String(echo.accessHash),
} satisfies DemoDc);
