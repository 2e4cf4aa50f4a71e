/**
 * Ledger: three books of one run, and whether they agree (threats: The network).
 * In: each line a client sent and got, each execution and each push of the DC. Out: what is wrong; the figures.
 * Never: a judgement by what fault was played: the rules hold under every one.
 */

export type Line = Record<string, unknown>;

/** An open or ended request. */
interface Asked {
  readonly client: number;
  readonly id: number;
  /** Text that the DC counts by; undefined for requests without one. */
  readonly token: string | undefined;
  readonly at: number;
}

/** How a request with a token ended, as little as the comparison needs: a soak has millions. */
interface Ended {
  readonly token: string;
  readonly fate: 'done' | 'refused' | 'rpc_error' | 'not delivered';
  /** The line, but for results. */
  readonly text: string;
}

export interface Figures {
  asked: number;
  results: number;
  rpcErrors: number;
  /** `delivered:"no"`. */
  notDelivered: number;
  /** `delivered:"unknown"`, time-outs among them. */
  unknown: number;
  refused: number;
  /** Requests whose connection ended first. */
  orphaned: number;
  updates: number;
  gaps: number;
  lost: number;
  doubled: number;
  misrouted: number;
}

/** Sentences kept; later ones are only counted. */
const KEPT = 50;

export class Ledger {
  readonly figures: Figures = {
    asked: 0,
    results: 0,
    rpcErrors: 0,
    notDelivered: 0,
    unknown: 0,
    refused: 0,
    orphaned: 0,
    updates: 0,
    gaps: 0,
    lost: 0,
    doubled: 0,
    misrouted: 0,
  };
  /** What broke a rule, the first 50. */
  readonly wrong: string[] = [];
  wrongCount = 0;
  /** Error names and rpc_error texts without their numbers, counted. */
  readonly outcomes = new Map<string, number>();
  readonly #open = new Map<number, Map<number, Asked>>();
  /** Ended requests with a token: judged when the executions are known. */
  readonly #ended: Ended[] = [];
  /** The last push each client got, and whose. */
  readonly #pushes = new Map<number, { user: string; n: number; gap: boolean }>();
  /** Told of each outcome that nobody can be sure of. */
  onUnknown: (client: number, at: number, line: Line) => void = () => {};

  #complain(sentence: string): void {
    if (++this.wrongCount <= KEPT) this.wrong.push(sentence);
  }

  // ---- the client's book ----

  /** A client's connection begins, or begins anew. */
  opened(client: number): void {
    this.#open.set(client, new Map());
    this.#pushes.delete(client);
  }

  /** A client's connection has ended: what was open has no answer to wait for. */
  closed(client: number): void {
    this.figures.orphaned += this.#open.get(client)?.size ?? 0;
    this.#open.delete(client);
  }

  openCount(client: number): number {
    return this.#open.get(client)?.size ?? 0;
  }

  asked(client: number, id: number, token: string | undefined, now: number): void {
    this.figures.asked++;
    this.#open.get(client)!.set(id, { client, id, token, at: now });
  }

  /** One line a client got. */
  heard(client: number, line: Line): void {
    const id = line['id'];
    if (id === 0 || (typeof id === 'number' && id < 0)) return this.#notice(client, line);
    const open = this.#open.get(client);
    const asked = typeof id === 'number' ? open?.get(id) : undefined;
    if (asked === undefined) {
      this.figures.misrouted++;
      return this.#complain(`client ${client} got an answer it waits for no more: ${text(line)}`);
    }
    open!.delete(asked.id);
    this.#class(asked, line);
    if (asked.token === undefined) return;
    const fate = fateOf(line);
    this.#ended.push({ token: asked.token, fate, text: fate === 'done' ? '' : text(line) });
  }

  #class(asked: Asked, line: Line): void {
    const { figures } = this;
    if (isRpcError(line)) figures.rpcErrors++;
    else if (line['error'] !== undefined || isTimeout(line)) figures.refused++;
    else figures.results++;
    if (line['delivered'] === 'no') figures.notDelivered++;
    if (line['delivered'] === 'unknown') {
      figures.unknown++;
      this.onUnknown(asked.client, asked.at, line);
    }
    const name = nameOf(line);
    if (name !== undefined) this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1);
  }

  /** Lines under id 0: pushes `push USER N`, and notices of a gap. */
  #notice(client: number, line: Line): void {
    const last = this.#pushes.get(client);
    const message = line['message'] as Line | undefined;
    if (line['error'] === 'UpdatesDropped' || message?.['_cons'] === 'updatesTooLong') {
      this.figures.gaps++;
      if (last !== undefined) last.gap = true;
      return;
    }
    const push = /^push (\d+) (\d+)$/.exec(String(message?.['message'] ?? ''));
    if (push !== null) this.#push(client, push[1]!, Number(push[2]), last);
  }

  #push(client: number, user: string, n: number, last: { user: string; n: number; gap: boolean } | undefined): void {
    this.figures.updates++;
    if (last === undefined) return void this.#pushes.set(client, { user, n, gap: false });
    if (last.user !== user) {
      this.figures.misrouted++;
      return this.#complain(`client ${client} is user ${last.user} and got an update of ${user}`);
    }
    if (n <= last.n) {
      this.figures.doubled++;
      this.#complain(`client ${client} got update ${n} after ${last.n}`);
    } else if (n > last.n + 1 && !last.gap) {
      this.figures.lost += n - last.n - 1;
      this.#complain(`client ${client} got update ${n} after ${last.n} and no notice between`);
    }
    this.#pushes.set(client, { user, n: Math.max(n, last.n), gap: false });
  }

  // ---- the books compared ----

  /** Requests open for longer than they may be. */
  overdue(now: number, most: number): void {
    for (const open of this.#open.values())
      for (const asked of open.values()) {
        if (now - asked.at <= most) continue;
        open.delete(asked.id);
        this.figures.lost++;
        this.#complain(`client ${asked.client}: no line for request ${asked.id} (${asked.token ?? 'a read'})`);
      }
  }

  /**
   * Compares with the DC's book.
   * @param executed how often each token was carried out
   * @param seen tokens the DC has read at all: an `rpc_error` needs no more
   */
  compare(executed: ReadonlyMap<string, number>, seen: (token: string) => boolean): void {
    for (const [token, count] of executed) {
      if (count < 2) continue;
      this.figures.doubled++;
      this.#complain(`${token} was carried out ${count} times`);
    }
    for (const { token, fate, text } of this.#ended) {
      const count = executed.get(token) ?? 0;
      if (fate === 'not delivered' && count > 0)
        this.#complain(`${token} was carried out, the client was told it was not: ${text}`);
      if (fate === 'rpc_error' && !seen(token)) this.#complain(`${token} never reached the DC: ${text}`);
      if (fate === 'done' && count === 0) this.#complain(`${token} was not carried out, the client has a result`);
    }
  }
}

/** `delivered` counts for more than the kind of line. */
function fateOf(line: Line): Ended['fate'] {
  if (line['delivered'] === 'no') return 'not delivered';
  if (isRpcError(line)) return 'rpc_error';
  return line['error'] !== undefined || isTimeout(line) ? 'refused' : 'done';
}

function isRpcError(line: Line): boolean {
  return (line['message'] as Line | undefined)?.['_cons'] === 'rpc_error';
}

function isTimeout(line: Line): boolean {
  return (line['message'] as Line | undefined)?.['_cons'] === 'rpc_timeout';
}

/** What ended a request that got no result, its numbers left out. */
function nameOf(line: Line): string | undefined {
  if (line['error'] !== undefined) return String(line['error']);
  const message = line['message'] as Line;
  if (isTimeout(line)) return 'rpc_timeout';
  if (!isRpcError(line)) return undefined;
  return `rpc_error ${String(message['error_code'])} ${JSON.stringify(message['error_message']).replaceAll(/_\d+/g, '_N')}`;
}

function text(line: Line): string {
  return JSON.stringify(line).slice(0, 200);
}
