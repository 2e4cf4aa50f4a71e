/**
 * A command of the build as a process of its own: its output as it comes, its end.
 * In: arguments. Out: text and exit codes, by events. Never: outlives its test.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ownData, transcribe } from './child.ts';

export const CLI = fileURLToPath(new URL('../../src/bin/mtproto2json.js', import.meta.url));

export class Run {
  readonly child: ChildProcess;
  out = '';
  err = '';
  /** Exit code and signal. */
  readonly ended: Promise<unknown[]>;
  #wake: (() => void)[] = [];

  /** @param input what its stdin says at once and ends with; '' to write to it later; closed if not given */
  constructor(
    t: TestContext,
    args: readonly string[],
    environment: Record<string, string> = {},
    script = CLI,
    input?: string,
    ipc = false,
  ) {
    const data = ownData();
    this.child = spawn(process.execPath, [script, ...args], {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
      env: { ...data.environment, ...environment },
    });
    transcribe(this.child);
    this.child.stdout!.on('data', (chunk: Buffer) => this.#more((this.out += chunk.toString())));
    this.child.stderr!.on('data', (chunk: Buffer) => this.#more((this.err += chunk.toString())));
    // One that ends without reading everything closes it.
    this.child.stdin?.on('error', () => undefined);
    if (input !== undefined && input !== '') this.child.stdin!.end(input);
    this.ended = once(this.child, 'close');
    void this.ended.then(() => this.#more(''));
    t.after(async () => {
      this.child.kill('SIGKILL');
      await this.ended;
      data.remove();
    });
  }

  #more(_text: string): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Waits until the output has what is looked for; rejects if the process ends before. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.out) ?? pattern.exec(this.err);
      if (found !== null) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`ended without ${pattern}: ${this.err}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** The port it says it listens on. */
  async port(): Promise<number> {
    return Number((await this.until(/"addresses":"127\.0\.0\.1:(\d+)/))[1]);
  }

  async code(): Promise<number> {
    return (await this.ended)[0] as number;
  }
}
