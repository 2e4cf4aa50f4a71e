/** A client nobody here wrote signs in to the test DC: with a password, by a QR code, and from another DC. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import '../support/unref-long-timers.ts';
import type { TestDcOptions } from '../../src/testdc/dc-server.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { SEED_ACCOUNTS } from '../../src/testdc/world/seed.ts';
import type { mtcuteFor as Make } from '../support/mtcute.ts';

// After the timers: imports of one file run in their order.
const { mtcuteFor, startDcForMtcute } = await import('../support/mtcute.ts');
const TIMEOUT = { timeout: 120_000 };
const GUARDED = SEED_ACCOUNTS.find(({ password }) => password !== undefined)!;

type Client = ReturnType<typeof Make>;

/** Clients of one DC, all gone in the end, and nothing noted against them. */
async function withClients(
  count: number,
  options: TestDcOptions,
  run: (dc: TestDc, clients: readonly Client[]) => Promise<void>,
): Promise<void> {
  const dc = await startDcForMtcute(options);
  const clients = Array.from({ length: count }, () => mtcuteFor(dc));
  try {
    await run(dc, clients);
  } finally {
    for (const client of clients) await client.destroy();
    await dc.close();
  }
  assert.deepEqual(dc.violations.list, []);
  assert.deepEqual(dc.bugs, []);
}

describe('mtcute signs in to the test DC', TIMEOUT, () => {
  it('with code and password: the right one is taken, a wrong one is not', () =>
    withClients(1, {}, async (dc, [client]) => {
      const tried = ['wrong horse', GUARDED.password!];
      const me = await client!.start({
        phone: GUARDED.phone!,
        code: () => '22222',
        password: () => tried.shift()!,
        codeSentCallback: () => {},
        invalidCodeCallback: () => {},
      });
      assert.equal(me.username, 'guarded_user');
      assert.equal(dc.counters.requests.get('auth.checkPassword'), 2);
      assert.equal(tried.length, 0);
    }));

  it('sets a password, changes it, takes it off', () =>
    withClients(2, {}, async (_dc, [client, other]) => {
      const sign = (who: Client, password: string): ReturnType<Client['start']> =>
        who.start({ phone: '9996621234', code: () => '22222', password, codeSentCallback: () => {} });
      await sign(client!, 'none');
      await client!.enableCloudPassword({ password: 'battery', hint: 'what kind?' });
      await client!.changeCloudPassword({ currentPassword: 'battery', newPassword: 'staple', hint: '' });
      const me = await sign(other!, 'staple');
      assert.equal(me.firstName, 'Test');
      await client!.removeCloudPassword('staple');
    }));

  it('by a QR code that another session accepts', () =>
    withClients(2, {}, async (dc, [phone, screen]) => {
      const other = await phone!.start({ phone: '9996621234', code: () => '22222', codeSentCallback: () => {} });
      const me = await screen!.signInQr({
        onUrlUpdated: (url) => {
          const token = Buffer.from(new URL(url).searchParams.get('token')!, 'base64url');
          void phone!.call({ _: 'auth.acceptLoginToken', token });
        },
      });
      assert.equal(me.id, other.id);
      assert.equal(dc.counters.requests.get('auth.exportLoginToken'), 2);
    }));

  it('is sent to the DC of its phone, and goes on there', () =>
    withClients(1, { dcs: [{ id: 2 }, { id: 1 }] }, async (dc, [client]) => {
      const me = await client!.start({ phone: '9996611234', code: () => '11111', codeSentCallback: () => {} });
      assert.equal(dc.world.people.get(BigInt(me.id))?.dcId, 1);
      assert.equal((await client!.call({ _: 'help.getNearestDc' })).thisDc, 1);
    }));
});
