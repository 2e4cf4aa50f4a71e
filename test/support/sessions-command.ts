/**
 * `mtproto2json sessions` as a process, and a vault for it.
 * In: arguments, what comes on standard input. Out: exit code and output. Never: a vault left behind; one of the user's.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ownData, transcribe } from './child.ts';
import { CLI } from './process.ts';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class SessionsCommand {
  readonly folder: string;
  readonly vault: string;
  /** Everything that was printed by any of them, and every argument; for a search for secrets. */
  readonly said: string[] = [];
  readonly asked: string[] = [];
  readonly environment: Record<string, string> = {};

  /** @param secret a key; at the end of the test nothing that was printed or passed as an argument has a part of it */
  constructor(t: TestContext, secret?: Uint8Array) {
    this.folder = mkdtempSync(join(tmpdir(), 'sessions-'));
    this.vault = join(this.folder, 'vault');
    t.after(() => {
      rmSync(this.folder, { recursive: true, force: true });
      const everything = [...this.said, ...this.asked].join('\n');
      for (const trace of secret === undefined ? [] : tracesOf(secret))
        if (everything.includes(trace)) throw new Error('a part of the key was printed or passed');
    });
  }

  /** A file in the folder that goes with the test. */
  file(name: string): string {
    return join(this.folder, name);
  }

  async run(args: readonly string[], input = ''): Promise<Ended> {
    const data = ownData();
    const all = ['sessions', ...args];
    this.asked.push(...all);
    const child = spawn(process.execPath, [CLI, ...all], {
      stdio: 'pipe',
      env: { ...data.environment, MTPROTO2JSON_VAULT: this.vault, ...this.environment },
    });
    transcribe(child);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    // One that does not read its input has closed it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    try {
      const [code] = (await once(child, 'close')) as [number];
      this.said.push(out, err);
      return { code, out, err };
    } finally {
      child.kill('SIGKILL');
      data.remove();
    }
  }

  /** As `run`, for what must go well. */
  async ok(args: readonly string[], input = ''): Promise<string> {
    const { code, out, err } = await this.run(args, input);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${code}: ${err}`);
    return out;
  }
}

/** The forms a key may be found in: parts of it in hex, base64 and base64url, at each of the three places of a group. */
export function tracesOf(key: Uint8Array): string[] {
  const bytes = Buffer.from(key);
  const parts = [0, 1, 2].flatMap((at) => [bytes.subarray(at, at + 24), bytes.subarray(100 + at, 124 + at)]);
  return parts.flatMap((part) => [part.toString('hex'), part.toString('base64'), part.toString('base64url')]);
}
