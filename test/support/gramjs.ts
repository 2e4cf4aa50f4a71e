/**
 * gramjs as a client of the test DC: the `telegram` package, which shares nothing with this project: its own key
 * exchange, its own SRP, its own layer.
 * In: a test DC. Out: its client. Never: part of the product.
 *
 * It always dials port 80 and knows the RSA keys of Telegram alone: its socket is told another port, its table of keys
 * the DC's. It pads for RSA as was done before 2021 (`oldPadding`).
 */
import { createPublicKey } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import type { Schema } from '../../src/tl/ir.ts';
import { loadSchemeText, ownSchemeDir } from '../../src/tl/load.ts';

/** What is used of the package: its own types do not compile under our settings. */
export interface GramjsClient {
  start(answers: {
    phoneNumber: string;
    phoneCode: () => Promise<string>;
    password: (hint?: string) => Promise<string>;
    onError: (error: Error) => void;
  }): Promise<void>;
  getMe(): Promise<{ readonly username: string; readonly id: unknown }>;
  invoke(query: object): Promise<{ readonly className: string }>;
  /** Everything else: its own types do not compile here. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly [method: string]: any;
  destroy(): Promise<void>;
  setLogLevel(level: string): void;
}

type Make<T> = new (...args: never[]) => T;

const need = createRequire(import.meta.url);
const gramjs = need('telegram') as {
  readonly TelegramClient: new (session: unknown, id: number, hash: string, options: object) => GramjsClient;
  readonly Api: { readonly auth: { readonly LogOut: new () => object } };
};
const { MemorySession } = need('telegram/sessions') as {
  MemorySession: Make<{ setDC(id: number, host: string, port: number): void }>;
};
const { PromisedNetSockets } = need('telegram/extensions') as {
  PromisedNetSockets: Make<{ connect(port: number, host: string, ...more: unknown[]): Promise<unknown> }>;
};
const { _serverKeys: keys } = need('telegram/crypto/RSA') as { _serverKeys: Map<string, { n: unknown; e: number }> };
const bigInt = need('big-integer') as (text: string, base?: number) => object;

export const { LogOut } = gramjs.Api.auth;
/** Its constructors, by their names there. */
// oxlint-disable-next-line typescript/no-explicit-any
export const api = gramjs.Api as any;
export const { CustomFile } = need('telegram/client/uploads');

/** The scheme of the layer it speaks, from the package itself. */
export function gramjsScheme(): Schema {
  const { LAYER } = need('telegram/tl/AllTLObjects') as { LAYER: number };
  const api = need('telegram/tl/apiTl') as string;
  return loadSchemeText(`${api}\n// LAYER ${LAYER}\n`, readFileSync(join(ownSchemeDir(), 'mtproto.tl'), 'utf8'));
}

/** A client of that DC, with a key still to be made; call `destroy` on it. */
export function gramjsFor(dc: TestDc): GramjsClient {
  const { n } = createPublicKey(dc.publicKeyPem).export({ format: 'jwk' });
  const modulus = bigInt(Buffer.from(n!, 'base64url').toString('hex'), 16);
  keys.set(String(dc.fingerprint), { n: modulus, e: 65_537 });
  const port = dc.port();
  class Socket extends PromisedNetSockets {
    override connect(_port: number, host: string, ...more: unknown[]): Promise<unknown> {
      return super.connect(port, host, ...more);
    }
  }
  const session = new MemorySession();
  session.setDC(dc.addresses[0]!.id, dc.host, port);
  const client = new gramjs.TelegramClient(session, 1, 'hash', { networkSocket: Socket, connectionRetries: 1 });
  client.setLogLevel('none');
  return client;
}
