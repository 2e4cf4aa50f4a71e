/** Who may come in without a token is said: a warning where it is more than this machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { opennessOf, sayOpenness } from '../../src/config/openness.ts';
import { createLog } from '../../src/telemetry/log.ts';

const configOf = (flags: Record<string, unknown>) => loadConfig({ flags, environment: {}, file: undefined });

/** What is logged at level `warn` and above, and at `info`. */
async function logged(config: Parameters<typeof sayOpenness>[0]): Promise<{ warned: string; said: string }> {
  const entries: Record<'warn' | 'info', string> = { warn: '', info: '' };
  for (const level of ['warn', 'info'] as const)
    sayOpenness(config, await createLog({ level, to: { write: (line) => (entries[level] += line) } }));
  return { warned: entries.warn, said: entries.info };
}

test('an address beyond this machine without tokens is a warning at each start', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.7']) {
    const { warned } = await logged(configOf({ host, insecure: true }));
    assert.ok(warned.includes(`everybody who reaches ${host} may use this gateway and every session it keeps`), warned);
    assert.match(warned, /without a token: give --token-file to require one/);
  }
});

test('on loopback it is every user of the machine: said, and no warning', async () => {
  for (const flags of [{}, { host: '127.0.0.1', insecure: true }, { host: '::1' }]) {
    const { warned, said } = await logged(configOf(flags));
    assert.equal(warned, '');
    assert.match(
      said,
      /every user and program of this machine may use this gateway and every session it keeps without/,
    );
  }
  assert.match(opennessOf(configOf({ vault: 'off' }))!.reason, /may use this gateway without a token/);
});

test('who asks for tokens has nothing to be told', async () => {
  const config = { ...configOf({ host: '0.0.0.0', insecure: true }), tokenText: 'secret' };
  assert.deepEqual(await logged(config), { warned: '', said: '' });
});
