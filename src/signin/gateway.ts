/**
 * Gateway connection: a client of the gateway's port for JSON lines (wire: Connections; Requests and answers).
 * In: requests as objects. Out: answers, names of updates; the reason why the connection ended, as a sentence. Never: anything of the
 * gateway but its port; a whole line of the gateway in a sentence.
 */
import { LineConnection, NoGateway, placeText } from '../client/lines.ts';
import { type CallAnswer, isTl, SigninFailed, type Tl } from './steps.ts';

/** Where the gateway listens. */
export interface GatewayAddress {
  readonly host: string;
  readonly port: number;
  /** The gateway's token, if it wants one. */
  readonly token: string | undefined;
}

/** A line of the gateway, parsed. */
export type Line = Readonly<Record<string, unknown>>;

interface Waiting {
  done(line: Line, text: string): void;
  failed(error: Error): void;
}

/** How long a call may take, s; the gateway waits out flood waits that fit into it. */
const CALL_SECONDS = 20;
/** How long after that the gateway may be silent, s: it answers every call in time, so by then it hangs. */
const HANG_SECONDS = 10;

/** One connection for one sign-in. */
export class GatewayConnection {
  readonly #lines: LineConnection;
  readonly #where: GatewayAddress;
  readonly #open = new Map<number, Waiting>();
  #nextId = 1;
  /** Why the connection has ended; undefined while it is open. */
  #end: Error | undefined;
  #onUpdate: (() => void) | undefined;
  /** Names of updates that have come and that nobody has waited for yet. */
  readonly #updates = new Set<string>();

  private constructor(lines: LineConnection, where: GatewayAddress) {
    this.#lines = lines;
    this.#where = where;
    lines.listen({ line: (text) => this.#line(text), end: () => this.#lost() });
  }

  /** Connects, and gives the token. @throws SigninFailed if no gateway listens there */
  static async open(where: GatewayAddress): Promise<GatewayConnection> {
    const lines = await LineConnection.open(where).catch((error: unknown) => {
      throw error instanceof NoGateway ? unreachable(where) : error;
    });
    const gateway = new GatewayConnection(lines, where);
    if (where.token !== undefined) gateway.#write({ auth: where.token });
    return gateway;
  }

  /**
   * Sends a line without a call, and waits for its answer.
   * @returns the answer, and its text as it came
   * @throws SigninFailed for a refusal
   */
  async ask(attributes: Line): Promise<{ line: Line; text: string }> {
    const { line, text } = await this.#request(attributes);
    if (typeof line['error'] === 'string') throw refusedBy(line);
    return { line, text };
  }

  /** Calls a method of the API. @throws SigninFailed if the gateway refuses, or Telegram does not answer in time */
  async call(message: Tl): Promise<CallAnswer> {
    const { line } = await this.#request({ timeout: CALL_SECONDS, message });
    if (typeof line['error'] === 'string') throw refusedBy(line);
    const result = line['message'];
    if (!isTl(result)) return { result };
    if (result._cons === 'rpc_timeout')
      throw new SigninFailed('TIMEOUT', 'Telegram did not answer in time; try again.');
    if (result._cons !== 'rpc_error') return { result };
    const retryAfter = line['retry_after'];
    return {
      refusal: {
        code: Number(result['error_code']),
        text: String(result['error_message']),
        seconds: typeof retryAfter === 'number' ? retryAfter : undefined,
      },
    };
  }

  /** Waits for an update of this name. @returns false if none came in time, or the signal aborts @throws SigninFailed if the connection ends */
  async update(name: string, seconds: number, signal: AbortSignal): Promise<boolean> {
    const until = performance.now() + seconds * 1000;
    for (;;) {
      if (this.#updates.delete(name)) return true;
      if (this.#end !== undefined) throw this.#end;
      const left = until - performance.now();
      if (left <= 0 || signal.aborted) return false;
      await this.#event(left, signal);
    }
  }

  close(): void {
    this.#end ??= new SigninFailed('CLOSED', 'The connection was closed.');
    this.#lines.close();
  }

  /** Resolves at the next update, the end of the connection, after `ms` milliseconds, or when the signal aborts. */
  #event(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#onUpdate = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
      this.#onUpdate = done;
    });
  }

  async #request(attributes: Line): Promise<{ line: Line; text: string }> {
    if (this.#end !== undefined) throw this.#end;
    // The last request, for the session line, has id 1, so that the line can be given to a gateway as it is.
    const id = 'id' in attributes ? Number(attributes['id']) : ++this.#nextId;
    return new Promise((done, failed) => {
      const hang = setTimeout(() => this.#over(hanging(this.#where)), (CALL_SECONDS + HANG_SECONDS) * 1000);
      this.#open.set(id, {
        done(line, text) {
          clearTimeout(hang);
          done({ line, text });
        },
        failed(error) {
          clearTimeout(hang);
          failed(error);
        },
      });
      this.#write({ id, ...attributes });
    });
  }

  #write(line: Line): void {
    this.#lines.write(JSON.stringify(line));
  }

  #line(text: string): void {
    const line = parse(text);
    if (line === undefined)
      return this.#over(new SigninFailed('NO_GATEWAY', `What answers at ${placeText(this.#where)} is no gateway.`));
    const id = Number(line['id']);
    const waiting = this.#open.get(id);
    if (waiting !== undefined) {
      this.#open.delete(id);
      waiting.done(line, text);
    } else if (typeof line['error'] === 'string') this.#notice(line);
    else this.#note(line['message']);
  }

  /** A notice that ends the connection or the session ends the sign-in; others do not. */
  #notice(line: Line): void {
    if (Number(line['id']) < 0 || line['fatal'] === true || line['error'] === 'ServerStopping')
      this.#over(refusedBy(line));
  }

  #note(update: unknown): void {
    for (const name of namesIn(update)) this.#updates.add(name);
    this.#onUpdate?.();
  }

  #lost(): void {
    this.#over(
      new SigninFailed('GATEWAY_LOST', `The connection to the gateway at ${placeText(this.#where)} was lost.`),
    );
  }

  #over(error: Error): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    for (const waiting of this.#open.values()) waiting.failed(error);
    this.#open.clear();
    this.#onUpdate?.();
    this.#lines.close();
  }
}

function parse(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}

/** Names of an `Updates` object and of the updates in it. */
function namesIn(update: unknown): string[] {
  if (!isTl(update)) return [];
  const inside = Array.isArray(update['updates']) ? (update['updates'] as unknown[]) : [update['update']];
  return [update, ...inside].filter(isTl).map(({ _cons }) => _cons);
}

/** Sentences for errors of the gateway; for all others its own `msg` is told. */
const SENTENCES: Readonly<Record<string, string>> = {
  AuthRequired: 'The gateway wants a token: give it with --token-file.',
  AuthFailed: 'The gateway does not know this token.',
  ServerStopping: 'The gateway is stopping; start again when it is back.',
  SessionInUse: 'Another connection is using this session.',
  VaultUnavailable:
    'This gateway has no vault, so it cannot store a session by name; leave --save out, or start it with a vault.',
};

/** The error of the gateway as the end of the sign-in. Errors of the gateway have no secrets (wire: Errors). */
function refusedBy(line: Line): SigninFailed {
  const name = String(line['error']);
  const retryAfter = typeof line['retry_after'] === 'number' ? line['retry_after'] : undefined;
  // With a reason there is a vault that cannot be opened, and `msg` says why.
  const isOwnWords = name === 'VaultUnavailable' && line['reason'] !== undefined;
  const sentence = (isOwnWords ? undefined : SENTENCES[name]) ?? `The gateway says: ${String(line['msg'])} (${name}).`;
  return new SigninFailed(name, sentence, retryAfter);
}

function unreachable(where: GatewayAddress): SigninFailed {
  return new SigninFailed(
    'GATEWAY_UNREACHABLE',
    `No gateway answers at ${placeText(where)}; start one with \`mtproto2json serve\`, or say where it is: --host, --port.`,
  );
}

function hanging(where: GatewayAddress): SigninFailed {
  return new SigninFailed('GATEWAY_HANGS', `The gateway at ${placeText(where)} does not answer.`);
}
