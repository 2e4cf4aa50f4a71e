/**
 * The demo's data centre, on a thread of its own, so that it takes nothing from the gateway's main thread.
 * In: the file of its memory, a file of faults, if it has them. Out: one message: where it listens, its key, a signed-in user.
 * Never: anything but 127.0.0.1.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { codeOf } from '../testdc/answers/codes.ts';
import { startTestDc } from '../testdc/dc-server.ts';
import { openMemory } from '../testdc/memory/memory-file.ts';
import { startFaults, tellOfLacking } from './dc-faults.ts';
import { ECHO_ID, SEED_ACCOUNTS } from '../testdc/world/seed.ts';

/** What `demo.ts` wants of it. */
export interface DemoOrders {
  /** The file of its memory. */
  readonly state?: string | undefined;
  /** A file of faults to play, and where their chance begins. */
  readonly faults?: string | undefined;
  readonly seed?: string | undefined;
}

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
  /** Who can sign in, and with what, in words. */
  readonly accounts: readonly string[];
}

function inWords({ firstName, phone, password, token }: (typeof SEED_ACCOUNTS)[number]): string {
  if (token !== undefined) return `${firstName}: bot token ${token}`;
  const after = password === undefined ? '' : `, then the password: ${password}`;
  return `${firstName}: phone ${phone}, code ${codeOf(phone!, 'Sms')}${after}`;
}

const { state, faults, seed } = workerData as DemoOrders;
const dc = await startTestDc(state === undefined ? {} : { memory: openMemory(state) });
tellOfLacking(dc);
if (faults !== undefined) await startFaults(dc, faults, seed);
const user = dc.rememberedUser();
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
  accounts: SEED_ACCOUNTS.map(inWords),
} satisfies DemoDc);
