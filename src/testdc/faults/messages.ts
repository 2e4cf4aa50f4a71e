/**
 * Faults of messages and sessions: refused, forgotten, asked about, spoken about to nobody (protocol: Salts; Delivery to Refused messages).
 * In: a client's messages. Out: notifications, and whether the message is to be handled. Never: a notification that
 * says a message was not taken when it was: no client can do right by a server that lies about that.
 */
import type { DcConnection } from '../wire/dc-connection.ts';
import type { Arrived, DcSession } from '../protocol/dc-session.ts';
import { writeService } from '../protocol/service.ts';
import { bodies } from './bodies.ts';
import type { How, FaultKind, FaultKinds } from './kind.ts';

/** The usual chance of a fault at each message. */
const USUAL = 0.000_1;
const PING = 0x7abe77ec;
const PING_DELAY = 0xf3427b8c;
const STATE_REQ = 0xda69fb52;

/** A message about to be handled. */
interface At {
  readonly session: DcSession;
  readonly connection: DcConnection;
  readonly message: Arrived;
}

/** Whether a message is new to its session: a notification about one that was carried out would lie. */
function isNew({ session, message }: At): boolean {
  return session.book.find(message.low, message.high) === undefined;
}

/** Whether a message wants an acknowledgement, or holds messages that may. */
function isQuestion({ message }: At): boolean {
  return message.place === 'container' || (message.seqNo & 1) === 1;
}

/** Refuses a message by a code (protocol: Refused messages); `of=single|inner|container` picks which. */
function refused(code: number): FaultKind<'message'> {
  return {
    moment: 'message',
    about: `bad_msg_notification ${code} for a message alone, in a container, or a whole container`,
    usual: USUAL,
    suits: (at) => isQuestion(at) && isNew(at),
    play({ session, message }, how) {
      const of = how.text('of', message.place);
      if (of !== message.place) return false;
      remember(session, message);
      session.say(writeService.badMsg(message.low, message.high, message.seqNo, how.number('code', code)));
      return true;
    },
  };
}

/** A fault that sends a service message nobody asked for; the message that was the occasion is handled. */
function said(about: string, body: (at: At, how: How, now: number) => Uint8Array, usual = USUAL): FaultKind<'message'> {
  return {
    moment: 'message',
    about,
    usual,
    suits: ({ message }) => message.place !== 'inner',
    play(at, how) {
      at.session.say(body(at, how, at.session.env.now()));
      return false;
    },
  };
}

/** As `said`, with a message that the client has to acknowledge. */
function pushed(about: string, body: (at: At, how: How, now: number) => Uint8Array): FaultKind<'message'> {
  return {
    ...said(about, body),
    play(at, how) {
      at.session.push(body(at, how, at.session.env.now()));
      return false;
    },
  };
}

/** msg_ids that were refused, by session: the same message again must not be taken after all. */
const refusals = new WeakMap<DcSession, Set<string>>();

function remember(session: DcSession, { low, high }: Arrived): void {
  const ids = refusals.get(session) ?? new Set();
  refusals.set(session, ids.add(`${high}.${low}`));
}

/** Whether a message was refused before, and so is not handled. */
export function wasRefused(session: DcSession, { low, high }: Arrived): boolean {
  return refusals.get(session)?.has(`${high}.${low}`) === true;
}

const CODES = [16, 17, 18, 19, 20, 32, 33, 34, 35, 48, 64, 99];

const notifications: FaultKinds<'message'> = Object.fromEntries(CODES.map((code) => [`bad.${code}`, refused(code)]));

/** How many packets of a session are still to be told a wrong salt. */
const storms = new WeakMap<DcSession, number>();

/** Faults of messages by name. */
export const MESSAGES: FaultKinds<'message'> = {
  ...notifications,
  'bad.nobody': said('a notification about a message that was never sent', (_at, how, now) =>
    bodies.badMsg(how.dice, now, how.dice.one(CODES)),
  ),
  'salt.expired': {
    moment: 'message',
    about: 'the salt has changed twice since the client heard of it',
    usual: USUAL,
    suits: ({ message }) => message.place !== 'inner',
    play({ session }) {
      session.key.salts.rotate(2);
      return false;
    },
  },
  'salt.storm': {
    moment: 'message',
    about: 'bad_server_salt for k packets in a row, each time with a new salt',
    usual: USUAL / 2,
    suits: ({ message }) => message.place !== 'inner',
    play({ session }, how) {
      storms.set(session, how.number('k', how.dice.one([1, 2, 5, 9])));
      storm(session);
      return false;
    },
  },
  'salt.nobody': said('bad_server_salt for a message that was never sent', (_at, how, now) =>
    bodies.badSalt(how.dice, now),
  ),
  'salt.future-nobody': said('future_salts that answer nobody', (_at, how, now) => bodies.futureSalts(how.dice, now)),
  'session.announce': pushed('new_session_created in the middle, nothing lost', ({ session }) =>
    writeService.newSessionCreated(4, 1, session.env, session.key.salts.current),
  ),
  'session.announce-twice': {
    ...pushed('', () => new Uint8Array(0)),
    about: 'the same new_session_created twice',
    play({ session }) {
      const body = writeService.newSessionCreated(4, 1, session.env, session.key.salts.current);
      session.push(body);
      session.push(body);
      return false;
    },
  },
  'ack.nobody': said('acknowledgements of messages that were never sent', (_at, how, now) =>
    bodies.acks(how.dice, now),
  ),
  'ack.lies': said('acknowledgements whose count lies', () => bodies.acksThatLie()),
  'ack.early': {
    ...said('', () => new Uint8Array(0)),
    about: 'a request is acknowledged before it is handled',
    suits: ({ message }) => message.place !== 'container' && (message.seqNo & 1) === 1,
    play({ session, message }) {
      session.say(writeService.msgsAck([message.low, message.high]));
      return false;
    },
  },
  'pong.nobody': said('a pong to nobody', (_at, how, now) => bodies.pong(how.dice, now)),
  'pong.lost': {
    moment: 'message',
    about: 'a ping is not answered',
    usual: USUAL * 10,
    suits: ({ message }) => message.crc === PING || message.crc === PING_DELAY,
    play: () => true,
  },
  'state.lost': {
    moment: 'message',
    about: 'a msgs_state_req is not answered',
    usual: 0.02,
    suits: ({ message }) => message.crc === STATE_REQ,
    play: () => true,
  },
  'state.odd': {
    moment: 'message',
    about: 'msgs_state_info with the wrong number of bytes',
    usual: 0.02,
    suits: ({ message }) => message.crc === STATE_REQ,
    play({ session, message }, how) {
      session.say(bodies.stateInfo(message.low, message.high, how.dice.bytes(how.dice.below(2000))));
      return true;
    },
  },
  'state.nobody': said('msgs_state_info to nobody', ({ session }, how) =>
    bodies.stateInfo(how.dice.below(1000) * 4, Math.floor(session.env.now() / 1000), Buffer.alloc(3, 1)),
  ),
  'state.all-info': said('msgs_all_info of its own accord', ({ message }) =>
    bodies.allInfo(message.low, message.high, Buffer.of(4)),
  ),
  'state.request': pushed('the DC asks for the state of a message', ({ message }) =>
    bodies.question(0xda69fb52, message.low, message.high),
  ),
  'state.resend': pushed('the DC asks for a message again', ({ message }) =>
    bodies.question(0x7d861a08, message.low - 4, message.high),
  ),
  'detailed.new': said('msg_new_detailed_info of nothing', (_at, how, now) => bodies.newDetailedInfo(how.dice, now)),
  'result.nobody': pushed('an answer to nobody', (_at, how, now) => bodies.resultForNobody(how.dice, now)),
  'result.zero': pushed('an answer to message 0', () => bodies.rpcResult(0, 0, Buffer.from('b5757299', 'hex'))),
  'update.unknown': pushed('an update no scheme knows', (_at, how) => bodies.unknown(how.dice)),
  'update.too-long': pushed('updatesTooLong', () => bodies.updatesTooLong()),
  'update.vector': pushed('an update whose count lies', () =>
    Buffer.concat([Buffer.from('4042ae74', 'hex'), Buffer.from('15c4b51c', 'hex'), Buffer.from('ffffffff', 'hex')]),
  ),
  'container.empty': said('an empty container', () => bodies.empty()),
  'container.garbage': said('a container of garbage', (_at, how) => bodies.garbage(how.dice)),
  'container.count': said('a container whose count lies', (_at, how) => bodies.countLies(how.dice)),
  'container.many': said('a container of 1025 messages', (_at, how, now) => bodies.tooMany(how.dice, now), USUAL / 4),
  'container.nested': said('a container in a container', (_at, how, now) => bodies.nested(how.dice, now)),
  'container.length': said('a container whose lengths lie', (_at, how, now) => bodies.lengthLies(how.dice, now)),
  'container.packed': said('a container inside gzip_packed', (_at, how, now) =>
    bodies.packed(bodies.nested(how.dice, now)),
  ),
};

/** Changes the salt of a session in a storm, which each of its packets does. */
export function storm(session: DcSession): void {
  const left = storms.get(session) ?? 0;
  if (left === 0) return;
  storms.set(session, left - 1);
  session.key.salts.rotate(2);
}
