/** The demo, used as its own words say: every line pasted as printed. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Nc } from '../support/nc.ts';
import { Run } from '../support/process.ts';

test('what the demo prints works as printed', async (t) => {
  const run = new Run(t, ['demo', '--port', '0', '--workers', '1']);
  await run.until(/Ctrl-C/);
  const port = Number(/nc localhost (\d+)/.exec(run.out)![1]);
  const [ping, session, dialogs, message] = run.out.split('\n').filter((line) => line.startsWith('{'));

  const first = await Nc.to(port);
  first.send(`${ping}\n`);
  first.end();
  const [pong] = await first.rest();
  assert.match(pong!, /^\{"id":100,"message":\{"_cons":"pong","msg_id":\d+,"ping_id":100\}\}$/);

  const nc = await Nc.to(port);
  nc.send(`${session}\n${dialogs}\n`);
  assert.ok((await nc.json())['session'] !== undefined);
  const answer = (await nc.json()) as { id: number; message: { _cons: string; dialogs: unknown[] } };
  assert.deepEqual([answer.id, answer.message._cons, answer.message.dialogs.length], [1, 'messages.dialogs', 20]);
  nc.send(`${message}\n`);
  const lines = [await nc.json(), await nc.json()] as { id: number; message: { _cons: string; message?: string } }[];
  assert.match(lines.find(({ id }) => id === 2)!.message._cons, /^update/);
  assert.equal(lines.find(({ id }) => id === 0)!.message.message, 'hello');
  nc.close();
  run.child.kill('SIGTERM');
  assert.equal(await run.code(), 0);
});

test('without the session line a call that needs a login is refused as Telegram refuses it', async (t) => {
  const run = new Run(t, ['demo', '--port', '0', '--workers', '1']);
  const nc = await Nc.to(await run.port());
  await run.until(/Ctrl-C/);
  const dialogs = run.out.split('\n').find((line) => line.includes('getDialogs'))!;
  nc.send(`${dialogs}\n`);
  const { message } = (await nc.json()) as { message: { error_message: string } };
  assert.match(message.error_message, /^(?:AUTH_KEY_UNREGISTERED|CONNECTION_NOT_INITED)$/);
  nc.close();
});
