/**
 * TestGateway: `mtproto2json serve` as a process of its own, pointed at a test DC by host, port and key file, as any
 * MTProto server would be.
 * In: a test DC. Out: a port to speak to. Never: outlives `stop`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import { ownData, transcribe } from './child.ts';
import { CLI } from './process.ts';

export interface TestGateway {
  readonly port: number;
  readonly child: ChildProcess;
  /** What it has written to stderr: its log. */
  log(): string;
  /** SIGTERM. @returns the exit code */
  stop(): Promise<number | null>;
}

/** @param flags more options of `serve`; without `init` the gateway gets no api_id */
export async function startGateway(
  dc: TestDc,
  options: { init?: number | undefined; dcId?: number; flags?: readonly string[] } = {},
): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-'));
  const keyFile = join(folder, 'dc.pem');
  writeFileSync(keyFile, dc.publicKeyPem);
  const dcId = options.dcId ?? dc.addresses[0]!.id;
  const where = [
    '--dc-host',
    dc.host,
    '--dc-port',
    String(dc.port(dcId)),
    '--dc-id',
    String(dcId),
    '--dc-key',
    keyFile,
  ];
  const init = options.init === undefined ? [] : ['--api-id', String(options.init)];
  const args = ['serve', '--port', '0', ...where, ...init, ...(options.flags ?? [])];
  const data = ownData();
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', data.stdout, 'pipe'],
    env: data.environment,
  });
  transcribe(child);
  let log = '';
  const port = await new Promise<number>((done, failed) => {
    child.stderr!.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      const found = /"addresses":"127\.0\.0\.1:(\d+)/.exec(log);
      if (found) done(Number(found[1]));
    });
    child.once('exit', () => failed(new Error(`the gateway did not start: ${log}`)));
  });
  return {
    port,
    child,
    log: () => log,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
      data.remove();
      return child.exitCode;
    },
  };
}
