/**
 * mtcute pointed at a test DC: a client that nobody of this project wrote (`@mtcute/core` from npm).
 * In: a running test DC. Out: mtcute's TelegramClient with its own crypto (`@mtcute/wasm`) over TCP.
 * Never: this project's crypto, codec or session. Its own Node package is not used: that compiles SQLite.
 */
import { connectTcp } from '@fuman/node';
import { IntermediatePacketCodec, MemoryStorage } from '@mtcute/core';
import { TelegramClient } from '@mtcute/core/client.js';
import { addPublicKey } from '@mtcute/core/utils.js';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDcOptions } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { MtcuteCrypto } from './mtcute-crypto.ts';

/**
 * A test DC whose key mtcute can find: it writes fingerprints without leading zeros when it looks
 * one up and with them when it stores one, so one key in sixteen does not work with it.
 */
export async function startDcForMtcute(options: TestDcOptions = {}): Promise<TestDc> {
  for (;;) {
    const dc = await startTestDc(options);
    if (BigInt.asUintN(64, dc.fingerprint) >= 1n << 60n) return dc;
    await dc.close();
  }
}

/** What of a test DC must be known, so that one in another process will do. */
export type TargetDc = Pick<TestDc, 'publicKeyPem' | 'addresses' | 'host' | 'port'>;

/** A client of that DC; call `destroy` on it. */
export function mtcuteFor(dc: TargetDc, options: { updates?: boolean; usePfs?: boolean } = {}): TelegramClient {
  const crypto = new MtcuteCrypto();
  addPublicKey(crypto, dc.publicKeyPem);
  const address = { id: dc.addresses[0]!.id, ipAddress: dc.host, port: dc.port() };
  return new TelegramClient({
    apiId: 1,
    apiHash: '0123456789abcdef0123456789abcdef',
    crypto,
    storage: new MemoryStorage(),
    defaultDcs: { main: address, media: address },
    disableUpdates: options.updates === false,
    network: { usePfs: options.usePfs === true },
    platform: {
      beforeExit: () => () => {},
      log: (_color, level, tag, format, args) => {
        if (process.env['MTCUTE_LOG'] !== undefined) console.error(level, tag, format, ...args);
      },
      getDefaultLogLevel: () => (process.env['MTCUTE_LOG'] === undefined ? 0 : 5),
      getDeviceModel: () => 'test',
    },
    transport: {
      connect: async (to) => await connectTcp({ address: to.ipAddress, port: to.port }),
      packetCodec: () => new IntermediatePacketCodec(),
    },
  });
}
