/** A second client that nobody here wrote signs in to the test DC: gramjs, in a layer of its own, with a password. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../support/unref-long-timers.ts';
import { startTestDc } from '../../src/testdc/dc-server.ts';
import { SEED_ACCOUNTS } from '../../src/testdc/world/seed.ts';

// After the timers: imports of one file run in their order.
const { gramjsFor, gramjsScheme, LogOut } = await import('../support/gramjs.ts');
const GUARDED = SEED_ACCOUNTS.find(({ password }) => password !== undefined)!;

test('gramjs signs in with code and password: the right one is taken, a wrong one is not', async () => {
  const dc = await startTestDc({ otherSchemas: [gramjsScheme()], acceptsOldPadding: true });
  const client = gramjsFor(dc);
  const tried = ['wrong horse', GUARDED.password!];
  const errors: string[] = [];
  try {
    await client.start({
      phoneNumber: GUARDED.phone!,
      phoneCode: async () => '22222',
      password: async () => tried.shift()!,
      onError: (error) => void errors.push(error.message),
    });
    assert.equal((await client.getMe()).username, 'guarded_user');
    assert.equal(errors.length, 1);
    assert.match(errors[0]!, /PASSWORD_HASH_INVALID/);
    assert.equal(dc.counters.requests.get('auth.checkPassword'), 2);
    assert.equal(dc.counters.handshakes, 1);
    assert.equal((await client.invoke(new LogOut())).className, 'auth.LoggedOut');
  } finally {
    await client.destroy();
    await dc.close();
  }
  assert.deepEqual(dc.bugs, []);
  assert.deepEqual(dc.violations.list, []);
});
