/**
 * A lane's worker for tests of the main thread: speaks the records, knows no TL, no crypto, no JSON.
 * A request's text says what it does (see `ACTS`); anything else is echoed as its answer.
 */
import { workerData, move as transfer } from 'piscina';
import { BatchWriter, RecordCursor } from '../../src/batch/batch.ts';
import type { LaneData, LaneTask } from '../../src/batch/lane-task.ts';
import { MannerFlag, readAttach } from '../../src/batch/attach-records.ts';
import { dialFlags, writeDial } from '../../src/batch/link-records.ts';
import { type MoveAction, nameFlags, writeName } from '../../src/batch/name-records.ts';
import { In, Out } from '../../src/batch/records.ts';
import { replyFlags } from '../../src/batch/reply-flags.ts';

const data = workerData as LaneData;
const options = (data.settings ?? {}) as { failsToStart?: boolean; secret?: string };
if (options.failsToStart === true) throw new Error('this worker does not start');

const out = new BatchWriter(64 * 1024);
let wakeAt = Infinity;
let dieAt = Infinity;
/** Tickets with a deadline. */
const alarms: { to: number; ticket: number; at: number }[] = [];
/** Who speaks in which session, and in which form it hears updates; undefined: in none. */
const speakers = new Map<number, { session: number; form: number | undefined; isMoving: boolean }>();
const names = new Map<number, string>();
/** What each session saw of its links, as text. */
const seen = new Map<number, string[]>();
const kept = new Map<number, number[]>();
const dials = new Map<number, number>();

function write(kind: number, session: number, ticket: number, text: string | Uint8Array, flags = 0, link = 0): void {
  const w = out.begin(kind, link, flags, session, ticket);
  w.raw(typeof text === 'string' ? Buffer.from(text) : text);
  out.end();
}

/** Says something to all who hear it: once for each form. */
function update(session: number, text: string): void {
  const speaking = [...speakers.values()].filter((one) => one.session === session);
  const forms = new Set(speaking.map(({ form }) => form).filter((form) => form !== undefined));
  for (const form of forms) write(Out.UPDATE, session, 0, text, form);
  if (forms.size === 0) write(Out.UNHEARD, session, 0, '');
}

/** The line belongs elsewhere: it and those behind it are put again there. */
function move(action: MoveAction, to: number, ticket: number, name: string): void {
  if (action !== 'as') speakers.get(to)!.isMoving = true;
  writeName(out.begin(Out.NAME, 0, nameFlags(action), to, ticket), name);
  out.end();
}

interface Asked {
  /** Number of the attachment. */
  readonly to: number;
  readonly session: number;
  readonly ticket: number;
  readonly now: number;
  readonly flags: number;
}

type Act = (asked: Asked, rest: string) => void;

function reply({ to, ticket }: Asked, text: string | Uint8Array, flags = 0): void {
  write(Out.REPLY, to, ticket, text, flags);
}

const ACTS: Record<string, Act> = {
  '{keep': ({ to, ticket }) => void kept.set(to, [...(kept.get(to) ?? []), ticket]),
  '{release': (asked) => {
    for (const ticket of kept.get(asked.to) ?? []) reply({ ...asked, ticket }, `released ${ticket}\n`);
    kept.delete(asked.to);
    reply(asked, 'release\n');
  },
  '{later': ({ to, ticket, now }, rest) => {
    alarms.push({ to, ticket, at: now + Number(rest) });
    wakeAt = Math.min(wakeAt, now + Number(rest));
  },
  // Its own flags, as the main thread sent them.
  '{flags': (asked) => reply(asked, `flags ${asked.flags}\n`),
  '{session': (asked) => reply(asked, `session ${asked.session}\n`),
  '{name': (asked) => reply(asked, `name ${names.get(asked.session) ?? 'none'}\n`),
  // {speak NAME: the client speaks there from this line on
  '{speak': (asked, name) => {
    if (names.get(asked.session) === name) reply(asked, `speaks in ${name}\n`);
    else move('speak', asked.to, asked.ticket, name);
  },
  // {as NAME: this line alone is for it
  '{as': (asked, name) => {
    if (names.get(asked.session) === name) reply(asked, `as ${name}\n`);
    else move('as', asked.to, asked.ticket, name);
  },
  '{detach': (asked) => {
    if (names.has(asked.session)) move('detach', asked.to, asked.ticket, '');
    else reply(asked, 'detached\n');
  },
  '{twice': (asked) => {
    for (const time of ['first', 'second']) reply(asked, `${time}\n`);
  },
  '{bad': (asked) => reply(asked, 'bad\n', replyFlags(true, 0)),
  '{big': (asked, rest) => reply(asked, Buffer.alloc(Number(rest), 120)),
  // {fill SIZE LETTER: so much of one letter, to see that nobody else's bytes get in
  '{fill': (asked, rest) => {
    const [size, letter] = rest.split(' ');
    reply(asked, `${letter!.repeat(Number(size))}\n`);
  },
  '{updates': (asked, rest) => {
    for (let i = 0; i < Number(rest); i++) update(asked.session, `update ${i}\n`);
    reply(asked, 'done\n');
  },
  // {dial LINK HOST PORT [HOST/PORT …] [untrusted]
  '{dial': (asked, rest) => {
    const { session } = asked;
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
    reply(asked, `dialling ${attempt}\n`);
  },
  // {send LINK BYTES COUNT
  '{send': (asked, rest) => {
    const [link, text, count] = rest.split(' ');
    for (let i = 0; i < Number(count ?? 1); i++) write(Out.SEND, asked.session, 0, text!, 0, Number(link));
    reply(asked, 'sent\n');
  },
  '{hangup': (asked, rest) => {
    write(Out.HANG_UP, asked.session, 0, '', 0, Number(rest));
    reply(asked, 'hung up\n');
  },
  '{seen': (asked) => reply(asked, `${JSON.stringify(seen.get(asked.session) ?? [])}\n`),
  '{exit': () => process.exit(7),
  // {die MS: the thread ends later, in a batch that holds no record
  '{die': ({ now }, rest) => {
    dieAt = now + Number(rest);
    wakeAt = Math.min(wakeAt, dieAt);
  },
  // {slow MS: the thread stands still for so long before it answers
  '{slow': (asked, rest) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(rest));
    reply(asked, 'slow\n');
  },
  '{spin': () => {
    for (;;);
  },
};

function request({ session: to, ticket, flags }: RecordCursor, text: string, now: number): void {
  const speaker = speakers.get(to);
  if (speaker === undefined || speaker.isMoving) return;
  const asked = { to, session: speaker.session, ticket, now, flags };
  const space = text.search(/[ }]/);
  const act = ACTS[space === -1 ? text : text.slice(0, space)];
  if (act === undefined) reply(asked, `${text}\n`);
  else act(asked, text.slice(space + 1).replace(/}$/, ''));
}

/** What a link did is told to the client as an update, so that a test can wait for it. */
function linked(record: RecordCursor, what: string): void {
  const line = `${what} ${record.link} ${record.ticket}`;
  seen.set(record.session, [...(seen.get(record.session) ?? []), line]);
  update(record.session, `${line}\n`);
}

function attach(record: RecordCursor): void {
  const { manner, isMute } = readAttach(record);
  const form = isMute ? undefined : manner & MannerFlag.FORM;
  speakers.set(record.session, { session: record.ticket, form, isMoving: false });
}

function close(session: number): void {
  for (const [to, speaker] of speakers) if (speaker.session === session) speakers.delete(to);
  seen.delete(session);
  names.delete(session);
  write(Out.GONE, session, 0, '');
}

function bytesOf(record: RecordCursor): string {
  return Buffer.from(record.bytes.slice(record.start, record.stop)).toString();
}

function one(record: RecordCursor, now: number): void {
  switch (record.kind) {
    case In.OPEN:
      seen.set(record.session, []);
      if (record.stop > record.start) names.set(record.session, bytesOf(record));
      break;
    case In.ATTACH:
      attach(record);
      break;
    case In.DETACH:
      kept.delete(record.session);
      speakers.delete(record.session);
      break;
    case In.NAMED:
    case In.LISTED:
      break;
    case In.REQUEST:
      request(record, bytesOf(record), now);
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
      close(record.session);
      break;
    default:
      throw new RangeError(`kind ${record.kind}`);
  }
}

function ring(now: number): void {
  if (dieAt <= now) process.exit(7);
  for (const alarm of alarms.splice(0)) {
    if (alarm.at <= now) write(Out.REPLY, alarm.to, alarm.ticket, 'later\n');
    else alarms.push(alarm);
  }
  wakeAt = Math.min(dieAt, ...alarms.map((alarm) => alarm.at));
}

export default function runBatch(task: LaneTask): unknown {
  const record = new RecordCursor(new Uint8Array(data.slots[task.slot]!), task.from, task.to);
  while (record.next()) one(record, task.now);
  ring(task.now);
  return transfer(out.finish(wakeAt, 64 * 1024, task.spare));
}
