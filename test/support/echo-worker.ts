/**
 * A lane's worker for tests of the main thread: speaks the records, knows no TL, no crypto, no JSON.
 * A request's text says what it does (see `ACTS`); anything else is echoed as its answer.
 */
import { workerData, move } from 'piscina';
import { BatchWriter, RecordCursor } from '../../src/batch/batch.ts';
import type { LaneData, LaneTask } from '../../src/batch/lane-task.ts';
import { dialFlags, writeDial } from '../../src/batch/link-records.ts';
import { In, Out } from '../../src/batch/records.ts';
import { replyFlags } from '../../src/batch/reply-flags.ts';

const data = workerData as LaneData;
const options = (data.settings ?? {}) as { failsToStart?: boolean; secret?: string };
if (options.failsToStart === true) throw new Error('this worker does not start');

const out = new BatchWriter(64 * 1024);
let wakeAt = Infinity;
let dieAt = Infinity;
/** Tickets with a deadline: session, ticket, at. */
const alarms: { session: number; ticket: number; at: number }[] = [];
/** What each session saw of its links, as text, and who waits for the next of it. */
const seen = new Map<number, string[]>();
const kept = new Map<number, number[]>();
const dials = new Map<number, number>();

function write(kind: number, session: number, ticket: number, text: string | Uint8Array, flags = 0, link = 0): void {
  const w = out.begin(kind, link, flags, session, ticket);
  w.raw(typeof text === 'string' ? Buffer.from(text) : text);
  out.end();
}

type Act = (session: number, ticket: number, rest: string, now: number, flags: number) => void;

const ACTS: Record<string, Act> = {
  '{keep': (session, ticket) => void kept.set(session, [...(kept.get(session) ?? []), ticket]),
  '{release': (session, ticket) => {
    for (const one of kept.get(session) ?? []) write(Out.REPLY, session, one, `released ${one}\n`);
    kept.delete(session);
    write(Out.REPLY, session, ticket, 'release\n');
  },
  '{later': (session, ticket, rest, now) => {
    alarms.push({ session, ticket, at: now + Number(rest) });
    wakeAt = Math.min(wakeAt, now + Number(rest));
  },
  // Its own flags, as the main thread sent them.
  '{flags': (session, ticket, _rest, _now, flags) => write(Out.REPLY, session, ticket, `flags ${flags}\n`),
  '{session': (session, ticket) => write(Out.REPLY, session, ticket, `session ${session}\n`),
  '{twice': (session, ticket) => {
    for (const time of ['first', 'second']) write(Out.REPLY, session, ticket, `${time}\n`);
  },
  '{bad': (session, ticket) => write(Out.REPLY, session, ticket, 'bad\n', replyFlags(true, 0)),
  '{big': (session, ticket, rest) => write(Out.REPLY, session, ticket, Buffer.alloc(Number(rest), 120)),
  // {fill SIZE LETTER: so much of one letter, to see that nobody else's bytes get in
  '{fill': (session, ticket, rest) => {
    const [size, letter] = rest.split(' ');
    write(Out.REPLY, session, ticket, `${letter!.repeat(Number(size))}\n`);
  },
  '{updates': (session, ticket, rest) => {
    for (let i = 0; i < Number(rest); i++) write(Out.UPDATE, session, 0, `update ${i}\n`);
    write(Out.REPLY, session, ticket, 'done\n');
  },
  // {dial LINK HOST PORT [HOST/PORT …] [untrusted]
  '{dial': (session, ticket, rest) => {
    const [link, host, port, ...more] = rest.split(' ');
    const untrusted = more.find((word) => word === 'untrusted');
    const others = more
      .filter((word) => word.includes('/'))
      .map((word) => {
        const at = word.lastIndexOf('/');
        return { host: word.slice(0, at), port: Number(word.slice(at + 1)) };
      });
    const attempt = (dials.get(session) ?? 0) + 1;
    dials.set(session, attempt);
    const flags = dialFlags(untrusted === undefined ? 'operator' : 'client', false);
    writeDial(out.begin(Out.DIAL, Number(link), flags, session, attempt), { host: host!, port: Number(port) }, others);
    out.end();
    write(Out.REPLY, session, ticket, `dialling ${attempt}\n`);
  },
  // {send LINK BYTES COUNT
  '{send': (session, ticket, rest) => {
    const [link, text, count] = rest.split(' ');
    for (let i = 0; i < Number(count ?? 1); i++) write(Out.SEND, session, 0, text!, 0, Number(link));
    write(Out.REPLY, session, ticket, 'sent\n');
  },
  '{hangup': (session, ticket, rest) => {
    write(Out.HANG_UP, session, 0, '', 0, Number(rest));
    write(Out.REPLY, session, ticket, 'hung up\n');
  },
  '{seen': (session, ticket) => write(Out.REPLY, session, ticket, `${JSON.stringify(seen.get(session) ?? [])}\n`),
  '{exit': () => process.exit(7),
  // {die MS: the thread ends later, in a batch that holds no record
  '{die': (_session, _ticket, rest, now) => {
    dieAt = now + Number(rest);
    wakeAt = Math.min(wakeAt, dieAt);
  },
  '{spin': () => {
    for (;;);
  },
};

function request(session: number, ticket: number, text: string, now: number, flags: number): void {
  const space = text.search(/[ }]/);
  const act = ACTS[space === -1 ? text : text.slice(0, space)];
  if (act === undefined) write(Out.REPLY, session, ticket, `${text}\n`);
  else act(session, ticket, text.slice(space + 1).replace(/}$/, ''), now, flags);
}

/** What a link did is told to the client as an update, so that a test can wait for it. */
function linked(record: RecordCursor, what: string): void {
  const line = `${what} ${record.link} ${record.ticket}`;
  seen.set(record.session, [...(seen.get(record.session) ?? []), line]);
  write(Out.UPDATE, record.session, 0, `${line}\n`);
}

function bytesOf(record: RecordCursor): string {
  return Buffer.from(record.bytes.slice(record.start, record.stop)).toString();
}

function one(record: RecordCursor, now: number): void {
  switch (record.kind) {
    case In.OPEN:
      seen.set(record.session, []);
      break;
    case In.REQUEST:
      request(record.session, record.ticket, bytesOf(record), now, record.flags);
      break;
    case In.LINK_UP:
      linked(record, 'up');
      break;
    case In.LINK_BYTES:
      linked(record, `bytes(${record.stop - record.start})`);
      break;
    case In.LINK_DOWN:
      linked(record, `down(${record.flags} ${bytesOf(record)})`);
      break;
    case In.CLOSE:
      kept.delete(record.session);
      seen.delete(record.session);
      write(Out.GONE, record.session, 0, '');
      break;
    default:
      throw new RangeError(`kind ${record.kind}`);
  }
}

function ring(now: number): void {
  if (dieAt <= now) process.exit(7);
  for (const alarm of alarms.splice(0)) {
    if (alarm.at <= now) write(Out.REPLY, alarm.session, alarm.ticket, 'later\n');
    else alarms.push(alarm);
  }
  wakeAt = Math.min(dieAt, ...alarms.map((alarm) => alarm.at));
}

export default function runBatch(task: LaneTask): unknown {
  const record = new RecordCursor(new Uint8Array(data.slots[task.slot]!), task.from, task.to);
  while (record.next()) one(record, task.now);
  ring(task.now);
  return move(out.finish(wakeAt, 64 * 1024, task.spare));
}
