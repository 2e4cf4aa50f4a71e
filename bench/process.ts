/**
 * Child processes of a bench: started, waited for, ended.
 * In: a built script and its arguments. Out: a child that is ready, its words, its end.
 * Never: a wait without an end, a kill of anything but its own child.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { transcribe } from '../test/support/child.ts';

/** A child must be ready in this time, ms; and gone in that after SIGTERM. */
const READY_TIME = 30_000;
const STOP_TIME = 10_000;
/** Lines kept of what a child has said, for when it fails. */
const KEPT = 40;

export interface StartOptions {
  readonly args?: readonly string[];
  /** Options of Node itself, before the script. */
  readonly nodeArgs?: readonly string[];
  /** A line of its output that says it is ready; its groups are given out as `match`. */
  readonly ready: RegExp;
  /** A channel for messages as well. */
  readonly ipc?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<Child>();
process.on('exit', () => {
  for (const child of running) child.kill();
});

export class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  /** What it said last. */
  readonly #lines: string[] = [];
  #match: RegExpExecArray | undefined;
  #wake: (() => void) | undefined;
  #isGone = false;

  private constructor(name: string, script: string, options: StartOptions) {
    this.name = name;
    const { args = [], nodeArgs = [], ready, ipc = false, env = {} } = options;
    this.#process = spawn(process.execPath, [...nodeArgs, script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
      env: { ...process.env, ...env },
    });
    transcribe(this.#process);
    running.add(this);
    this.#hear(this.#process.stdout!, ready);
    this.#hear(this.#process.stderr!, ready);
    this.#process.on('exit', () => {
      this.#isGone = true;
      running.delete(this);
      this.#wake?.();
    });
  }

  /** Starts a script; resolves when it says that it is ready. */
  static async start(name: string, script: string, options: StartOptions): Promise<Child> {
    const child = new Child(name, script, options);
    const timer = setTimeout(() => child.kill(), READY_TIME);
    try {
      while (child.#match === undefined) {
        if (child.#isGone) throw new Error(`${name} did not get ready:\n${child.#lines.join('\n')}`);
        await new Promise<void>((resolve) => (child.#wake = resolve));
      }
    } finally {
      clearTimeout(timer);
    }
    return child;
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** What `ready` found. */
  get match(): RegExpExecArray {
    return this.#match!;
  }

  #hear(stream: NodeJS.ReadableStream, ready: RegExp): void {
    let part = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (part + text).split('\n');
      part = lines.pop()!;
      for (const line of lines) this.#line(line, ready);
    });
  }

  #line(line: string, ready: RegExp): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT) this.#lines.shift();
    if (this.#match !== undefined) return;
    const match = ready.exec(line);
    if (match === null) return;
    this.#match = match;
    this.#wake?.();
  }

  /** The last lines it said, on either stream. */
  get said(): string {
    return this.#lines.join('\n');
  }

  say(message: object): void {
    this.#process.send(message);
  }

  /** Calls `listener` for each message. @returns what ends that */
  onMessage(listener: (message: unknown) => void): () => void {
    this.#process.on('message', listener);
    return () => this.#process.off('message', listener);
  }

  /** The first message for which `test` holds; rejects when the child ends before, or after `within` ms. */
  message<T>(test: (message: Record<string, unknown>) => boolean, within: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => end(new Error(`${this.name}: no word in ${within} ms\n${this.said}`)), within);
      const exited = (): void => end(new Error(`${this.name} ended:\n${this.said}`));
      const off = this.onMessage((message) => {
        if (test(message as Record<string, unknown>)) end(undefined, message as T);
      });
      this.#process.on('exit', exited);
      const end = (error: Error | undefined, message?: T): void => {
        clearTimeout(timer);
        off();
        this.#process.off('exit', exited);
        if (error === undefined) resolve(message!);
        else reject(error);
      };
    });
  }

  kill(): void {
    if (!this.#isGone) this.#process.kill('SIGKILL');
  }

  /** SIGTERM, and SIGKILL if that does not help. @returns the exit code; null after a signal */
  async stop(): Promise<number | null> {
    if (this.#isGone) return this.#process.exitCode;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), STOP_TIME);
    await gone;
    clearTimeout(timer);
    return this.#process.exitCode;
  }
}
