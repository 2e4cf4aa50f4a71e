/**
 * gramjs as a peer: the `telegram` package, from a folder of its own that is installed when this bench is run.
 * In: orders of `peer.ts`; the folder. Out: its figures. Never: our codec, or a part of the product.
 *
 * It always dials port 80 and knows no key but Telegram's: its socket class is told another port, its session is
 * handed a key that the DC made.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PART } from './peer-calls.ts';
import { servePeer, type PeerCall } from './peer.ts';

type Made = { readonly className: string };
type Make<T> = new (...args: never[]) => T;

/** What is used of the package, which is not there when this is compiled. */
interface Gramjs {
  readonly TelegramClient: new (session: unknown, id: number, hash: string, options: object) => GramjsClient;
  readonly Api: Record<'help' | 'messages' | 'upload', Record<string, new (fields: object) => object>> &
    Record<string, new (fields: object) => object>;
}
interface GramjsClient {
  connect(): Promise<boolean>;
  destroy(): Promise<void>;
  invoke(query: object): Promise<Made>;
  setLogLevel(level: string): void;
}
interface GramjsSession {
  setDC(id: number, host: string, port: number): void;
  setAuthKey(key: object): void;
}

const need = createRequire(join(process.argv[2]!, 'package.json'));
const { TelegramClient, Api } = need('telegram') as Gramjs;
const { MemorySession } = need('telegram/sessions') as { MemorySession: Make<GramjsSession> };
const { AuthKey } = need('telegram/crypto/AuthKey') as { AuthKey: Make<{ setKey(key: Buffer): Promise<void> }> };
const { PromisedNetSockets } = need('telegram/extensions') as {
  PromisedNetSockets: Make<{ connect(port: number, host: string, ...more: unknown[]): Promise<unknown> }>;
};
const bigInt = need('big-integer') as (value: number) => object;

const QUERIES: Readonly<Record<PeerCall, () => object>> = {
  small: () => new Api.help['GetNearestDc']!({}),
  dialogs: () =>
    new Api.messages['GetDialogs']!({
      offsetDate: 0,
      offsetId: 0,
      offsetPeer: new Api['InputPeerEmpty']!({}),
      limit: 100,
      hash: bigInt(0),
    }),
  file: () =>
    new Api.upload['GetFile']!({
      location: new Api['InputDocumentFileLocation']!({
        id: bigInt(1),
        accessHash: bigInt(1),
        fileReference: Buffer.alloc(0),
        thumbSize: '',
      }),
      offset: bigInt(0),
      limit: PART,
    }),
};
const RESULTS: Readonly<Record<PeerCall, string>> = {
  small: 'NearestDc',
  dialogs: 'messages.Dialogs',
  file: 'upload.File',
};

servePeer(async ({ port, authKey }) => {
  const session = new MemorySession();
  session.setDC(2, '127.0.0.1', port);
  const key = new AuthKey();
  await key.setKey(Buffer.from(authKey, 'base64'));
  session.setAuthKey(key);
  class Socket extends PromisedNetSockets {
    override connect(_port: number, host: string, ...more: unknown[]): Promise<unknown> {
      return super.connect(port, host, ...more);
    }
  }
  const client = new TelegramClient(session, 1, 'hash', { networkSocket: Socket });
  client.setLogLevel('none');
  await client.connect();
  return {
    async call(what) {
      const { className } = await client.invoke(QUERIES[what]());
      if (className !== RESULTS[what]) throw new Error(`answered ${className}`);
    },
    close: () => client.destroy(),
  };
});
