/**
 * mtcute pointed at a test DC: a client that nobody of this project wrote (`@mtcute/core` from npm).
 * In: a running test DC. Out: mtcute's TelegramClient with its own crypto (`@mtcute/wasm`) over TCP.
 * Never: this project's crypto, codec or session. Its own Node package is not used: that compiles SQLite.
 */
import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gunzipSync, gzipSync } from 'node:zlib';
import { connectTcp } from '@fuman/node';
import { IntermediatePacketCodec, MemoryStorage } from '@mtcute/core';
import { TelegramClient } from '@mtcute/core/client.js';
import { addPublicKey, BaseCryptoProvider } from '@mtcute/core/utils.js';
import type { ICryptoProvider } from '@mtcute/core/utils.js';
import { ige256Decrypt, ige256Encrypt, initSync } from '@mtcute/wasm';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import type { TestDcOptions } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';

class Crypto extends BaseCryptoProvider implements ICryptoProvider {
  initialize(): void {
    initSync(readFileSync(createRequire(import.meta.url).resolve('@mtcute/wasm/mtcute.wasm')));
  }
  sha1(data: Uint8Array): Uint8Array {
    return createHash('sha1').update(data).digest();
  }
  sha256(data: Uint8Array): Uint8Array {
    return createHash('sha256').update(data).digest();
  }
  pbkdf2(password: Uint8Array, salt: Uint8Array, iterations: number, length = 64, algo = 'sha512'): Uint8Array {
    return pbkdf2Sync(password, salt, iterations, length, algo);
  }
  hmacSha256(data: Uint8Array, key: Uint8Array): Uint8Array {
    return createHmac('sha256', key).update(data).digest();
  }
  createAesCtr(key: Uint8Array, iv: Uint8Array): { process: (data: Uint8Array) => Uint8Array } {
    const cipher = createCipheriv('aes-256-ctr', key, iv);
    return { process: (data) => cipher.update(data) };
  }
  createAesIge(
    key: Uint8Array,
    iv: Uint8Array,
  ): { encrypt: (data: Uint8Array) => Uint8Array; decrypt: (data: Uint8Array) => Uint8Array } {
    return { encrypt: (data) => ige256Encrypt(data, key, iv), decrypt: (data) => ige256Decrypt(data, key, iv) };
  }
  gzip(data: Uint8Array, maxSize: number): Uint8Array | null {
    const packed = gzipSync(data);
    return packed.length < maxSize ? packed : null;
  }
  gunzip(data: Uint8Array): Uint8Array {
    return gunzipSync(data);
  }
  randomFill(bytes: Uint8Array): void {
    randomFillSync(bytes);
  }
}

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
  const crypto = new Crypto();
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
