/**
 * A router over one noted lane, a vault in memory and a made-up clock, and clients that note what they hear.
 * In: messages of clients, records of the lane. Out: records to the lane in words, lines to the clients. Never: a thread, a socket.
 */
import { RecordCursor, writeHeader } from '../../src/batch/batch.ts';
import type { Move } from '../../src/batch/name-records.ts';
import { COUNTERS_LENGTH, writeEntry } from '../../src/batch/save-records.ts';
import { HEADER_LENGTH, In, Out, padded } from '../../src/batch/records.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { Gate } from '../../src/main/flow/gate.ts';
import type { NoticeFields } from '../../src/main/front.ts';
import { LIMITS, type Limits } from '../../src/main/limits/limits.ts';
import type { Attachment, SessionClient } from '../../src/main/sessions/attachment.ts';
import { ClientSessions, type FirstManner } from '../../src/main/sessions/client-sessions.ts';
import type { Ticket } from '../../src/main/sessions/ledger.ts';
import type { OpenSession } from '../../src/main/sessions/open-session.ts';
import { Router, type RouterOptions } from '../../src/main/sessions/router.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { NotedLane, type Put } from './noted-lane.ts';
import { Fixture, log } from './registry-fixture.ts';

const KINDS = new Map<number, string>(Object.entries(In).map(([name, kind]) => [kind, name]));
/** Bytes of an AGAIN record before its line. */
const PLACE_LENGTH = 32;

/** A record in words: its kind, the number it has, and of what a client has asked its line. */
export function wordsOf({ kind, session, ticket, bytes }: Put): string {
  const words = `${KINDS.get(kind)} ${session}`;
  if (kind === In.ATTACH) return `${words} ${ticket}`;
  if (kind === In.REQUEST) return `${words} ${bytes.toString()}`;
  if (kind === In.AGAIN) return `${words} ${bytes.subarray(PLACE_LENGTH).toString()}`;
  return words;
}

/** A record as it comes out of a lane. */
function recordOf(kind: number, session: number, ticket: number, bytes: Uint8Array, flags: number): RecordCursor {
  const block = Buffer.alloc(HEADER_LENGTH + padded(bytes.length));
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  writeHeader(view, 0, kind, 0, flags, session, ticket, bytes.length);
  block.set(bytes, HEADER_LENGTH);
  const record = new RecordCursor(block, 0, block.length);
  record.next();
  return record;
}

/** A client that notes what it hears. */
export class NotedClient implements SessionClient {
  readonly heard: string[] = [];
  readonly refusals: string[] = [];
  readonly sessions: ClientSessions;
  isUnread = false;
  readonly gate = new Gate(
    () => undefined,
    () => undefined,
  );

  constructor(router: Router, first: Partial<FirstManner> = {}) {
    this.sessions = new ClientSessions(router, this, { form: 0, hasLines: true, isStateless: false, ...first });
  }

  /** @param as name of the session that the line is for; null if only the lane can tell @returns its ticket */
  ask(line: string, as?: string | null): number | undefined {
    return this.sessions.request(Buffer.from(line), 0, line.length, `"${line}"`, 0, as);
  }

  reply(_ticket: number, line: Buffer): void {
    this.heard.push(line.toString());
  }

  update(line: Buffer): void {
    this.heard.push(line.toString());
  }

  mayHaveKey({ bytes }: Ticket): boolean {
    return bytes.includes('"key"');
  }

  crashed(_ticket: number, id: string, fate: NoticeFields): void {
    const { delivered = 'unknown', ...rest } = fate;
    this.heard.push([`crashed ${id} ${delivered}`, ...Object.keys(rest)].join(' '));
  }

  lostSession(): void {
    this.heard.push('lost');
  }

  notice(name: string): void {
    this.heard.push(name);
  }

  settled(): void {}

  moved(from: Attachment, move: Move): void {
    this.sessions.moved(from, move);
  }

  detached(from: Attachment, isBare: boolean): void {
    this.sessions.detached(from, isBare);
  }

  refused({ id }: Ticket): void {
    this.refusals.push(id);
  }

  speaks(from: Attachment, manner: number): void {
    this.sessions.speaks(from, manner);
  }

  left(from: Attachment): void {
    this.sessions.left(from);
  }
}

/** A router of which all is noted; `said` takes what the lane was told since it was called last. */
export function routerOf(limits: Partial<Limits> = {}) {
  const { registry, env, vault } = new Fixture();
  const lane = new NotedLane();
  const lost: number[] = [];
  const options: Partial<RouterOptions> = {
    limits: { ...LIMITS, ...limits },
    env,
    metrics: new Metrics(),
    registry,
    log,
    pick: () => lane.asLane,
    lost: (sessions) => void lost.push(...sessions),
    ended: () => undefined,
  };
  const router = new Router(options as RouterOptions);
  const say = (kind: number, session: number, ticket = 0, text: string | Uint8Array = '', flags = 0): void =>
    router.record(lane.asLane, recordOf(kind, session, ticket, Buffer.from(text), flags));
  /** The lane has taken these requests: a SAVE of their session. */
  const took = (session: number, ...taken: (readonly [attachment: number, ticket: number, flags?: number])[]): void => {
    const out = new Writer(64);
    out.zeros(COUNTERS_LENGTH);
    const place = { msgIdLow: 1, msgIdHigh: 1, seqNo: 1, containerLow: 0, containerHigh: 0, notBefore: 0, deadline: 1 };
    for (const [attachment, ticket, flags = 0] of taken) writeEntry(out, ticket, attachment, flags, place);
    say(Out.SAVE, session, taken.length, out.written());
  };
  const said = (): string[] => lane.puts.splice(0).map((put) => wordsOf(put));
  const asked = (): Put => lane.puts.findLast(({ kind }) => kind === In.REQUEST)!;
  const client = (first?: Partial<FirstManner>): NotedClient => new NotedClient(router, first);
  const sessions = (): OpenSession[] => router.openedOf(lane.asLane);
  /** The one session that is open. */
  const only = (): OpenSession => sessions()[0]!;
  return { router, lane, env, vault, registry, lost, say, took, said, asked, client, sessions, only };
}

/** How a gateway lets a client speak: `GatewayServices.speaker`. */
export function speakerOf(router: Router): (client: SessionClient, first: FirstManner) => ClientSessions {
  return (client, first) => new ClientSessions(router, client, first);
}
